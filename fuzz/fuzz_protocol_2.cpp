// One side of protocol 2, as client or server, against a peer that says anything.
//
// Input: four bytes of set-up, then lines. A line that begins with '!' is for the host: !w<payload> write, !t the
// application takes a line, !s send, !+ time passes, !c a new connection, !x end the connection; any other line comes
// from the peer. So a corpus file is nearly readable, and the dictionary of the wire applies.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_support.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/protocol_2.hpp"
#include "tautline/core/serial.hpp"

namespace tautline {
namespace {

constexpr std::uint32_t longest_write = 115;
static_assert(longest_write + max_line_overhead <= max_handshake_bytes + 1, "the smallest room holds every line");

class Host {
 public:
  Host(unsigned role, unsigned window, unsigned slots, unsigned start)
      : role_(role % 2 == 0 ? Role::client : Role::server),
        limits_{1 + window % 8, min_payload_limit + window / 8, 2000},
        slots_(limits_.window + 1 + slots % 8),
        room_(max_handshake_bytes + 1 + slots % 64),
        storage_(2048),
        queue_(storage_.data(), storage_.size()) {
    numbers_.base = numbers_.next = start % 2 == 0 ? 1U : 0U - start / 8;
    if (role_ == Role::server) {
      numbers_.generation = start % 4 < 2 ? 0U : 0U - 2U;
      numbers_.sid = 9;
    }
    connect();
  }

  void command(std::string_view text) {
    const char what = text.empty() ? 's' : text.front();
    switch (what) {
      case 'w': write(text.substr(1)); break;
      case 't': take(); break;
      case '+': pass(text.size() > 1 ? static_cast<unsigned char>(text[1]) * 16U : 500U); break;
      case 'c': connect(); break;
      case 'x': protocol_.fail(Reason::closing); break;
      default: send(); break;
    }
    check();
  }

  void hear(std::string_view line) {
    const LinkNumbers before = numbers_;
    const Protocol2::Phase phase = protocol_.phase();
    Input input;
    if (role_ == Role::client) {
      input = protocol_.receive_from_server(numbers_, line, now_ms_);
    } else if (phase == Protocol2::Phase::idle) {
      wire_2::Hello hello;
      if (wire_2::parse_hello(line, hello)) protocol_.start_server(numbers_, hello, limits_, now_ms_);
    } else {
      input = protocol_.receive_from_client(numbers_, line, now_ms_);
    }
    FUZZ_REQUIRE(fuzz::lies_in(input.payload, line));
    FUZZ_REQUIRE((input.event == Event::failed) == (input.reason != Reason::none));
    if (phase == Protocol2::Phase::failed) FUZZ_REQUIRE(input.event == Event::none);
    if (input.event == Event::failed) FUZZ_REQUIRE(protocol_.phase() == Protocol2::Phase::failed);
    if (input.event == Event::opened) FUZZ_REQUIRE(protocol_.is_open() && phase != Protocol2::Phase::open);
    if (phase == Protocol2::Phase::open) {
      // Nothing but accept() and acknowledge() moves the receiving numbers of an open connection.
      FUZZ_REQUIRE(numbers_.rx == before.rx && numbers_.ack == before.ack);
      FUZZ_REQUIRE(numbers_.base == before.base || input.event == Event::acknowledged);
    }
    FUZZ_REQUIRE(numbers_.next == before.next);
    act_on(input);
    check();
  }

 private:
  void connect() {
    protocol_ = Protocol2();
    if (role_ == Role::client) {
      const auto out = std::make_unique<char[]>(max_handshake_bytes + 1);
      char* const end = protocol_.start_client(out.get(), "door", limits_, now_ms_);
      FUZZ_REQUIRE(end <= out.get() + max_handshake_bytes + 1);
    }
  }

  void act_on(const Input& input) {
    if (input.drop_inbox) inbox_.clear();
    if (input.event == Event::opened) highest_ = numbers_.base - 1;
    if (input.event == Event::failed && input.reason == Reason::sid && !input.from_peer) ++numbers_.sid;
    if (input.event == Event::line) {
      FUZZ_REQUIRE(input.payload.size() <= limits_.max_payload);
      FUZZ_REQUIRE(numbers_.rx - numbers_.ack < limits_.window);
      if (inbox_.size() < slots_) {
        inbox_.push_back(true);
        protocol_.accept(numbers_);
        if (role_ == Role::server) give_credit();
      }
    }
    if (input.event == Event::plain_line) {
      FUZZ_REQUIRE(input.payload.size() <= limits_.max_payload);
      if (protocol_.has_plain_slot(numbers_, static_cast<std::uint32_t>(inbox_.size()), slots_)) {
        FUZZ_REQUIRE(inbox_.size() < slots_);
        inbox_.push_back(false);
      }
    }
    FUZZ_REQUIRE(numbers_.unacknowledged() <= queue_.size());
    while (queue_.size() > numbers_.unacknowledged()) queue_.pop_front();
  }

  void write(std::string_view payload) {
    if (payload.size() > longest_write || !is_payload(payload)) return;
    if (protocol_.is_open() && payload.size() > protocol_.peer_max_payload()) return;
    if (queue_.push(payload)) ++numbers_.next;
  }

  static bool is_payload(std::string_view text) {
    return text.find('\r') == std::string_view::npos && text.find('\0') == std::string_view::npos;
  }

  void take() {
    if (inbox_.empty()) return;
    const bool qos = inbox_.front();
    inbox_.pop_front();
    if (role_ == Role::server) give_credit();
    if (role_ == Role::client && qos) protocol_.acknowledge(numbers_, numbers_.ack + 1);
  }

  void give_credit() {
    const auto room = static_cast<std::uint32_t>(slots_ - inbox_.size());
    protocol_.acknowledge(numbers_, earlier(numbers_.rx, numbers_.rx + room - limits_.window));
  }

  void pass(std::uint32_t duration_ms) {
    now_ms_ += duration_ms;
    const Due due = protocol_.poll(numbers_, now_ms_);
    if (due == Due::silent) protocol_.fail(Reason::silent);
    if (due == Due::output) FUZZ_REQUIRE(protocol_.has_output(numbers_));
  }

  void send() {
    for (unsigned calls = 0;; ++calls) {
      FUZZ_REQUIRE(calls < 4096);
      const Protocol2::Phase phase = protocol_.phase();
      const auto out = std::make_unique<char[]>(room_);
      const std::size_t count = protocol_.produce(numbers_, queue_, out.get(), room_, now_ms_);
      FUZZ_REQUIRE(count <= room_);
      if (count == 0) break;
      check_output({out.get(), count}, phase);
    }
    FUZZ_REQUIRE(!protocol_.has_output(numbers_));
    if (protocol_.is_open()) {
      // All that the window permits was sent on this connection.
      FUZZ_REQUIRE(sent() == earlier(numbers_.next - 1, numbers_.base - 1 + protocol_.peer_window()));
    }
  }

  /// The highest line sent on this connection, or acknowledged.
  std::uint32_t sent() const { return later(highest_, numbers_.base - 1); }

  void check_output(std::string_view bytes, Protocol2::Phase phase) {
    FUZZ_REQUIRE(bytes.back() == '\n');
    std::string_view line;
    while (take_line(bytes, line)) {
      wire_2::Bye bye;
      if (wire_2::parse_bye(line, bye)) {
        FUZZ_REQUIRE(bye.code != Reason::none);
        FUZZ_REQUIRE(bytes.empty() && protocol_.phase() == Protocol2::Phase::failed);
        return;
      }
      FUZZ_REQUIRE(phase != Protocol2::Phase::failed);
      if (is_handshake(line)) continue;
      FUZZ_REQUIRE(phase == Protocol2::Phase::open);
      const wire_2::Line parsed = wire_2::parse_line(line);
      switch (parsed.kind) {
        case wire_2::Kind::data:
          FUZZ_REQUIRE(parsed.first - numbers_.base < protocol_.peer_window());
          FUZZ_REQUIRE(before(parsed.first, numbers_.next));
          FUZZ_REQUIRE(parsed.payload.size() <= protocol_.peer_max_payload());
          FUZZ_REQUIRE(!after(parsed.first, sent() + 1));  // nothing is skipped
          highest_ = later(highest_, parsed.first);
          break;
        case wire_2::Kind::status:
          FUZZ_REQUIRE(parsed.first == numbers_.ack);
          FUZZ_REQUIRE(parsed.second == sent());
          break;
        case wire_2::Kind::resend: FUZZ_REQUIRE(parsed.first == numbers_.rx + 1); break;
        case wire_2::Kind::plain:
        case wire_2::Kind::nop:
        case wire_2::Kind::bye:
        case wire_2::Kind::invalid: FUZZ_REQUIRE(line == "a line that this side sends by itself"); break;
      }
    }
  }

  bool is_handshake(std::string_view line) const {
    if (role_ == Role::client) {
      wire_2::ClientGo go;
      return wire_2::parse_client_go(line, go);
    }
    wire_2::Hi hi;
    wire_2::ServerGo go;
    return wire_2::parse_hi(line, hi) || wire_2::parse_server_go(line, go);
  }

  void check() const {
    FUZZ_REQUIRE(!after(numbers_.ack, numbers_.rx));
    FUZZ_REQUIRE(numbers_.rx - numbers_.ack <= limits_.window);
    FUZZ_REQUIRE(!after(numbers_.base, numbers_.next));
    FUZZ_REQUIRE(queue_.size() == numbers_.unacknowledged());
    FUZZ_REQUIRE(inbox_.size() <= slots_);
  }

  Role role_;
  ReceiveLimits limits_;
  std::uint32_t slots_;
  std::size_t room_;
  std::vector<char> storage_;
  LineQueue queue_;
  LinkNumbers numbers_;
  Protocol2 protocol_;
  std::uint32_t highest_ = 0;
  std::deque<bool> inbox_;
  std::uint32_t now_ms_ = 0xFFFFFF00;
};

}  // namespace
}  // namespace tautline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tautline::fuzz::Bytes bytes(data, size);
  const unsigned role = bytes.byte();
  const unsigned window = bytes.byte();
  const unsigned slots = bytes.byte();
  const unsigned start = bytes.byte();
  tautline::Host host(role, window, slots, start);
  std::string_view rest = bytes.rest();
  std::string_view line;
  while (tautline::take_line(rest, line)) {
    if (!line.empty() && line.front() == '!') {
      host.command(line.substr(1));
    } else {
      host.hear(line);
    }
  }
  host.command("s");
  return 0;
}
