#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <tautline/core/protocol_2.hpp>

#include "protocol_2_script.hpp"

namespace tautline {
namespace {

using script::Connection;
using script::Link;
using Lines = std::vector<std::string>;
using Phase = Protocol2::Phase;

constexpr ReceiveLimits usual_limits{2, 64, 2000};
constexpr std::uint32_t usual_inbox = 4;

/// A server's record of a client before its first connection: generation 6, sid 99.
struct Server {
  explicit Server(std::uint32_t inbox_capacity = usual_inbox) : link(Role::server, usual_limits, inbox_capacity) {
    link.numbers.generation = 6;
  }

  Link link;
};

/// One whose client (window 3) has an open connection: generation 7, nothing sent or received yet.
struct OpenServer : Server {
  explicit OpenServer(std::uint32_t inbox_capacity = usual_inbox) : Server(inbox_capacity) {
    connection.hears("TL2 door w=3 n=64\n");
    EXPECT_EQ(connection.sends(), "HI 7 99 w=2 n=64 t=2000\n");
    EXPECT_EQ(connection.hears("GO 7 - 0 -\n").event, Event::opened);
    EXPECT_EQ(connection.sends(), "GO 7 0 0\n");
  }

  Connection connection{link};
};

void expect_failed(const Input& input, Reason reason) {
  EXPECT_EQ(input.event, Event::failed);
  EXPECT_EQ(to_string(input.reason), std::string(to_string(reason)));
}

// ---- handshake ----------------------------------------------------------------------------------

TEST(Protocol2Server, a_session_byte_for_byte_with_a_record_of_an_earlier_life) {
  Link link(Role::server, {8, 1024, 60000}, 64);
  link.numbers.generation = 1700000041;
  link.numbers.sid = 3201966113;
  link.number_next_line(17);
  Connection netcat(link);
  netcat.hears("TL2 door w=1 n=128\n");
  EXPECT_EQ(netcat.sends(), "HI 1700000042 3201966113 w=8 n=1024 t=60000\n");
  netcat.hears("GO 1700000042 - 0 -\n");
  EXPECT_EQ(netcat.sends(), "GO 1700000042 0 16\n");
  EXPECT_EQ(netcat.hears("D1 temp 21.5\n").event, Event::line);
  EXPECT_EQ(netcat.sends(), "A1 16\n");
  link.writes("light on");
  EXPECT_EQ(netcat.sends(), "D17 light on\n");
  EXPECT_EQ(netcat.hears("A17 1\n").event, Event::acknowledged);
  EXPECT_EQ(netcat.sends(), "");
  EXPECT_EQ(link.inbox_lines(), Lines{"temp 21.5"});
  EXPECT_TRUE(link.queue.empty());
}

TEST(Protocol2Server, a_hello_changes_nothing_however_many_come) {
  OpenServer server;
  const LinkNumbers before = server.link.numbers;
  for (int i = 0; i < 100; ++i) {
    Connection flood(server.link);
    flood.hears("TL2 door\n");
    EXPECT_EQ(flood.sends(), "HI 8 99 w=2 n=64 t=2000\n");
  }
  EXPECT_EQ(server.link.numbers.generation, before.generation);
  EXPECT_EQ(server.link.numbers.epoch, before.epoch);
  EXPECT_EQ(server.connection.hears("D1 x\n").event, Event::line);
}

TEST(Protocol2Server, says_nothing_but_hi_before_the_clients_go) {
  Server server;
  server.link.writes("early");
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  EXPECT_EQ(connection.sends(), "HI 7 99 w=2 n=64 t=2000\n");
  server.link.now_ms += 600;
  EXPECT_EQ(connection.polls(), Due::nothing);
  EXPECT_EQ(connection.sends(), "");
  connection.hears("GO 7 - 0 -\n");
  EXPECT_EQ(connection.sends(), "GO 7 0 0\nD1 early\n");
}

TEST(Protocol2Server, go_without_epoch_begins_a_new_epoch_at_the_clients_start) {
  OpenServer server;
  server.connection.hears("D1 x\nD2 y\n");
  Connection reboot(server.link);
  reboot.hears("TL2 door\n");
  reboot.sends();
  reboot.hears("GO 8 - 5 -\n");
  EXPECT_EQ(server.link.numbers.epoch, 8U);
  EXPECT_EQ(reboot.sends(), "GO 8 5 0\n");
  EXPECT_EQ(reboot.hears("D6 z\n").event, Event::line);
}

TEST(Protocol2Server, go_with_the_stored_epoch_keeps_what_was_received) {
  OpenServer server;
  server.connection.hears("D1 x\nD2 y\n");
  Connection again(server.link);
  again.hears("TL2 door\n");
  again.sends();
  again.hears("GO 8 0 0 7\n");
  EXPECT_EQ(again.sends(), "GO 8 2 0\n");
  EXPECT_EQ(again.hears("D2 y\n").event, Event::none);
  EXPECT_EQ(server.link.inbox_lines(), (Lines{"x", "y"}));
}

TEST(Protocol2Server, go_with_another_epoch_than_the_stored_one_begins_anew) {
  OpenServer server;
  server.connection.hears("D1 x\n");
  Connection other_life(server.link);
  other_life.hears("TL2 door\n");
  other_life.sends();
  other_life.hears("GO 8 0 20 6\n");
  EXPECT_EQ(server.link.numbers.epoch, 6U);
  EXPECT_EQ(other_life.sends(), "GO 8 20 0\n");
}

TEST(Protocol2Server, the_clients_ack_completes_lines_of_the_connection_before) {
  OpenServer server;
  for (const char* line : {"one", "two", "three"}) server.link.writes(line);
  EXPECT_EQ(server.connection.sends(), "D1 one\nD2 two\nD3 three\n");
  Connection again(server.link);
  again.hears("TL2 door w=3\n");
  again.sends();
  again.hears("GO 8 2 0 7\n");
  EXPECT_EQ(again.sends(), "GO 8 0 2\nD3 three\n");
  EXPECT_EQ(server.link.queue.size(), 1U);
}

TEST(Protocol2Server, an_ack_behind_its_base_changes_nothing) {
  OpenServer server;
  server.link.writes("one");
  server.link.writes("two");
  server.connection.sends();
  server.connection.hears("A1 0\n");
  Connection again(server.link);
  again.hears("TL2 door\n");
  again.sends();
  again.hears("GO 8 0 0 7\n");
  EXPECT_EQ(again.sends(), "GO 8 0 1\nD2 two\n");
}

TEST(Protocol2Server, of_two_connections_with_one_generation_the_first_go_wins) {
  Server server;
  Connection first(server.link);
  Connection second(server.link);
  first.hears("TL2 door\n");
  second.hears("TL2 door\n");
  EXPECT_EQ(first.sends(), second.sends());
  EXPECT_EQ(second.hears("GO 7 - 0 -\n").event, Event::opened);
  expect_failed(first.hears("GO 7 - 3 -\n"), Reason::superseded);
  EXPECT_EQ(first.sends(), "BYE superseded\n");
  EXPECT_EQ(server.link.numbers.rx, 0U);
  EXPECT_EQ(second.hears("D1 x\n").event, Event::line);
}

TEST(Protocol2Server, a_go_read_late_cannot_disturb_the_newer_connection) {
  Server server;
  Connection late(server.link);
  late.hears("TL2 door\n");
  late.sends();
  Connection newer(server.link);
  newer.hears("TL2 door\n");
  newer.hears("GO 7 - 0 -\n");
  Connection newest(server.link);
  newest.hears("TL2 door\n");
  newest.hears("GO 8 - 0 7\n");
  expect_failed(late.hears("GO 7 - 9 99\n"), Reason::superseded);  // neither its epoch nor its start is looked at
  EXPECT_EQ(server.link.numbers.generation, 8U);
  EXPECT_EQ(server.link.numbers.epoch, 7U);
  EXPECT_EQ(server.link.numbers.rx, 0U);
}

TEST(Protocol2Server, a_takeover_fences_the_older_connection) {
  OpenServer server;
  Connection newer(server.link);
  newer.hears("TL2 door\n");
  newer.hears("GO 8 0 0 7\n");
  expect_failed(server.connection.hears("D1 x\n"), Reason::superseded);
  EXPECT_EQ(server.connection.sends(), "BYE superseded\n");
  EXPECT_TRUE(server.link.inbox.empty());
  EXPECT_EQ(server.link.numbers.rx, 0U);
}

TEST(Protocol2Server, an_older_connection_says_no_more_than_bye_after_a_takeover) {
  for (const bool polls_first : {false, true}) {
    OpenServer server;
    server.link.writes("one");
    if (!polls_first) server.connection.protocol.request_status();
    Connection newer(server.link);
    newer.hears("TL2 door\n");
    newer.hears("GO 8 - 50 -\n");  // another device with the same id: its numbers mean nothing to the first one
    if (polls_first) {
      EXPECT_EQ(server.connection.polls(), Due::output);
    }
    EXPECT_EQ(server.connection.sends(), "BYE superseded\n");
    EXPECT_EQ(server.connection.protocol.failure(), Reason::superseded);
  }
}

TEST(Protocol2Server, an_epoch_from_the_future_moves_the_generation_past_it) {
  Server server;
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  connection.sends();
  expect_failed(connection.hears("GO 7 - 0 500\n"), Reason::superseded);
  EXPECT_EQ(connection.sends(), "BYE superseded\n");
  EXPECT_EQ(server.link.numbers.generation, 500U);
  EXPECT_FALSE(server.link.numbers.epoch_known);
  Connection again(server.link);
  again.hears("TL2 door\n");
  EXPECT_EQ(again.sends(), "HI 501 99 w=2 n=64 t=2000\n");
  EXPECT_EQ(again.hears("GO 501 - 0 500\n").event, Event::opened);
}

TEST(Protocol2Server, an_epoch_equal_to_the_offered_generation_is_from_the_future_too) {
  Server server;
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  expect_failed(connection.hears("GO 7 - 0 7\n"), Reason::superseded);
  EXPECT_EQ(server.link.numbers.generation, 7U);
  Connection again(server.link);
  again.hears("TL2 door\n");
  EXPECT_EQ(again.hears("GO 8 - 0 7\n").event, Event::opened);
}

TEST(Protocol2Server, a_client_that_took_lines_never_written_gets_bye_sid) {
  Server server;
  server.link.writes("one");
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  connection.sends();
  expect_failed(connection.hears("GO 7 2 0 5\n"), Reason::sid);
  EXPECT_EQ(connection.sends(), "BYE sid\n");
  EXPECT_EQ(server.link.numbers.generation, 7U) << "used up: a GO of another connection for the old sid must not pass";
  EXPECT_FALSE(server.link.numbers.epoch_known) << "nothing else is adopted";
  EXPECT_EQ(server.link.numbers.base, 1U);
}

TEST(Protocol2Server, a_client_that_took_all_lines_written_is_welcome) {
  Server server;
  server.link.writes("one");
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  connection.sends();
  EXPECT_EQ(connection.hears("GO 7 1 0 5\n").event, Event::opened);
  EXPECT_EQ(connection.sends(), "GO 7 0 1\n");
  EXPECT_TRUE(server.link.queue.empty());
}

TEST(Protocol2Server, before_go_empty_lines_are_ignored_and_bye_is_heard) {
  Server server;
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  EXPECT_EQ(connection.hears("\n\r\n").event, Event::none);
  const Input input = connection.hears("BYE closing\n");
  expect_failed(input, Reason::closing);
  EXPECT_TRUE(input.from_peer);
  EXPECT_EQ(connection.sends(), "");
}

TEST(Protocol2Server, before_go_everything_else_ends_in_bye_syntax) {
  for (const std::string_view line :
       {"D1 x\n", "U x\n", "A0 0\n", "R1\n", "TL2 door\n", "GO\n", "GO 7 - 0\n", "00x\n"}) {
    Server server;
    Connection connection(server.link);
    connection.hears("TL2 door\n");
    connection.sends();
    expect_failed(connection.hears(line), Reason::syntax);
    EXPECT_EQ(connection.sends(), "BYE syntax\n") << line;
    EXPECT_EQ(server.link.numbers.generation, 6U);
  }
}

TEST(Protocol2Server, a_hello_on_an_open_connection_ends_in_bye_syntax) {
  OpenServer server;
  expect_failed(server.connection.hears("TL2 door\n"), Reason::syntax);
  EXPECT_EQ(server.connection.sends(), "BYE syntax\n");
}

TEST(Protocol2Server, the_handshake_has_one_timeout_from_accept_on) {
  Server server;
  Connection connection(server.link);  // accepted here
  server.link.now_ms += 1500;
  connection.hears("TL2 door\n\n\n");
  connection.sends();
  server.link.now_ms += 499;
  EXPECT_EQ(connection.polls(), Due::nothing);
  server.link.now_ms += 1;
  EXPECT_EQ(connection.polls(), Due::silent);
}

TEST(Protocol2Server, the_first_status_line_is_due_within_a_quarter_of_the_clients_timeout) {
  Server server;
  Connection connection(server.link);
  connection.hears("TL2 door t=800\n");
  connection.sends();
  server.link.now_ms += 300;
  connection.hears("GO 7 - 0 -\n");
  EXPECT_EQ(connection.sends(), "GO 7 0 0\n");
  server.link.now_ms += 199;
  EXPECT_EQ(connection.polls(), Due::nothing);
  server.link.now_ms += 1;
  EXPECT_EQ(connection.polls(), Due::output);
  EXPECT_EQ(connection.sends(), "A0 0\n");
}

TEST(Protocol2Server, a_bye_in_answer_to_the_hello_replaces_hi) {
  Server server;
  Connection connection(server.link);
  connection.hears("TL2 door\n");
  connection.protocol.fail(Reason::busy);
  EXPECT_EQ(connection.sends(), "BYE busy\n");
}

// ---- responsibility and backpressure ------------------------------------------------------------

TEST(Protocol2Server, acknowledges_what_is_in_the_inbox_before_the_application_takes_it) {
  OpenServer server;
  server.connection.hears("D1 x\nD2 y\n");
  EXPECT_EQ(server.connection.sends(), "A2 0\n");
}

TEST(Protocol2Server, acknowledges_only_so_far_that_a_whole_window_fits_the_inbox) {
  OpenServer server(4);  // window 2: a third line is accepted, but not acknowledged
  server.connection.hears("D1 a\nD2 b\n");
  EXPECT_EQ(server.connection.sends(), "A2 0\n");
  server.connection.hears("D3 c\n");
  EXPECT_EQ(server.connection.sends(), "");
  server.connection.hears("D4 d\n");
  EXPECT_EQ(server.connection.sends(), "");
  EXPECT_EQ(server.link.inbox.size(), 4U);
  EXPECT_EQ(server.connection.takes(), "a");
  EXPECT_EQ(server.connection.sends(), "A3 0\n");
  EXPECT_EQ(server.connection.takes(), "b");
  EXPECT_EQ(server.connection.sends(), "A4 0\n");
}

TEST(Protocol2Server, status_lines_still_flow_when_the_application_does_not_read) {
  OpenServer server(4);
  server.connection.hears("D1 a\nD2 b\nD3 c\nD4 d\n");
  EXPECT_EQ(server.connection.sends(), "A2 0\n");
  for (int i = 0; i < 5; ++i) {
    server.link.now_ms += 500;
    server.connection.hears("A0 4\n");
    EXPECT_EQ(server.connection.polls(), Due::output);
    EXPECT_EQ(server.connection.sends(), "A2 0\n");
  }
}

TEST(Protocol2Server, a_line_beyond_the_credit_is_refused_in_silence_and_repaired_when_there_is_room) {
  OpenServer server(4);
  server.connection.hears("D1 a\nD2 b\nD3 c\nD4 d\n");
  server.connection.sends();
  EXPECT_EQ(server.connection.hears("D5 e\n").event, Event::none);
  EXPECT_EQ(server.connection.hears("D6 f\n").event, Event::none);
  server.connection.hears("A0 6\n");
  EXPECT_EQ(server.connection.sends(), "");
  EXPECT_EQ(server.link.numbers.rx, 4U);
  server.connection.takes();
  EXPECT_EQ(server.connection.sends(), "A3 0\n");
  server.connection.hears("A0 6\n");
  EXPECT_EQ(server.connection.sends(), "R5\n");
  server.connection.hears("D5 e\n");
  EXPECT_EQ(server.link.inbox_lines(), (Lines{"b", "c", "d", "e"}));
}

TEST(Protocol2Server, go_acknowledges_no_further_than_status_lines_do) {
  OpenServer server(4);
  server.connection.hears("D1 a\nD2 b\nD3 c\nD4 d\n");
  Connection again(server.link);
  again.hears("TL2 door\n");
  again.sends();
  again.hears("GO 8 - 2 7\n");
  EXPECT_EQ(again.sends(), "GO 8 2 0\n");  // rx is 4
  EXPECT_EQ(again.hears("D3 c\nD4 d\n").event, Event::none);
  EXPECT_EQ(server.link.inbox.size(), 4U);
}

TEST(Protocol2Server, a_plain_line_never_takes_a_slot_that_the_window_promises) {
  OpenServer server(4);  // 2 of 4 slots promised
  server.connection.hears("U 1\nU 2\nU 3\n");
  EXPECT_EQ(server.link.dropped_plain_lines, 1U);
  server.connection.hears("D1 a\nD2 b\n");
  EXPECT_EQ(server.link.inbox_lines(), (Lines{"1", "2", "a", "b"}));
  EXPECT_EQ(server.connection.sends(), "");
  server.connection.takes();
  EXPECT_EQ(server.connection.sends(), "A1 0\n");
}

TEST(Protocol2Server, a_queued_line_longer_than_the_clients_new_limit_ends_in_bye_size) {
  OpenServer server;
  server.link.writes(std::string(64, 'x'));
  Connection again(server.link);
  again.hears("TL2 door n=32\n");
  again.sends();
  again.hears("GO 8 - 0 7\n");
  EXPECT_EQ(again.sends(), "GO 8 0 0\nBYE size\n");
  EXPECT_EQ(server.link.queue.size(), 1U);
}

TEST(Protocol2Server, sends_by_the_window_of_the_client_that_is_connected_now) {
  OpenServer server;  // the client's window is 3
  for (int i = 1; i <= 4; ++i) server.link.writes(std::to_string(i));
  EXPECT_EQ(server.connection.sends(), "D1 1\nD2 2\nD3 3\n");
  Connection again(server.link);
  again.hears("TL2 door\n");
  again.sends();
  again.hears("GO 8 0 0 7\n");
  EXPECT_EQ(again.sends(), "GO 8 0 0\nD1 1\n");
}

TEST(Protocol2Server, r_may_name_a_line_of_this_connection_only) {
  OpenServer server;
  for (int i = 1; i <= 3; ++i) server.link.writes(std::to_string(i));
  server.connection.sends();
  Connection again(server.link);
  again.hears("TL2 door w=1\n");
  again.sends();
  again.hears("GO 8 0 0 7\n");
  EXPECT_EQ(again.sends(), "GO 8 0 0\nD1 1\n");
  EXPECT_EQ(again.hears("R2\n").event, Event::none);
  expect_failed(again.hears("R3\n"), Reason::syntax);
}

}  // namespace
}  // namespace tautline
