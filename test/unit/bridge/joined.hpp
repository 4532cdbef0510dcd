#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "packets.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge::test {

/// Two streams whose packets reach each other at once, unless the test loses them.
struct Joined {
  explicit Joined(const StreamTimes& times = {}) : board(times), bridge(times) {
    bridge.stream.start(8, bridge.now);  // tokens of their own
  }

  /// Asked for each packet, in the order in which they are sent: does it arrive?
  std::function<bool(unsigned number, const StreamScript& from, std::string_view packet)> arrives;
  unsigned packets = 0;  ///< sent so far

  /// Carries one packet each way. False: none was due.
  bool carry() {
    const bool first = carry(board, bridge);
    return carry(bridge, board) || first;
  }
  /// Carries packets until none is due now.
  void settle() {
    for (int turns = 0; turns < 1000; ++turns) {
      if (!carry()) return;
    }
    FAIL() << "packets without end";
  }
  /// Lets the time pass from deadline to deadline, and everything that is due happen.
  void pass(std::uint32_t ms) {
    const std::uint32_t end = board.now + ms;
    settle();
    while (board.now != end && !::testing::Test::HasFatalFailure()) {
      const std::uint32_t at =
          earlier(end, earlier(board.stream.deadline_ms(board.now), bridge.stream.deadline_ms(bridge.now)));
      ASSERT_TRUE(before(board.now, at)) << "a deadline that is over, and nothing to do";
      check_nothing_due_before(at);
      board.now = bridge.now = at;
      const bool board_ended = board.stream.poll(at);
      const bool bridge_ended = bridge.stream.poll(at);
      ASSERT_TRUE(at == end || board_ended || bridge_ended || board.stream.has_output(at) ||
                  bridge.stream.has_output(at))
          << "nothing to do at the deadline";
      settle();
    }
  }
  bool both_up() const { return board.stream.is_up() && bridge.stream.is_up(); }

  StreamScript board;
  StreamScript bridge;

 private:
  bool carry(StreamScript& from, StreamScript& to) {
    const std::string packet = from.packet();
    if (packet.empty()) return false;
    if (!arrives || arrives(packets, from, packet)) to.hear(packet);
    ++packets;
    return true;
  }
  void check_nothing_due_before(std::uint32_t at) {
    ASSERT_FALSE(board.stream.has_output(at - 1));
    ASSERT_FALSE(bridge.stream.has_output(at - 1));
  }
};

}  // namespace tautline::bridge::test
