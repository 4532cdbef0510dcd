// One side of protocol 1, as client or server, against a peer that says anything.
//
// Input: two bytes of set-up, then lines. A line that begins with '!' is for the host: !w<payload> write, !u<payload>
// write with qos=False, !o<payload> write in order, !t the application takes a line, !s send, !+ time passes, !c a new
// connection; any other line comes from the peer.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_support.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/protocol_1.hpp"
#include "tautline/core/serial.hpp"

namespace tautline {
namespace {

constexpr std::size_t longest_write = 100;
constexpr std::uint32_t timeout_ms = 2000;

class Host {
 public:
  Host(unsigned role, unsigned slots)
      : role_(role % 2 == 0 ? Role::client : Role::server),
        slots_(1 + slots % 8),
        room_(Protocol1::room_for(longest_write) + slots),
        storage_(8192),
        queue_(storage_.data(), storage_.size()) {
    connect();
  }

  void command(std::string_view text) {
    const char what = text.empty() ? 's' : text.front();
    switch (what) {
      case 'w': write(text.substr(1), 0); break;
      case 'u': write(text.substr(1), tag_1::plain); break;
      case 'o': write(text.substr(1), tag_1::ordered); break;
      case 't': take(); break;
      case '+': pass(text.size() > 1 ? static_cast<unsigned char>(text[1]) * 16U : 500U); break;
      case 'c': connect(); break;
      default: send(); break;
    }
    check();
  }

  void hear(std::string_view line) {
    if (waiting_) return;  // the host does not read the socket
    const Input input = protocol_.receive(numbers_, line, now_ms_);
    FUZZ_REQUIRE(fuzz::lies_in(input.payload, line));
    FUZZ_REQUIRE((input.event == Event::failed) == (input.reason != Reason::none));
    release();
    if (input.event == Event::line) {
      FUZZ_REQUIRE(!input.payload.empty());
      if (inbox_ < slots_) {
        accept();
      } else {
        waiting_line_ = line;
        waiting_ = true;
        protocol_.pause();
      }
    }
    check();
  }

 private:
  void connect() {
    protocol_ = Protocol1();
    waiting_ = false;
    if (role_ == Role::client) {
      const auto out = std::make_unique<char[]>(max_id_bytes + 1);
      char* const end = protocol_.start_client(numbers_, out.get(), "door", timeout_ms, now_ms_);
      FUZZ_REQUIRE(end <= out.get() + max_id_bytes + 1);
    } else {
      protocol_.start_server(numbers_, timeout_ms, now_ms_);
    }
    release();
  }

  void accept() {
    FUZZ_REQUIRE(protocol_.has_offered());
    protocol_.accept(numbers_);
    FUZZ_REQUIRE(!protocol_.has_offered());
    ++inbox_;
  }

  void write(std::string_view payload, std::uint8_t tag) {
    if (payload.find('\r') != std::string_view::npos || payload.find('\0') != std::string_view::npos) return;
    if (wire_1::check_payload(payload, longest_write) != WriteStatus::ok) return;
    if (queue_.push(payload, tag)) ++numbers_.next;
  }

  void take() {
    if (inbox_ == 0) return;
    --inbox_;
    if (!waiting_) return;
    waiting_ = false;
    const std::string line = waiting_line_;
    hear(line);
    if (!waiting_) protocol_.resume(now_ms_);
  }

  void pass(std::uint32_t duration_ms) {
    now_ms_ += duration_ms;
    const Due due = protocol_.poll(numbers_, queue_, now_ms_);
    release();
    if (due == Due::silent) protocol_.fail(Reason::silent);
  }

  void send() {
    for (unsigned calls = 0;; ++calls) {
      FUZZ_REQUIRE(calls < 4096);
      const auto out = std::make_unique<char[]>(room_);
      const std::size_t count = protocol_.produce(numbers_, queue_, out.get(), room_, now_ms_);
      release();
      FUZZ_REQUIRE(count <= room_);
      if (count == 0) break;
      FUZZ_REQUIRE(protocol_.is_open());
      std::string_view bytes(out.get(), count);
      FUZZ_REQUIRE(bytes.back() == '\n');
      std::string_view line;
      while (take_line(bytes, line)) FUZZ_REQUIRE(wire_1::parse_line(line).kind != wire_1::Kind::invalid);
    }
    FUZZ_REQUIRE(!protocol_.has_output(numbers_, queue_, now_ms_));
  }

  void release() {
    FUZZ_REQUIRE(numbers_.unacknowledged() <= queue_.size());
    while (queue_.size() > numbers_.unacknowledged()) queue_.pop_front();
  }

  void check() const {
    FUZZ_REQUIRE(!after(numbers_.base, numbers_.sent));
    FUZZ_REQUIRE(!after(numbers_.sent, numbers_.next));
    FUZZ_REQUIRE(numbers_.sent - numbers_.base <= Sender1::max_span + 1);
    FUZZ_REQUIRE(numbers_.in_flight <= Sender1::max_in_flight);
    FUZZ_REQUIRE(queue_.size() == numbers_.unacknowledged());
  }

  Role role_;
  unsigned slots_;
  std::size_t room_;
  std::vector<char> storage_;
  LineQueue queue_;
  Link1Numbers numbers_;
  Protocol1 protocol_;
  unsigned inbox_ = 0;
  bool waiting_ = false;
  std::string waiting_line_;
  std::uint32_t now_ms_ = 0xFFFFFF00;
};

}  // namespace
}  // namespace tautline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tautline::fuzz::Bytes bytes(data, size);
  const unsigned role = bytes.byte();
  const unsigned slots = bytes.byte();
  tautline::Host host(role, slots);
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
