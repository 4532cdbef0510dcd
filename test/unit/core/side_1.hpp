#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/core/framing.hpp"
#include "tautline/core/line_queue.hpp"
#include "tautline/core/protocol_1.hpp"

namespace tautline::test {

/// One side of a protocol-1 link with the host's part reduced to the minimum, for tests that read as scripts: what the
/// side hears, what it says, byte for byte.
class Side1 {
 public:
  static constexpr std::uint32_t timeout_ms = 2000;

  /// A new connection; what the link remembers stays. Returns what a client sends first.
  std::string connects(std::string_view id = "door") {
    connection_begins();
    std::array<char, 64> out{};
    char* const end = protocol.start_client(numbers, out.data(), id, timeout_ms, now_ms);
    return {out.data(), end};
  }
  void is_connected_to() {
    connection_begins();
    protocol.start_server(numbers, timeout_ms, now_ms);
  }
  /// A server, with a client that has sent its first keepalive, and the 200 ms over.
  void serves() {
    is_connected_to();
    EXPECT_EQ(says(), "\n");
    hears("\n");
    passes(Protocol1::settling_ms);
    EXPECT_EQ(says(), "");
  }
  /// The same after an outage, without looking at what becomes due after the 200 ms.
  void serves_again() {
    is_connected_to();
    EXPECT_EQ(says(), "\n");
    hears("\n");
    passes(Protocol1::settling_ms);
  }
  /// A client that has heard the server's first keepalive and answered.
  void is_served() {
    EXPECT_EQ(connects(), "door\n");
    hears("\n");
    EXPECT_EQ(says(), "\n");
  }
  /// A power cycle: the link's memory is gone.
  void reboots() {
    numbers = Link1Numbers{};
    queue.clear();
    inbox.clear();
  }

  void passes(std::uint32_t ms) { now_ms += ms; }

  /// Bytes from the peer. What has no room in the inbox waits, and the socket is not read until drain().
  void hears(std::string_view bytes) {
    socket_.append(bytes);
    read();
  }
  /// The application reads one line.
  std::string reads() {
    if (inbox.empty()) return "(nothing)";
    std::string line = inbox.front();
    inbox.pop_front();
    read();
    return line;
  }
  /// Everything delivered and not yet read by the application.
  std::vector<std::string> reads_all() {
    std::vector<std::string> lines;
    while (!inbox.empty()) lines.push_back(reads());
    return lines;
  }

  /// Everything that is due now.
  std::string says(std::size_t room = 4096) {
    std::string text;
    std::vector<char> out(room);
    for (;;) {
      const std::size_t count = protocol.produce(numbers, queue, out.data(), room, now_ms);
      release();
      if (count == 0) return text;
      EXPECT_LE(count, room);
      text.append(out.data(), count);
      if (room < 4096) return text;
    }
  }
  /// What the side says while time passes, looking only when poll() is due. Peers are silent meanwhile.
  std::string says_within(std::uint32_t ms) {
    std::string text;
    const std::uint32_t end_ms = now_ms + ms;
    for (;;) {
      due = protocol.poll(numbers, queue, now_ms);
      release();
      if (due == Due::output) text += says();
      if (due == Due::silent) break;
      const std::uint32_t deadline = protocol.deadline_ms(numbers);
      if (!before(deadline, end_ms) || !before(now_ms, end_ms)) break;
      now_ms = after(deadline, now_ms) ? deadline : now_ms + 1;
    }
    now_ms = end_ms;
    return text;
  }

  std::uint32_t writes(std::string_view line, std::uint8_t tag = 0) {
    EXPECT_TRUE(queue.push(line, tag));
    return numbers.next++;
  }
  std::uint32_t writes_plain(std::string_view line) { return writes(line, tag_1::plain); }
  bool is_acknowledged(std::uint32_t ticket) const { return numbers.is_acknowledged(ticket); }

  Due poll() { return protocol.poll(numbers, queue, now_ms); }

  Link1Numbers numbers;
  Protocol1 protocol;
  std::uint32_t now_ms = 0xFFFFF000U;  // the clock wraps early in every test
  std::size_t inbox_room = std::numeric_limits<std::size_t>::max();
  std::deque<std::string> inbox;
  std::vector<Event> events;
  Input last;
  Due due = Due::nothing;

 private:
  static constexpr std::size_t queue_bytes = 1 << 16;

  void connection_begins() {
    socket_.clear();
    buffer_.reset();
    events.clear();
    waiting_line_.clear();
    has_waiting_line_ = false;
  }
  void release() {
    while (queue.size() > numbers.unacknowledged()) queue.pop_front();
    EXPECT_EQ(queue.size(), numbers.unacknowledged());
  }
  /// False: no room, stop reading.
  bool take(std::string_view line) {
    last = protocol.receive(numbers, line, now_ms);
    release();
    if (last.event == Event::line) {
      if (inbox.size() >= inbox_room) {
        EXPECT_TRUE(protocol.has_offered());
        waiting_line_ = line;
        has_waiting_line_ = true;
        protocol.pause();
        return false;
      }
      inbox.emplace_back(last.payload);
      protocol.accept(numbers);
    }
    events.push_back(last.event);
    return last.event != Event::failed;
  }
  void read() {
    if (has_waiting_line_) {
      if (inbox.size() >= inbox_room) return;
      has_waiting_line_ = false;
      const std::string line = waiting_line_;
      if (!take(line)) return;
      protocol.resume(now_ms);
    }
    for (;;) {
      std::string_view line;
      while (buffer_.next(line)) {
        if (!take(line)) return;
      }
      buffer_.compact();
      const std::size_t count = std::min(socket_.size(), buffer_.free_bytes());
      if (count == 0) return;
      socket_.copy(buffer_.free_space(), count);
      socket_.erase(0, count);
      buffer_.commit(count);
    }
  }

  std::array<char, 512> buffer_storage_{};
  LineBuffer buffer_{buffer_storage_.data(), buffer_storage_.size()};
  std::vector<char> queue_storage_ = std::vector<char>(queue_bytes);
  std::string socket_;
  std::string waiting_line_;
  bool has_waiting_line_ = false;

 public:
  LineQueue queue{queue_storage_.data(), queue_bytes};
};

}  // namespace tautline::test
