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

/// A client whose first connection is open: generation 7, sid 99, server window 3, nothing sent or received yet.
struct OpenClient {
  explicit OpenClient(ReceiveLimits limits = {4, 64, 2000}) : link(Role::client, limits) {
    connection.connects();
    connection.hears("HI 7 99 w=3 n=64 t=2000\n");
    EXPECT_EQ(connection.sends(), "GO 7 - 0 -\n");
    EXPECT_EQ(connection.hears("GO 7 0 0\n").event, Event::opened);
    EXPECT_EQ(connection.sends(), "");
  }

  Link link;
  Connection connection{link};
};

void expect_failed(const Input& input, Reason reason) {
  EXPECT_EQ(input.event, Event::failed);
  EXPECT_EQ(to_string(input.reason), std::string(to_string(reason)));
}

// ---- handshake ----------------------------------------------------------------------------------

TEST(Protocol2Client, a_fresh_client_knows_no_ack_and_no_epoch) {
  Link link(Role::client, {4, 64, 1500});
  Connection connection(link);
  EXPECT_EQ(connection.connects("door"), "TL2 door w=4 n=64 t=1500\n");
  EXPECT_EQ(connection.sends(), "");
  EXPECT_EQ(connection.hears("HI 7 99 w=8 n=1024 t=60000\n").event, Event::none);
  EXPECT_EQ(connection.sends(), "GO 7 - 0 -\n");
  EXPECT_FALSE(connection.protocol.is_open());
  EXPECT_EQ(connection.hears("GO 7 0 16\n").event, Event::opened);
  EXPECT_TRUE(connection.protocol.is_open());
  EXPECT_EQ(connection.sends(), "");
  EXPECT_EQ(connection.protocol.peer_window(), 8U);
  EXPECT_EQ(connection.protocol.peer_max_payload(), 1024U);
}

TEST(Protocol2Client, a_later_connection_names_ack_start_and_epoch) {
  OpenClient client;
  client.link.writes("one");
  client.link.writes("two");
  client.connection.sends();
  client.connection.hears("A1 0\nD1 x\nD2 y\n");
  client.connection.takes();
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  EXPECT_EQ(second.sends(), "GO 8 1 1 7\n");  // it took D1; base - 1 is 1; its life began with generation 7
}

TEST(Protocol2Client, the_epoch_is_fixed_only_by_the_servers_go) {
  Link link(Role::client);
  Connection lost(link);
  lost.connects();
  lost.hears("HI 7 99\n");
  EXPECT_EQ(lost.sends(), "GO 7 - 0 -\n");  // this line never arrives
  Connection second(link);
  second.connects();
  second.hears("HI 8 99\n");
  EXPECT_EQ(second.sends(), "GO 8 - 0 -\n");
  second.hears("GO 8 0 0\n");
  Connection third(link);
  third.connects();
  third.hears("HI 9 99\n");
  EXPECT_EQ(third.sends(), "GO 9 0 0 8\n");
  third.hears("GO 9 0 0\n");
  Connection fourth(link);
  fourth.connects();
  fourth.hears("HI 10 99\n");
  EXPECT_EQ(fourth.sends(), "GO 10 0 0 8\n");
}

TEST(Protocol2Client, before_the_servers_go_it_sends_nothing_but_its_own) {
  Link link(Role::client);
  link.writes("early");
  Connection connection(link);
  connection.connects();
  EXPECT_EQ(connection.sends(), "");
  connection.hears("HI 7 99\n");
  EXPECT_EQ(connection.sends(), "GO 7 - 0 -\n");
  link.now_ms += 600;  // more than a quarter of the peer's timeout
  EXPECT_EQ(connection.polls(), Due::nothing);
  EXPECT_EQ(connection.sends(), "");
  connection.hears("GO 7 0 0\n");
  EXPECT_EQ(connection.sends(), "D1 early\n");
}

TEST(Protocol2Client, a_line_taken_during_the_handshake_is_acknowledged_after_it) {
  OpenClient client;
  client.connection.hears("D1 x\n");
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  EXPECT_EQ(second.sends(), "GO 8 0 0 7\n");
  EXPECT_EQ(second.takes(), "x");
  EXPECT_EQ(second.sends(), "");
  second.hears("GO 8 0 0\n");
  EXPECT_EQ(second.sends(), "A1 0\n");
}

TEST(Protocol2Client, nothing_is_due_when_a_line_is_taken_after_a_failure) {
  OpenClient client;
  client.connection.hears("D1 x\nBYE closing\n");
  EXPECT_EQ(client.connection.takes(), "x");
  EXPECT_EQ(client.connection.sends(), "");
}

TEST(Protocol2Client, after_its_go_it_ignores_all_but_the_servers_go) {
  Link link(Role::client);
  Connection connection(link);
  connection.connects();
  connection.hears("HI 7 99\n");
  connection.sends();
  for (const std::string_view line :
       {"D1 x\n", "U x\n", "A0 5\n", "R1\n", "\n", "GO 6 0 0\n", "GO 8 0 0\n", "HI 9 1\n", "\x01\x02\n"}) {
    EXPECT_EQ(connection.hears(line).event, Event::none) << line;
    EXPECT_EQ(connection.sends(), "") << line;
  }
  EXPECT_TRUE(link.inbox.empty());
  EXPECT_EQ(connection.hears("GO 7 0 0\n").event, Event::opened);
}

TEST(Protocol2Client, a_carriage_return_in_handshake_lines_is_dropped) {
  Link link(Role::client);
  Connection connection(link);
  connection.connects();
  connection.hears("HI 7 99 w=2\r\n");
  EXPECT_EQ(connection.sends(), "GO 7 - 0 -\n");
  EXPECT_EQ(connection.hears("GO 7 0 0\r\n").event, Event::opened);
}

TEST(Protocol2Client, lines_up_to_the_servers_ack_are_complete_and_the_rest_is_sent_again) {
  OpenClient client;
  for (const char* line : {"one", "two", "three"}) client.link.writes(line);
  EXPECT_EQ(client.connection.sends(), "D1 one\nD2 two\nD3 three\n");
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99 w=3\n");
  EXPECT_EQ(second.sends(), "GO 8 0 0 7\n");
  second.hears("GO 8 2 0\n");
  EXPECT_EQ(client.link.numbers.base, 3U);
  EXPECT_EQ(client.link.queue.size(), 1U);
  EXPECT_EQ(second.sends(), "D3 three\n");
}

TEST(Protocol2Client, another_sid_makes_it_forget_what_it_received_but_not_what_it_sends) {
  OpenClient client;
  client.link.writes("one");
  client.connection.sends();
  client.connection.hears("D1 x\nD2 y\n");
  client.connection.takes();
  Connection second(client.link);
  second.connects();
  EXPECT_TRUE(second.hears("HI 8 55\n").drop_inbox);
  EXPECT_EQ(second.sends(), "GO 8 - 0 7\n");
  second.hears("GO 8 0 40\n");
  EXPECT_EQ(client.link.numbers.rx, 40U);
  EXPECT_EQ(client.link.numbers.ack, 40U);
  EXPECT_EQ(second.sends(), "D1 one\n");
  second.hears("D41 z\n");
  EXPECT_EQ(client.link.inbox_lines(), Lines{"z"});
}

TEST(Protocol2Client, the_same_sid_keeps_lines_received_and_not_yet_taken) {
  OpenClient client;
  client.connection.hears("D1 x\nD2 y\n");
  Connection second(client.link);
  second.connects();
  EXPECT_FALSE(second.hears("HI 8 99\n").drop_inbox);
  EXPECT_EQ(second.sends(), "GO 8 0 0 7\n");
  EXPECT_FALSE(second.hears("GO 8 0 0\n").drop_inbox);
  second.hears("D1 x\nD2 y\nD3 z\n");
  EXPECT_EQ(client.link.inbox_lines(), (Lines{"x", "y", "z"}));
}

TEST(Protocol2Client, a_start_beyond_its_ack_drops_the_inbox_and_jumps) {
  OpenClient client;
  client.connection.hears("D1 x\nD2 y\nD3 z\n");
  client.connection.takes();
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  EXPECT_EQ(second.sends(), "GO 8 1 0 7\n");
  EXPECT_TRUE(second.hears("GO 8 0 2\n").drop_inbox);
  EXPECT_EQ(client.link.numbers.rx, 2U);
  EXPECT_EQ(client.link.numbers.ack, 2U);
  second.hears("D3 z\n");
  EXPECT_EQ(client.link.inbox_lines(), Lines{"z"});
}

TEST(Protocol2Client, a_server_that_acknowledges_lines_never_written_gets_bye_epoch) {
  OpenClient client;
  client.link.writes("one");
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  second.sends();
  expect_failed(second.hears("GO 8 2 0\n"), Reason::epoch);
  EXPECT_EQ(second.sends(), "BYE epoch\n");

  Connection third(client.link);
  third.connects();
  third.hears("HI 9 99\n");
  EXPECT_EQ(third.sends(), "GO 9 - 0 -\n");  // a new epoch; the queue is kept
  third.hears("GO 9 0 5\n");
  EXPECT_EQ(client.link.numbers.epoch, 9U);
  EXPECT_EQ(third.sends(), "D1 one\n");
}

TEST(Protocol2Client, a_server_that_forgot_acknowledged_lines_gets_bye_epoch) {
  OpenClient client;
  client.link.writes("one");
  client.link.writes("two");
  client.connection.sends();
  client.connection.hears("A2 0\nD1 x\n");
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  second.sends();
  expect_failed(second.hears("GO 8 1 0\n"), Reason::epoch);
  EXPECT_EQ(second.sends(), "BYE epoch\n");

  Connection third(client.link);
  third.connects();
  EXPECT_TRUE(third.hears("HI 9 99\n").drop_inbox);
  EXPECT_EQ(third.sends(), "GO 9 - 2 -\n");
}

TEST(Protocol2Client, a_first_line_that_is_neither_hi_nor_bye_means_protocol_1) {
  for (const std::string_view line : {"\n", "\r\n", "00hello\n", "00\n", "GO 1 0 0\n", "A0 0\n", "HI\n", "BYE\n"}) {
    Link link(Role::client);
    Connection connection(link);
    connection.connects();
    expect_failed(connection.hears(line), Reason::not_protocol_2);
    EXPECT_EQ(connection.sends(), "") << "nothing but protocol-1 lines goes to a protocol-1 peer";
  }
}

TEST(Protocol2Client, a_faulty_hi_is_a_syntax_error_and_no_sign_of_protocol_1) {
  for (const std::string_view line : {"HI 8\n", "HI 8 99 w=0\n", "HI 08 99\n"}) {
    Link link(Role::client);
    Connection connection(link);
    connection.connects();
    expect_failed(connection.hears(line), Reason::syntax);
    EXPECT_EQ(connection.sends(), "BYE syntax\n");
  }
}

TEST(Protocol2Client, a_bye_in_place_of_hi_names_the_reason) {
  for (const std::string_view code :
       {"version", "id", "busy", "superseded", "epoch", "sid", "size", "syntax", "closing"}) {
    Link link(Role::client);
    Connection connection(link);
    connection.connects();
    const Input input = connection.hears("BYE " + std::string(code) + " and a text\n");
    expect_failed(input, bye_code(code));
    EXPECT_TRUE(input.from_peer);
    EXPECT_EQ(connection.protocol.failure(), bye_code(code));
    EXPECT_EQ(connection.sends(), "");
  }
}

TEST(Protocol2Client, a_bye_with_an_unknown_code_ends_the_connection_and_keeps_the_text) {
  OpenClient client;
  const std::string bytes = "BYE tired of you\n";
  const Input input = client.connection.hears(bytes);
  expect_failed(input, Reason::peer_closed);
  EXPECT_TRUE(input.from_peer);
  EXPECT_EQ(input.payload, "tired of you");
}

TEST(Protocol2Client, bye_sid_makes_it_forget_the_session) {
  OpenClient client;
  client.connection.hears("D1 x\n");
  client.connection.takes();
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  EXPECT_EQ(second.sends(), "GO 8 1 0 7\n");
  expect_failed(second.hears("BYE sid\n"), Reason::sid);
  Connection third(client.link);
  third.connects();
  third.hears("HI 9 99\n");
  EXPECT_EQ(third.sends(), "GO 9 - 0 7\n");
}

TEST(Protocol2Client, the_handshake_has_one_timeout_from_the_hello_on) {
  Link link(Role::client, {4, 64, 2000});
  Connection connection(link);
  connection.connects();
  EXPECT_EQ(connection.protocol.deadline_ms(), link.now_ms + 2000);
  link.now_ms += 1500;
  connection.hears("HI 7 99\n\nA0 0\n");  // no line of the handshake lengthens it
  EXPECT_EQ(connection.polls(), Due::nothing);
  link.now_ms += 499;
  EXPECT_EQ(connection.polls(), Due::nothing);
  link.now_ms += 1;
  EXPECT_EQ(connection.polls(), Due::silent);
}

// ---- sending ------------------------------------------------------------------------------------

TEST(Protocol2Client, sends_no_more_than_the_peers_window_and_goes_on_with_each_ack) {
  OpenClient client;
  for (int i = 1; i <= 6; ++i) client.link.writes(std::to_string(i));
  EXPECT_EQ(client.connection.sends(), "D1 1\nD2 2\nD3 3\n");
  EXPECT_EQ(client.connection.hears("A1 0\n").event, Event::acknowledged);
  EXPECT_EQ(client.connection.sends(), "D4 4\n");
  client.connection.hears("A4 0\n");
  EXPECT_EQ(client.connection.sends(), "D5 5\nD6 6\n");
  client.connection.hears("A6 0\n");
  EXPECT_EQ(client.connection.sends(), "");
  EXPECT_TRUE(client.link.queue.empty());
}

TEST(Protocol2Client, a_status_line_that_acknowledges_nothing_new_is_a_keepalive) {
  OpenClient client;
  EXPECT_EQ(client.connection.hears("A0 0\n").event, Event::keepalive);
  client.link.writes("one");
  client.connection.sends();
  EXPECT_EQ(client.connection.hears("A0 0\n").event, Event::keepalive);
  EXPECT_EQ(client.connection.hears("\n").event, Event::keepalive);
}

TEST(Protocol2Client, an_ack_outside_what_is_unacknowledged_closes) {
  for (const std::string_view line : {"A3 0\n", "A4294967295 0\n", "A0 0\n"}) {
    OpenClient client;
    client.link.writes("one");
    client.link.writes("two");
    client.connection.sends();
    client.connection.hears("A1 0\n");
    expect_failed(client.connection.hears(line), Reason::syntax);
    EXPECT_EQ(client.connection.sends(), "BYE syntax\n");
  }
}

TEST(Protocol2Client, an_ack_may_pass_what_this_connection_sent) {
  OpenClient client;
  for (const char* line : {"one", "two"}) client.link.writes(line);
  client.connection.sends();
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99 w=3\n");
  second.sends();
  second.hears("GO 8 0 0\n");
  EXPECT_EQ(second.hears("A2 0\n").event, Event::acknowledged);  // taken from the old connection, after this one opened
  EXPECT_EQ(second.sends(), "");
  EXPECT_EQ(second.hears("R3\n").event, Event::none);
  client.link.now_ms += 500;
  second.polls();
  EXPECT_EQ(second.sends(), "A0 2\n");
}

TEST(Protocol2Client, r_moves_the_cursor_back) {
  OpenClient client;
  for (int i = 1; i <= 3; ++i) client.link.writes(std::to_string(i));
  EXPECT_EQ(client.connection.sends(), "D1 1\nD2 2\nD3 3\n");
  client.connection.hears("R2\n");
  EXPECT_EQ(client.connection.sends(), "D2 2\nD3 3\n");
  client.connection.hears("R4\n");  // nothing was lost
  EXPECT_EQ(client.connection.sends(), "");
}

TEST(Protocol2Client, an_ack_beyond_a_moved_cursor_moves_it_on) {
  OpenClient client;
  for (int i = 1; i <= 3; ++i) client.link.writes(std::to_string(i));
  client.connection.sends();
  client.connection.hears("R1\nA2 0\n");
  EXPECT_EQ(client.connection.sends(), "D3 3\n");
}

TEST(Protocol2Client, an_r_outside_what_was_sent_closes) {
  for (const std::string_view line : {"R1\n", "R5\n", "R0\n", "R4294967295\n"}) {
    OpenClient client;
    for (int i = 1; i <= 9; ++i) client.link.writes(std::to_string(i));
    client.connection.sends();
    client.connection.hears("A1 0\n");  // base is 2, sent is 3
    expect_failed(client.connection.hears(line), Reason::syntax);
    EXPECT_EQ(client.connection.sends(), "BYE syntax\n");
  }
}

TEST(Protocol2Client, before_the_first_line_was_sent_r_may_name_it) {
  OpenClient client;
  EXPECT_EQ(client.connection.hears("R1\n").event, Event::none);
  expect_failed(client.connection.hears("R2\n"), Reason::syntax);
}

TEST(Protocol2Client, a_queued_line_longer_than_the_servers_new_limit_ends_in_bye_size) {
  OpenClient client;
  client.link.writes(std::string(60, 'x'));
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99 n=32\n");
  second.sends();
  second.hears("GO 8 0 0\n");
  EXPECT_EQ(second.sends(), "BYE size\n");
  EXPECT_EQ(second.protocol.phase(), Phase::failed);
  EXPECT_EQ(second.protocol.failure(), Reason::size);
  EXPECT_EQ(client.link.queue.size(), 1U) << "the line stays: the operator decides";
}

TEST(Protocol2Client, lines_before_an_overlong_one_are_sent_before_bye_size) {
  OpenClient client;
  client.link.writes("short");
  client.link.writes(std::string(60, 'x'));
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99 n=32 w=8\n");
  second.sends();
  second.hears("GO 8 0 0\n");
  EXPECT_EQ(second.sends(), "D1 short\nBYE size\n");
}

TEST(Protocol2Client, output_comes_in_pieces_when_the_room_is_small) {
  OpenClient client;
  for (int i = 0; i < 3; ++i) client.link.writes(std::string(60, static_cast<char>('a' + i)));
  std::vector<char> out(max_handshake_bytes + 1);
  auto produce = [&] {
    const std::size_t count = client.connection.protocol.produce(client.link.numbers, client.link.queue, out.data(),
                                                                 out.size(), client.link.now_ms);
    return std::string(out.data(), count);
  };
  const auto data = [](int seq, char c) { return "D" + std::to_string(seq) + " " + std::string(60, c) + "\n"; };
  EXPECT_EQ(produce(), data(1, 'a'));
  EXPECT_EQ(produce(), data(2, 'b'));
  EXPECT_EQ(produce(), data(3, 'c'));
  EXPECT_EQ(produce(), "");
}

// ---- receiving ----------------------------------------------------------------------------------

TEST(Protocol2Client, acknowledges_a_line_only_when_the_application_took_it) {
  OpenClient client;
  EXPECT_EQ(client.connection.hears("D1 x\nD2 y\n").event, Event::line);
  EXPECT_EQ(client.connection.sends(), "");
  EXPECT_EQ(client.connection.takes(), "x");
  EXPECT_EQ(client.connection.sends(), "A1 0\n");
  EXPECT_EQ(client.connection.takes(), "y");
  EXPECT_EQ(client.connection.sends(), "A2 0\n");
}

TEST(Protocol2Client, one_status_line_acknowledges_all_lines_of_a_read) {
  OpenClient client;
  client.connection.hears("D1 x\nD2 y\nD3 z\n");
  while (!client.link.inbox.empty()) client.connection.takes();
  EXPECT_EQ(client.connection.sends(), "A3 0\n");
}

TEST(Protocol2Client, a_repeated_line_is_dropped_without_an_answer) {
  OpenClient client;
  client.connection.hears("D1 x\n");
  client.connection.takes();
  client.connection.sends();
  EXPECT_EQ(client.connection.hears("D1 x\n").event, Event::none);
  EXPECT_EQ(client.connection.sends(), "");
  EXPECT_TRUE(client.link.inbox.empty());
}

TEST(Protocol2Client, a_gap_is_reported_once) {
  OpenClient client;
  client.connection.hears("D2 y\n");
  EXPECT_EQ(client.connection.sends(), "R1\n");
  client.connection.hears("D3 z\n");
  EXPECT_EQ(client.connection.sends(), "");
  client.connection.hears("D1 x\nD2 y\nD3 z\n");
  EXPECT_EQ(client.link.inbox_lines(), (Lines{"x", "y", "z"}));
}

TEST(Protocol2Client, after_a_repair_the_next_gap_is_reported_again) {
  OpenClient client;
  client.connection.hears("D2 y\n");
  client.connection.sends();
  client.connection.hears("D1 x\nD3 z\n");
  EXPECT_EQ(client.connection.sends(), "R2\n");
}

TEST(Protocol2Client, a_status_line_that_tells_of_lines_not_received_asks_for_them_even_again) {
  OpenClient client;
  client.connection.hears("A0 2\n");
  EXPECT_EQ(client.connection.sends(), "R1\n");
  client.connection.hears("A0 2\n");
  EXPECT_EQ(client.connection.sends(), "R1\n");
  client.connection.hears("D2 y\n");  // the gap is known
  EXPECT_EQ(client.connection.sends(), "");
  client.connection.hears("D1 x\nD2 y\nA0 2\n");
  EXPECT_EQ(client.connection.sends(), "");
}

TEST(Protocol2Client, a_line_beyond_its_credit_is_not_accepted_and_not_asked_for_until_there_is_room) {
  OpenClient client({2, 64, 2000});
  client.connection.hears("D1 a\nD2 b\n");
  EXPECT_EQ(client.connection.hears("D3 c\n").event, Event::none);
  EXPECT_EQ(client.connection.hears("D4 d\n").event, Event::none);
  EXPECT_EQ(client.connection.hears("A0 4\n").event, Event::keepalive);
  EXPECT_EQ(client.connection.sends(), "");
  EXPECT_EQ(client.connection.takes(), "a");
  EXPECT_EQ(client.connection.sends(), "A1 0\n");
  client.connection.hears("A0 4\n");
  EXPECT_EQ(client.connection.sends(), "R3\n");
  client.connection.hears("D3 c\n");
  EXPECT_EQ(client.link.inbox_lines(), (Lines{"b", "c"}));
}

TEST(Protocol2Client, a_line_that_the_host_does_not_accept_comes_again_without_an_r) {
  OpenClient client;
  client.link.accepts_lines = false;
  EXPECT_EQ(client.connection.hears("D1 a\nD2 b\n").event, Event::none);
  EXPECT_EQ(client.connection.sends(), "");
  client.link.accepts_lines = true;
  client.connection.hears("A0 2\n");
  EXPECT_EQ(client.connection.sends(), "R1\n");
  client.connection.hears("D1 a\nD2 b\n");
  EXPECT_EQ(client.link.inbox_lines(), (Lines{"a", "b"}));
}

TEST(Protocol2Client, a_plain_line_is_kept_where_the_window_promises_no_slot) {
  OpenClient client({2, 64, 2000});  // 3 slots, 2 of them promised
  EXPECT_EQ(client.connection.hears("U tick\n").event, Event::plain_line);
  client.connection.hears("U tock\n");
  EXPECT_EQ(client.link.dropped_plain_lines, 1U);
  client.connection.hears("D1 a\nD2 b\n");
  EXPECT_EQ(client.link.inbox_lines(), (Lines{"tick", "a", "b"}));
  EXPECT_EQ(client.connection.sends(), "") << "a plain line is never acknowledged";
  EXPECT_EQ(client.connection.takes(), "tick");
  EXPECT_EQ(client.connection.sends(), "");
}

TEST(Protocol2Client, a_plain_line_changes_no_number_and_fills_no_gap) {
  OpenClient client;
  client.connection.hears("U tick\nD1 a\n");
  EXPECT_EQ(client.link.numbers.rx, 1U);
  EXPECT_EQ(client.link.inbox_lines(), (Lines{"tick", "a"}));
}

TEST(Protocol2Client, no_plain_slot_when_a_smaller_window_left_more_lines_than_it_promises) {
  OpenClient client({4, 64, 2000});
  client.connection.hears("D1 a\nD2 b\nD3 c\nD4 d\n");
  client.link.limits.window = 2;
  client.link.inbox_capacity = 4;
  Connection second(client.link);
  second.connects();
  second.hears("HI 8 99\n");
  second.sends();
  second.hears("GO 8 0 0\nU tick\n");
  EXPECT_EQ(client.link.dropped_plain_lines, 1U);
}

TEST(Protocol2Client, a_payload_of_the_agreed_length_is_the_longest) {
  const std::string longest(64, 'x');
  {
    OpenClient client;
    EXPECT_EQ(client.connection.hears("D1 " + longest + "\r\n").event, Event::line);
    EXPECT_EQ(client.connection.hears("U " + longest + "\n").event, Event::plain_line);
    expect_failed(client.connection.hears("D2 x" + longest + "\n"), Reason::syntax);
    EXPECT_EQ(client.connection.sends(), "BYE syntax\n");
  }
  OpenClient client;
  expect_failed(client.connection.hears("U x" + longest + "\n"), Reason::syntax);
}

TEST(Protocol2Client, a_line_that_fits_no_rule_ends_in_bye_syntax) {
  using namespace std::literals;
  for (const std::string_view line :
       {"D1 a\0b\n"sv, "D1 a\rb\n"sv, "X\n"sv, "HI 7 99\n"sv, "GO 7 0 0\n"sv, "D1\n"sv, "A1\n"sv}) {
    OpenClient client;
    client.link.writes("never sent after the fault");
    const Input input = client.connection.hears(line);
    expect_failed(input, Reason::syntax);
    EXPECT_FALSE(input.from_peer);
    EXPECT_EQ(client.connection.sends(), "BYE syntax\n");
  }
}

TEST(Protocol2Client, nothing_is_heard_after_a_failure) {
  OpenClient client;
  client.connection.hears("BYE closing\n");
  EXPECT_EQ(client.connection.hears("D1 x\n").event, Event::none);
  EXPECT_TRUE(client.link.inbox.empty());
  EXPECT_EQ(client.connection.sends(), "");
  EXPECT_EQ(client.connection.polls(), Due::nothing);
}

TEST(Protocol2Client, a_bye_that_crosses_its_own_changes_nothing) {
  OpenClient client;
  expect_failed(client.connection.hears("X\n"), Reason::syntax);
  EXPECT_EQ(client.connection.hears("BYE closing\n").event, Event::none);
  EXPECT_EQ(client.connection.protocol.failure(), Reason::syntax);
  EXPECT_EQ(client.connection.sends(), "BYE syntax\n");
}

TEST(Protocol2Client, an_orderly_end_sends_the_last_status_and_bye_closing) {
  OpenClient client;
  client.connection.protocol.request_status();
  EXPECT_EQ(client.connection.sends(), "A0 0\n");
  client.connection.protocol.fail(Reason::closing);
  EXPECT_EQ(client.connection.sends(), "BYE closing\n");
}

TEST(Protocol2Client, a_failure_without_a_bye_code_sends_nothing) {
  OpenClient client;
  client.connection.protocol.request_status();
  client.connection.protocol.fail(Reason::silent);
  EXPECT_EQ(client.connection.sends(), "");
}

// ---- time ---------------------------------------------------------------------------------------

TEST(Protocol2Client, a_status_line_is_due_every_quarter_of_the_peers_timeout) {
  OpenClient client;
  EXPECT_EQ(client.connection.protocol.deadline_ms(), client.link.now_ms + 500);
  client.link.now_ms += 499;
  EXPECT_EQ(client.connection.polls(), Due::nothing);
  client.link.now_ms += 1;
  EXPECT_EQ(client.connection.polls(), Due::output);
  EXPECT_EQ(client.connection.sends(), "A0 0\n");
  EXPECT_EQ(client.connection.polls(), Due::nothing);
  client.link.now_ms += 500;
  EXPECT_EQ(client.connection.polls(), Due::output);
}

TEST(Protocol2Client, data_does_not_replace_the_status_line) {
  OpenClient client;
  client.link.now_ms += 400;
  client.link.writes("one");
  EXPECT_EQ(client.connection.sends(), "D1 one\n");
  client.link.now_ms += 100;
  EXPECT_EQ(client.connection.polls(), Due::output);
  EXPECT_EQ(client.connection.sends(), "A0 1\n");
}

TEST(Protocol2Client, an_acknowledgement_counts_as_the_status_line) {
  OpenClient client;
  client.link.now_ms += 400;
  client.connection.hears("D1 x\n");
  client.connection.takes();
  EXPECT_EQ(client.connection.sends(), "A1 0\n");
  client.link.now_ms += 499;
  EXPECT_EQ(client.connection.polls(), Due::nothing);
}

TEST(Protocol2Client, any_complete_line_is_life) {
  for (const std::string_view line : {"\n", "A0 0\n", "D1 x\n", "U x\n", "R1\n"}) {
    OpenClient client;
    client.link.now_ms += 1999;
    client.connection.hears(line);
    client.link.now_ms += 1999;
    EXPECT_NE(client.connection.polls(), Due::silent) << line;
    client.link.now_ms += 1;
    EXPECT_EQ(client.connection.polls(), Due::silent) << line;
  }
}

TEST(Protocol2Client, silence_is_judged_by_the_own_timeout_and_status_sent_by_the_peers) {
  Link link(Role::client, {4, 64, 800});
  Connection connection(link);
  connection.connects();
  connection.hears("HI 7 99 t=60000\n");
  connection.sends();
  connection.hears("GO 7 0 0\n");
  link.now_ms += 799;
  EXPECT_EQ(connection.polls(), Due::nothing) << "a status line is due after 15 s only";
  link.now_ms += 1;
  EXPECT_EQ(connection.polls(), Due::silent);
}

TEST(Protocol2Client, times_are_compared_across_the_wrap_of_the_clock) {
  Link link(Role::client);
  link.now_ms = 0xFFFFFF00;
  Connection connection(link);
  connection.connects();
  connection.hears("HI 7 99\n");
  connection.sends();
  connection.hears("GO 7 0 0\n");
  link.now_ms += 499;  // past the wrap
  EXPECT_EQ(connection.polls(), Due::nothing);
  link.now_ms += 1;
  EXPECT_EQ(connection.polls(), Due::output);
  link.now_ms += 1500;
  EXPECT_EQ(connection.polls(), Due::silent);
}

TEST(Protocol2Client, a_peer_that_does_not_read_is_reported_once_after_ten_timeouts) {
  OpenClient client;
  client.link.writes("one");
  client.connection.sends();
  const auto poll_for = [&](std::uint32_t duration_ms) {
    int reports = 0;
    for (std::uint32_t passed = 0; passed < duration_ms; passed += 500) {
      client.link.now_ms += 500;
      client.connection.hears("\n");
      if (client.connection.polls() == Due::stalled) ++reports;
      client.connection.sends();
    }
    return reports;
  };
  EXPECT_EQ(poll_for(19500), 0);
  EXPECT_EQ(poll_for(30000), 1);
  client.connection.hears("A1 0\n");
  client.link.writes("two");
  client.connection.sends();
  EXPECT_EQ(poll_for(19500), 0) << "progress starts the count again";
  EXPECT_EQ(poll_for(30000), 1);
}

TEST(Protocol2Client, an_idle_link_never_counts_as_stalled) {
  OpenClient client;
  for (int i = 0; i < 100; ++i) {
    client.link.now_ms += 500;
    client.connection.hears("\n");
    EXPECT_EQ(client.connection.polls(), Due::output);
    client.connection.sends();
  }
  client.link.writes("late");
  client.connection.sends();
  client.link.now_ms += 500;
  EXPECT_EQ(client.connection.polls(), Due::output);
}

}  // namespace
}  // namespace tautline
