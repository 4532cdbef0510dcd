#include "numbered_lines.hpp"

#include "tautline/baremetal/console.hpp"
#include "tautline/core/decimal.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/rp2040/board.hpp"
#include "wiring.hpp"

using tautline::baremetal::print;

namespace {

constexpr std::size_t ping_bytes = 31;
/// Long enough for the channel to be idle again: an acknowledgement is delayed by 20 ms.
constexpr std::uint32_t ping_pause_ms = 47;
constexpr std::uint32_t told_every = 100;
constexpr std::string_view flow_prefix = "flow ", ping_prefix = "ping ", pong_prefix = "pong ";

bool take_prefix(std::string_view& line, std::string_view prefix) {
  if (line.substr(0, prefix.size()) != prefix) return false;
  line.remove_prefix(prefix.size());
  return true;
}

std::size_t put_numbered(char* out, std::string_view prefix, std::uint32_t number) {
  std::size_t size = 0;
  for (const char character : prefix) out[size++] = character;
  return static_cast<std::size_t>(tautline::put_decimal(out + size, number) - out);
}

/// Of different lengths, so that lines and packets do not fit each other.
std::size_t put_flow(char* out, std::uint32_t number) {
  std::size_t size = put_numbered(out, flow_prefix, number);
  out[size++] = ' ';
  for (std::uint32_t index = number * 7 % 61; index != 0; --index) {
    out[size++] = static_cast<char>('a' + (number + index) % 26);
  }
  return size;
}

}  // namespace

void NumberedLines::start() {
  wiring::flows.start();
  wiring::pings.start();
  flows_ = wiring::flows.read();
  pings_ = wiring::pings.read();
  wiring::wrote_ping.start();
  wiring::wrote_ping.write(wrote_ping_level_);
  wiring::got_ping.start();
  wiring::got_ping.write(got_ping_level_);
}

bool NumberedLines::poll(std::uint32_t now_ms) {
  if (is_up_ && (!stream_.is_up() || stream_.sessions() != session_)) {
    is_up_ = false;
    print("session over after ", expected_flow_, "\n");
  }
  if (!stream_.is_up()) return false;
  if (!is_up_) begin_session();
  read(now_ms);
  bool wrote = false;
  while (true) {
    if (out_begin_ == out_size_) compose(now_ms);
    if (out_begin_ == out_size_ || !write()) return wrote;
    wrote = true;
  }
}

void NumberedLines::begin_session() {
  is_up_ = true;
  session_ = stream_.sessions();
  next_flow_ = expected_flow_ = next_ping_ = 0;
  awaits_pong_ = owes_pong_ = false;
  out_size_ = out_begin_ = in_size_ = 0;
  print("session ", session_, "\n");
}

void NumberedLines::read(std::uint32_t now_ms) {
  while (stream_.readable_bytes() != 0) {
    const std::string_view bytes = stream_.readable();
    for (const char byte : bytes) {
      if (byte == '\n') {
        take_line({in_, in_size_}, now_ms);
        in_size_ = 0;
      } else if (in_size_ < max_line) {
        in_[in_size_++] = byte;
      }
    }
    stream_.consume(bytes.size());
  }
}

void NumberedLines::take_line(std::string_view line, std::uint32_t now_ms) {
  const std::string_view whole = line;
  if (take_prefix(line, ping_prefix) && tautline::take_decimal(line, pong_)) {
    got_ping_level_ = !got_ping_level_;
    wiring::got_ping.write(got_ping_level_);
    owes_pong_ = true;
  } else if (take_prefix(line, pong_prefix)) {
    take_pong(line, now_ms);
  } else {
    take_flow(whole);
  }
}

void NumberedLines::take_flow(std::string_view line) {
  char expected[max_line];
  if (line != std::string_view(expected, put_flow(expected, expected_flow_))) {
    print("wrong: instead of flow ", expected_flow_, " came: ");
    print(line);
    print("\n");
    return;
  }
  ++expected_flow_;
  if (expected_flow_ % told_every == 0) print("received ", expected_flow_, "\n");
}

void NumberedLines::take_pong(std::string_view number, std::uint32_t now_ms) {
  std::uint32_t value = 0;
  if (!awaits_pong_ || !tautline::parse_decimal(number, value) || value != next_ping_) {
    print("wrong: a pong that was not asked for\n");
    return;
  }
  print("pong ", value, " after us ", tautline::rp2040::now_us() - pinged_us_, "\n");
  awaits_pong_ = false;
  ++next_ping_;
  ping_at_ms_ = now_ms + ping_pause_ms;
}

/// The next line to write, if there is one.
void NumberedLines::compose(std::uint32_t now_ms) {
  out_begin_ = out_size_ = 0;
  if (owes_pong_) {
    owes_pong_ = false;
    out_size_ = put_numbered(out_, pong_prefix, pong_);
  } else if (pings_ && !awaits_pong_ && !tautline::before(now_ms, ping_at_ms_)) {
    awaits_pong_ = true;
    out_size_ = put_numbered(out_, ping_prefix, next_ping_);
    out_[out_size_++] = ' ';
    while (out_size_ < ping_bytes) out_[out_size_++] = '.';
    pinged_us_ = tautline::rp2040::now_us();
    wrote_ping_level_ = !wrote_ping_level_;
    wiring::wrote_ping.write(wrote_ping_level_);
  } else if (flows_) {
    out_size_ = put_flow(out_, next_flow_++);
  }
  if (out_size_ != 0) out_[out_size_++] = '\n';
}

/// False: the stream takes nothing now.
bool NumberedLines::write() {
  const std::size_t taken = stream_.write({out_ + out_begin_, out_size_ - out_begin_});
  out_begin_ += taken;
  return taken != 0;
}
