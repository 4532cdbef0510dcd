#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tautline/core/line_rules.hpp>
#include <tautline/core/wire_2.hpp>

namespace tautline::wire_2 {
namespace {

rc::Gen<std::uint32_t> any_number() {
  return rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 100), rc::gen::just(0xFFFFFFFFU),
                        rc::gen::resize(1000, rc::gen::arbitrary<std::uint32_t>()));
}

rc::Gen<ReceiveLimits> any_limits() {
  return rc::gen::apply(
      [](std::uint32_t window, std::uint32_t payload, std::uint32_t timeout) {
        return ReceiveLimits{window, payload < min_payload_limit ? min_payload_limit : payload,
                             timeout == 0 ? 1 : timeout};
      },
      rc::gen::inRange<std::uint32_t>(min_window, max_window + 1), any_number(), any_number());
}

rc::Gen<std::string> any_id() {
  return rc::gen::map(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019-_./:")))),
      [](std::string id) {
        if (id.size() > max_id_bytes) id.resize(max_id_bytes);
        return id;
      });
}

rc::Gen<std::string> any_payload() {
  return rc::gen::container<std::string>(
      rc::gen::suchThat(rc::gen::arbitrary<char>(), [](char c) { return c != '\n' && c != '\r' && c != '\0'; }));
}

/// Writes a line and gives it back without its newline, in half of the cases with a carriage return.
template <typename Write>
std::string line_of(Write write) {
  char out[1024];
  std::string line(out, write(out));
  RC_ASSERT(line.size() <= 1024U);
  RC_ASSERT(line.find('\n') == line.size() - 1);
  line.pop_back();
  if (*rc::gen::arbitrary<bool>()) line.push_back('\r');
  return line;
}

bool alike(const ReceiveLimits& a, const ReceiveLimits& b) {
  return a.window == b.window && a.max_payload == b.max_payload && a.timeout_ms == b.timeout_ms;
}

RC_GTEST_PROP(Wire2, hello_and_hi_are_read_as_written, ()) {
  const std::string id = *any_id();
  const ReceiveLimits limits = *any_limits();
  const std::string line = line_of([&](char* out) { return put_hello(out, {id, limits}); });
  RC_ASSERT(line.size() <= max_handshake_bytes);
  Hello hello;
  RC_ASSERT(parse_hello(line, hello));
  RC_ASSERT(hello.id == id);
  RC_ASSERT(alike(hello.limits, limits));

  const Hi written{*any_number(), *any_number(), limits};
  Hi hi;
  RC_ASSERT(parse_hi(line_of([&](char* out) { return put_hi(out, written); }), hi));
  RC_ASSERT(hi.generation == written.generation);
  RC_ASSERT(hi.sid == written.sid);
  RC_ASSERT(alike(hi.limits, limits));
}

RC_GTEST_PROP(Wire2, go_is_read_as_written, (bool has_ack, bool has_epoch)) {
  const ClientGo written{*any_number(), *any_number(), *any_number(), *any_number(), has_ack, has_epoch};
  ClientGo client;
  RC_ASSERT(parse_client_go(line_of([&](char* out) { return put_client_go(out, written); }), client));
  RC_ASSERT(client.generation == written.generation);
  RC_ASSERT(client.start == written.start);
  RC_ASSERT(client.has_ack == has_ack);
  RC_ASSERT(client.has_epoch == has_epoch);
  RC_ASSERT(!has_ack || client.ack == written.ack);
  RC_ASSERT(!has_epoch || client.epoch == written.epoch);

  const ServerGo answer{*any_number(), *any_number(), *any_number()};
  ServerGo server;
  RC_ASSERT(parse_server_go(line_of([&](char* out) { return put_server_go(out, answer); }), server));
  RC_ASSERT(server.generation == answer.generation);
  RC_ASSERT(server.ack == answer.ack);
  RC_ASSERT(server.start == answer.start);
}

RC_GTEST_PROP(Wire2, lines_of_an_open_connection_are_read_as_written, ()) {
  const std::uint32_t first = *any_number();
  const std::uint32_t second = *any_number();
  const std::string payload = *any_payload();

  const std::string data_text = line_of([&](char* out) { return put_data(out, first, payload); });
  const Line data = parse_line(data_text);
  RC_ASSERT(data.kind == Kind::data);
  RC_ASSERT(data.first == first);
  RC_ASSERT(data.payload == payload);

  const std::string plain_text = line_of([&](char* out) { return put_plain(out, payload); });
  const Line plain = parse_line(plain_text);
  RC_ASSERT(plain.kind == Kind::plain);
  RC_ASSERT(plain.payload == payload);

  const Line status = parse_line(line_of([&](char* out) { return put_status(out, first, second); }));
  RC_ASSERT(status.kind == Kind::status);
  RC_ASSERT(status.first == first);
  RC_ASSERT(status.second == second);

  const Line resend = parse_line(line_of([&](char* out) { return put_resend(out, first); }));
  RC_ASSERT(resend.kind == Kind::resend);
  RC_ASSERT(resend.first == first);
}

/// A valid line with a few bytes changed: near the grammar's edges.
rc::Gen<std::string> any_damaged_line() {
  return rc::gen::apply(
      [](std::string line, std::uint8_t at, char byte, std::uint8_t what) {
        const std::size_t position = at % (line.size() + 1);
        if (what % 3 == 0) line.insert(position, 1, byte);
        if (what % 3 == 1 && position < line.size()) line[position] = byte;
        if (what % 3 == 2 && position < line.size()) line.erase(position, 1);
        return line;
      },
      rc::gen::element<std::string>("D17 light on", "A17 4294967295", "R3", "U x", "BYE size", "", "\r"),
      rc::gen::arbitrary<std::uint8_t>(),
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("0123456789 -\r\0DARUB", 20))),
      rc::gen::arbitrary<std::uint8_t>());
}

RC_GTEST_PROP(Wire2, what_is_accepted_is_written_back_byte_for_byte, ()) {
  const std::string text = *any_damaged_line();
  RC_PRE(text.find('\n') == std::string::npos);
  const Line line = parse_line(text);
  char out[1024];
  char* end = out;
  switch (line.kind) {
    case Kind::data: end = put_data(out, line.first, line.payload); break;
    case Kind::plain: end = put_plain(out, line.payload); break;
    case Kind::status: end = put_status(out, line.first, line.second); break;
    case Kind::resend: end = put_resend(out, line.first); break;
    case Kind::nop: *end++ = '\n'; break;
    case Kind::bye:
    case Kind::invalid: return;
  }
  RC_ASSERT(is_valid_payload(line.payload));
  std::string expected = text;
  if (!expected.empty() && expected.back() == '\r') expected.pop_back();
  RC_ASSERT(std::string(out, end) == expected + "\n");
}

}  // namespace
}  // namespace tautline::wire_2
