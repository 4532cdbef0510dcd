#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <tautline/core/protocol_2.hpp>

#include "protocol_2_script.hpp"

namespace tautline {
namespace {

using script::Connection;
using script::Link;
using Lines = std::vector<std::string>;

/// A client and a server, and one connection between them at a time.
struct Session {
  Session() : client(Role::client, {2, 64, 2000}), server(Role::server, {2, 64, 2000}, 8) {}

  /// Both sides say the whole handshake; returns it.
  std::string handshake(Connection& from, Connection& to) {
    std::string said = from.connects();
    to.hears(said);
    said += pass(to, from);
    said += pass(from, to);
    said += pass(to, from);
    return said;
  }

  static std::string pass(Connection& from, Connection& to) {
    const std::string bytes = from.sends();
    to.hears(bytes);
    return bytes;
  }

  Link client;
  Link server;
};

TEST(Protocol2Session, a_line_each_way) {
  Session session;
  Connection device(session.client);
  Connection handler(session.server);
  EXPECT_EQ(session.handshake(device, handler),
            "TL2 door w=2 n=64 t=2000\n"
            "HI 1 99 w=2 n=64 t=2000\n"
            "GO 1 - 0 -\n"
            "GO 1 0 0\n");
  session.client.writes("temp 21.5");
  EXPECT_EQ(Session::pass(device, handler), "D1 temp 21.5\n");
  session.server.writes("light on");
  EXPECT_EQ(Session::pass(handler, device), "A1 0\nD1 light on\n");
  EXPECT_TRUE(session.client.queue.empty());
  EXPECT_EQ(device.takes(), "light on");
  EXPECT_EQ(Session::pass(device, handler), "A1 1\n");
  EXPECT_TRUE(session.server.queue.empty());
  EXPECT_EQ(session.server.inbox_lines(), Lines{"temp 21.5"});
}

TEST(Protocol2Session, line_numbers_wrap_from_4294967295_to_0_in_both_directions) {
  Session session;
  session.client.number_next_line(0xFFFFFFFE);
  session.server.number_next_line(0xFFFFFFFF);
  Connection device(session.client);
  Connection handler(session.server);
  EXPECT_EQ(session.handshake(device, handler),
            "TL2 door w=2 n=64 t=2000\n"
            "HI 1 99 w=2 n=64 t=2000\n"
            "GO 1 - 4294967293 -\n"
            "GO 1 4294967293 4294967294\n");
  for (const char* line : {"a", "b", "c", "d"}) session.client.writes(line);
  for (const char* line : {"v", "w", "x"}) session.server.writes(line);
  EXPECT_EQ(Session::pass(device, handler), "D4294967294 a\nD4294967295 b\n");
  EXPECT_EQ(Session::pass(handler, device), "A4294967295 4294967294\nD4294967295 v\nD0 w\n");
  EXPECT_EQ(device.takes(), "v");
  EXPECT_EQ(device.takes(), "w");
  EXPECT_EQ(Session::pass(device, handler), "A0 4294967295\nD0 c\nD1 d\n");
  EXPECT_EQ(Session::pass(handler, device), "A1 0\nD1 x\n");
  EXPECT_EQ(session.server.inbox_lines(), (Lines{"a", "b", "c", "d"}));
  EXPECT_EQ(device.takes(), "x");
  EXPECT_TRUE(session.client.queue.empty());
}

TEST(Protocol2Session, a_gap_across_the_wrap_is_repaired) {
  Session session;
  session.client.number_next_line(0xFFFFFFFF);
  Connection device(session.client);
  Connection handler(session.server);
  session.handshake(device, handler);
  session.client.writes("a");
  session.client.writes("b");
  EXPECT_EQ(device.sends(), "D4294967295 a\nD0 b\n");
  handler.hears("D0 b\n");
  EXPECT_EQ(Session::pass(handler, device), "R4294967295\n");
  EXPECT_EQ(Session::pass(device, handler), "D4294967295 a\nD0 b\n");
  EXPECT_EQ(session.server.inbox_lines(), (Lines{"a", "b"}));
}

TEST(Protocol2Session, generation_and_epoch_wrap_from_4294967295_to_0) {
  Session session;
  session.server.numbers.generation = 0xFFFFFFFE;
  {
    Connection device(session.client);
    Connection handler(session.server);
    session.handshake(device, handler);
    EXPECT_EQ(session.client.numbers.epoch, 0xFFFFFFFF);
  }
  {
    Connection device(session.client);
    Connection handler(session.server);
    EXPECT_EQ(session.handshake(device, handler),
              "TL2 door w=2 n=64 t=2000\n"
              "HI 0 99 w=2 n=64 t=2000\n"
              "GO 0 0 0 4294967295\n"  // this epoch is older than generation 0
              "GO 0 0 0\n");
    EXPECT_TRUE(device.protocol.is_open());
  }
  Link rebooted(Role::client);
  Connection device(rebooted);
  Connection handler(session.server);
  session.handshake(device, handler);
  EXPECT_EQ(session.server.numbers.epoch, 1U);
}

TEST(Protocol2Session, a_rolled_back_record_is_replaced_and_nothing_is_stuck) {
  Session session;
  {
    Connection device(session.client);
    Connection handler(session.server);
    session.handshake(device, handler);
    session.server.writes("light on");
    Session::pass(handler, device);
    device.takes();
    Session::pass(device, handler);
  }
  session.server.number_next_line(1);  // a restored copy: it never wrote that line
  {
    Connection device(session.client);
    Connection handler(session.server);
    session.handshake(device, handler);
    EXPECT_EQ(device.protocol.failure(), Reason::sid);
  }
  session.server.numbers.sid = 100;
  session.server.writes("light off");
  Connection device(session.client);
  Connection handler(session.server);
  session.handshake(device, handler);
  Session::pass(handler, device);
  EXPECT_EQ(device.takes(), "light off");
}

TEST(Protocol2Session, a_record_of_another_life_is_left_by_a_new_epoch) {
  Session session;
  {
    Connection device(session.client);
    Connection handler(session.server);
    session.handshake(device, handler);
  }
  session.client.writes("one");
  session.server.numbers.rx = session.server.numbers.ack = 5;  // of a life that this client knows nothing of
  {
    Connection device(session.client);
    Connection handler(session.server);
    session.handshake(device, handler);
    EXPECT_EQ(device.protocol.failure(), Reason::epoch);
    Session::pass(device, handler);
    EXPECT_EQ(handler.protocol.failure(), Reason::epoch);
  }
  Connection device(session.client);
  Connection handler(session.server);
  session.handshake(device, handler);
  Session::pass(device, handler);
  EXPECT_EQ(session.server.inbox_lines(), Lines{"one"});
}

}  // namespace
}  // namespace tautline
