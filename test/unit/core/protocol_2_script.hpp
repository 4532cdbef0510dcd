#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <tautline/core/framing.hpp>
#include <tautline/core/protocol_2.hpp>
#include <tautline/core/serial.hpp>

/// The smallest host that protocol 2 can have, so that a test reads as a script of bytes: what is heard, what is sent.
namespace tautline::script {

/// What survives a connection: the numbers, the queue of lines to send, the lines received and not yet taken.
struct Link {
  struct Received {
    std::string payload;
    bool qos;
  };

  explicit Link(Role its_role, ReceiveLimits its_limits = {4, 64, 2000}, std::uint32_t its_inbox_capacity = 0)
      : role(its_role),
        limits(its_limits),
        inbox_capacity(its_inbox_capacity != 0 ? its_inbox_capacity : its_limits.window + 1),
        storage(1U << 16U),
        queue(storage.data(), storage.size()) {
    if (role == Role::server) numbers.sid = 99;
  }

  /// The application writes a qos line.
  void writes(std::string_view payload) {
    ASSERT_TRUE(queue.push(payload));
    ++numbers.next;
  }

  /// All numbers of this side's sending direction move to just before `next`, as after a long life.
  void number_next_line(std::uint32_t next) { numbers.base = numbers.next = next; }

  std::vector<std::string> inbox_lines() const {
    std::vector<std::string> lines;
    for (const Received& line : inbox) lines.push_back(line.payload);
    return lines;
  }

  Role role;
  ReceiveLimits limits;
  std::uint32_t inbox_capacity;
  LinkNumbers numbers;
  std::vector<char> storage;
  LineQueue queue;
  std::deque<Received> inbox;
  bool accepts_lines = true;
  std::uint32_t dropped_plain_lines = 0;
  std::uint32_t now_ms = 1000;
};

/// One connection of a link.
class Connection {
 public:
  explicit Connection(Link& link) : link_(link), accepted_at_ms_(link.now_ms) {}

  /// Client: TCP is connected. Returns the hello.
  std::string connects(std::string_view id = "door") {
    char out[max_handshake_bytes + 1];
    return {out, protocol.start_client(out, id, link_.limits, link_.now_ms)};
  }

  /// Receives whole lines; returns what the last of them meant.
  Input hears(std::string_view bytes) {
    Input input;
    std::string_view line;
    while (take_line(bytes, line)) input = hear_line(line);
    EXPECT_TRUE(bytes.empty()) << "a script hears whole lines: " << bytes;
    return input;
  }

  /// All that is due now.
  std::string sends(std::size_t room = 4096) {
    std::string all;
    std::vector<char> out(room);
    for (;;) {
      const std::size_t count = protocol.produce(link_.numbers, link_.queue, out.data(), room, link_.now_ms);
      EXPECT_LE(count, room);
      if (count == 0) break;
      all.append(out.data(), count);
    }
    EXPECT_FALSE(protocol.has_output(link_.numbers)) << "produce() returned 0 although something is due";
    return all;
  }

  Due polls() { return protocol.poll(link_.numbers, link_.now_ms); }

  /// The application takes the oldest line. A client takes responsibility for it by that; a server took it before, and
  /// can now give credit for one more.
  std::string takes() {
    if (link_.inbox.empty()) return "(nothing)";
    const Link::Received line = link_.inbox.front();
    link_.inbox.pop_front();
    if (link_.role == Role::server) {
      give_credit();
    } else if (line.qos) {
      protocol.acknowledge(link_.numbers, link_.numbers.ack + 1);
    }
    return line.payload;
  }

  Protocol2 protocol;

 private:
  Input hear_line(std::string_view line) {
    if (link_.role == Role::client) {
      return act_on(protocol.receive_from_server(link_.numbers, line, link_.now_ms));
    }
    if (protocol.phase() == Protocol2::Phase::idle) {
      wire_2::Hello hello;
      EXPECT_TRUE(wire_2::parse_hello(line, hello)) << line;
      protocol.start_server(link_.numbers, hello, link_.limits, accepted_at_ms_);
      return Input{};
    }
    return act_on(protocol.receive_from_client(link_.numbers, line, link_.now_ms));
  }

  Input act_on(const Input& input) {
    if (input.drop_inbox) link_.inbox.clear();
    if (input.event == Event::line && link_.accepts_lines && link_.inbox.size() < link_.inbox_capacity) {
      link_.inbox.push_back({std::string(input.payload), true});
      protocol.accept(link_.numbers);
      if (link_.role == Role::server) give_credit();
    }
    if (input.event == Event::plain_line) {
      const auto queued = static_cast<std::uint32_t>(link_.inbox.size());
      if (protocol.has_plain_slot(link_.numbers, queued, link_.inbox_capacity)) {
        link_.inbox.push_back({std::string(input.payload), false});
      } else {
        ++link_.dropped_plain_lines;
      }
    }
    while (link_.queue.size() > link_.numbers.unacknowledged()) link_.queue.pop_front();
    return input;
  }

  /// The server acknowledges only so far that its inbox has room for a window of further lines.
  void give_credit() {
    const auto room = link_.inbox_capacity - static_cast<std::uint32_t>(link_.inbox.size());
    protocol.acknowledge(link_.numbers, earlier(link_.numbers.rx, link_.numbers.rx + room - link_.limits.window));
  }

  Link& link_;
  std::uint32_t accepted_at_ms_;
};

}  // namespace tautline::script
