// All parsers of protocol 2 on one line: views stay inside it, and what is accepted is written back alike.
// Input: the line.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz_support.hpp"
#include "tautline/core/line_rules.hpp"
#include "tautline/core/wire_2.hpp"

namespace tautline::wire_2 {
namespace {

void require_valid(const ReceiveLimits& limits) {
  FUZZ_REQUIRE(limits.window >= min_window && limits.window <= max_window);
  FUZZ_REQUIRE(limits.max_payload >= min_payload_limit);
  FUZZ_REQUIRE(limits.timeout_ms > 0);
}

std::string_view without_newline(const char* begin, const char* end) {
  FUZZ_REQUIRE(end > begin && end[-1] == '\n');
  const std::string_view line(begin, static_cast<std::size_t>(end - begin) - 1);
  FUZZ_REQUIRE(line.size() <= max_handshake_bytes);
  FUZZ_REQUIRE(line.find('\n') == std::string_view::npos);
  return line;
}

void try_handshake(std::string_view text) {
  char out[max_handshake_bytes + 1];
  Hello hello;
  if (parse_hello(text, hello)) {
    FUZZ_REQUIRE(fuzz::lies_in(hello.id, text));
    FUZZ_REQUIRE(is_valid_id(hello.id));
    require_valid(hello.limits);
    FUZZ_REQUIRE(looks_like_hello(text));
    Hello again;
    FUZZ_REQUIRE(parse_hello(without_newline(out, put_hello(out, hello)), again));
    FUZZ_REQUIRE(again.limits.window == hello.limits.window && again.limits.max_payload == hello.limits.max_payload &&
                 again.limits.timeout_ms == hello.limits.timeout_ms);
  }
  Hi hi;
  if (parse_hi(text, hi)) {
    require_valid(hi.limits);
    Hi again;
    FUZZ_REQUIRE(parse_hi(without_newline(out, put_hi(out, hi)), again));
    FUZZ_REQUIRE(again.generation == hi.generation && again.sid == hi.sid);
  }
  ClientGo client;
  if (parse_client_go(text, client)) {
    ClientGo again;
    FUZZ_REQUIRE(parse_client_go(without_newline(out, put_client_go(out, client)), again));
    FUZZ_REQUIRE(again.generation == client.generation && again.start == client.start);
    FUZZ_REQUIRE(again.has_ack == client.has_ack && (!client.has_ack || again.ack == client.ack));
    FUZZ_REQUIRE(again.has_epoch == client.has_epoch && (!client.has_epoch || again.epoch == client.epoch));
  }
  ServerGo server;
  if (parse_server_go(text, server)) {
    ServerGo again;
    FUZZ_REQUIRE(parse_server_go(without_newline(out, put_server_go(out, server)), again));
    FUZZ_REQUIRE(again.generation == server.generation && again.ack == server.ack && again.start == server.start);
  }
  Bye bye;
  if (parse_bye(text, bye)) FUZZ_REQUIRE(fuzz::lies_in(bye.text, text));
}

void try_open_line(std::string_view text) {
  const Line line = parse_line(text);
  FUZZ_REQUIRE(fuzz::lies_in(line.payload, text));
  const auto out = std::make_unique<char[]>(line.payload.size() + max_line_overhead + max_status_bytes);
  char* end = out.get();
  switch (line.kind) {
    case Kind::data:
      end = put_data(out.get(), line.first, line.payload);
      FUZZ_REQUIRE(end <= out.get() + line.payload.size() + max_line_overhead);
      break;
    case Kind::plain: end = put_plain(out.get(), line.payload); break;
    case Kind::status: end = put_status(out.get(), line.first, line.second); break;
    case Kind::resend: end = put_resend(out.get(), line.first); break;
    case Kind::nop: *end++ = '\n'; break;
    case Kind::bye:
    case Kind::invalid: return;
  }
  FUZZ_REQUIRE(is_valid_payload(line.payload));
  std::string_view expected = text;
  if (!expected.empty() && expected.back() == '\r') expected.remove_suffix(1);
  FUZZ_REQUIRE(std::string_view(out.get(), static_cast<std::size_t>(end - out.get()) - 1) == expected);
}

}  // namespace
}  // namespace tautline::wire_2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly that size, so that reading past its end is found; a line has no LF.
  const std::size_t length = [&] {
    const void* newline = size == 0 ? nullptr : std::memchr(data, '\n', size);
    return newline == nullptr ? size : static_cast<std::size_t>(static_cast<const std::uint8_t*>(newline) - data);
  }();
  const auto copy = std::make_unique<char[]>(length);
  if (length != 0) std::memcpy(copy.get(), data, length);
  const std::string_view line(copy.get(), length);
  tautline::wire_2::try_handshake(line);
  tautline::wire_2::try_open_line(line);
  return 0;
}
