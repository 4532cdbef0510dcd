// readline and write: qos and wait in all combinations, any completion token, order, the fast forms, on_line.

#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/deferred.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "server_fixture.hpp"
#include "tautline/async/error.hpp"

namespace tautline::test {
namespace {

class ServerLines : public ServerTest {
 protected:
  Connection open_door() {
    peer = open("door");
    return connection("door");
  }
  std::unique_ptr<ScriptedPeer> peer;
};

// ---- reading

TEST_F(ServerLines, readline_waits_for_a_line) {
  start();
  Connection door = open_door();
  std::string line;
  const auto task = spawn([&]() -> asio::awaitable<void> { line = co_await door.readline(); });
  pump(10ms);
  EXPECT_FALSE(task->done);
  peer->send("D1 hello\r\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  EXPECT_EQ(line, "hello");
}

TEST_F(ServerLines, readline_pauses_during_an_outage_and_goes_on) {
  start();
  peer = connect();
  const std::string epoch = peer->open("door");
  Connection door = connection("door");
  std::vector<std::string> lines;
  const auto task = spawn([&]() -> asio::awaitable<void> {
    while (lines.size() < 3) lines.push_back(co_await door.readline());
  });
  peer->send("D1 a\n");
  peer->expect("A1 0\n");
  peer->reset();
  ASSERT_TRUE(pump_until([&] { return !door.status(); }));
  auto again = open("door", "0 0 " + epoch);
  EXPECT_EQ(again->go_ack(), "1");
  again->send("D2 b\nD3 c\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(ServerLines, readers_are_served_in_order) {
  start();
  Connection door = open_door();
  std::string got;
  for (int i = 0; i < 3; ++i) {
    door.readline([&, i](std::error_code error, std::string line) {
      EXPECT_FALSE(error);
      got += std::to_string(i) + line + " ";
    });
  }
  peer->send("D1 a\nD2 b\nD3 c\n");
  EXPECT_TRUE(pump_until([&] { return got.size() == 9; }));
  EXPECT_EQ(got, "0a 1b 2c ");
}

// An acknowledgement resumes the writer, which goes on to read: the next line of the same segment must wake it.
TEST_F(ServerLines, a_coroutine_that_writes_and_then_reads_is_woken_by_a_line_in_the_segment_of_the_acknowledgement) {
  start();
  Connection door = open_door();
  peer->send("D1 old\n");
  peer->expect("A1 0\n");
  std::vector<std::string> lines;
  const auto task = spawn([&]() -> asio::awaitable<void> {
    co_await door.write("question");
    lines.push_back(co_await door.readline());
    lines.push_back(co_await door.readline());
  });
  EXPECT_EQ(peer->line_but_status(), "D1 question");
  peer->send("A1 1\nD2 new\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }, 1s));
  EXPECT_EQ(lines, (std::vector<std::string>{"old", "new"}));
}

TEST_F(ServerLines, try_readline_hands_out_views_and_accept_takes_the_last) {
  ServerOptions small = options();
  small.window = 2;
  small.inbox_lines = 4;
  start(small);
  Connection door = open_door();
  std::string_view line;
  EXPECT_FALSE(door.try_readline(line));
  peer->send("D1 a\nD2 b\n");
  peer->expect("A2 0\n");
  peer->send("D3 c\n");
  EXPECT_EQ(peer->collect(20ms), "");  // no credit for a further window
  ASSERT_TRUE(door.try_readline(line));
  EXPECT_EQ(line, "a");
  EXPECT_EQ(peer->collect(20ms), "");  // handed out is not taken
  door.accept();
  peer->expect("A3 0\n");
  door.accept();  // again: nothing
  ASSERT_TRUE(door.try_readline(line));
  EXPECT_EQ(line, "b");
}

TEST_F(ServerLines, try_readline_does_not_overtake_a_reader_that_waits) {
  start();
  Connection door = open_door();
  std::string got;
  door.readline([&](std::error_code, std::string line) { got = line; });
  std::string_view line;
  EXPECT_FALSE(door.try_readline(line));
  peer->send("D1 a\n");
  EXPECT_TRUE(pump_until([&] { return got == "a"; }));
}

TEST_F(ServerLines, one_handler_for_the_lines_of_all_clients) {
  start();
  std::string got;
  server->on_line([&](const Connection& from, std::string_view line) {
    got += std::string(from.id()) + ":" + std::string(line) + " ";
  });
  open_door();
  auto lamp = open("lamp");
  peer->send("D1 a\nU b\nD2 c\n");
  lamp->send("D1 x\n");
  peer->wait_until([&] { return got.size() >= 25; }, 1s);
  for (const char* each : {"door:a ", "door:b ", "door:c ", "lamp:x "}) {
    EXPECT_NE(got.find(each), std::string::npos) << got;
  }
  EXPECT_LT(got.find("door:a"), got.find("door:c")) << got;
  EXPECT_EQ(peer->line(), "A2 0");
}

TEST_F(ServerLines, the_handler_gets_lines_that_came_before_it_was_set) {
  start();
  open_door();
  peer->send("D1 early\nD2 bird\n");
  peer->expect("A2 0\n");
  std::string got;
  server->on_line([&](const Connection&, std::string_view line) { got += std::string(line) + " "; });
  EXPECT_EQ(got, "") << "called from within on_line()";
  EXPECT_TRUE(pump_until([&] { return got == "early bird "; }, 1s)) << got;
}

TEST_F(ServerLines, a_reader_that_waits_comes_before_the_handler) {
  start();
  std::string handled, read;
  server->on_line([&](const Connection&, std::string_view line) { handled += line; });
  Connection door = open_door();
  door.readline([&](std::error_code, std::string line) { read = line; });
  peer->send("D1 a\nD2 b\n");
  EXPECT_TRUE(pump_until([&] { return handled == "b"; }));
  EXPECT_EQ(read, "a");
}

TEST_F(ServerLines, the_handler_may_write_and_replace_itself) {
  start();
  std::string second;
  const std::string marker(100, 'm');  // on the heap: a handler destroyed during its call would be seen
  server->on_line([&, marker](const Connection& from, std::string_view line) {
    server->on_line([&](const Connection&, std::string_view next) { second += next; });
    Connection copy = from;
    EXPECT_EQ(copy.try_write("echo " + std::string(line)), WriteStatus::ok);
    EXPECT_EQ(marker, std::string(100, 'm'));
  });
  open_door();
  peer->send("D1 a\n");
  EXPECT_EQ(peer->line_but_status(), "D1 echo a");
  peer->send("D2 b\n");
  EXPECT_TRUE(pump_until([&] { return second == "b"; }));
}

// ---- writing

TEST_F(ServerLines, qos_and_wait_returns_when_the_client_has_acknowledged) {
  start();
  Connection door = open_door();
  const auto task = spawn(door.write("line\n"));
  EXPECT_EQ(peer->line_but_status(), "D1 line");
  EXPECT_FALSE(task->done);
  peer->send("A1 0\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  EXPECT_FALSE(task->failure);
}

TEST_F(ServerLines, qos_and_wait_lasts_through_an_outage) {
  start();
  peer = connect();
  const std::string epoch = peer->open("door");
  Connection door = connection("door");
  const auto task = spawn(door.write("line"));
  EXPECT_EQ(peer->line_but_status(), "D1 line");
  peer->reset();
  ASSERT_TRUE(pump_until([&] { return !door.status(); }));
  EXPECT_FALSE(task->done);
  peer = connect();
  peer->open("door", "0 0 " + epoch);
  EXPECT_EQ(peer->line_but_status(), "D1 line");
  peer->send("A1 0\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  // And acknowledged by the GO of the next connection.
  const auto second = spawn(door.write("second"));
  EXPECT_EQ(peer->line_but_status(), "D2 second");
  peer->reset();
  auto third = open("door", "2 0 " + epoch);
  EXPECT_TRUE(pump_until([&] { return second->done; }));
}

TEST_F(ServerLines, qos_without_wait_returns_when_queued_also_in_an_outage) {
  start();
  Connection door = open_door();
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !door.status(); }));
  run(door.write("a", {.wait = false}));
  run(door.write("b", {.wait = false}));
  EXPECT_EQ(door.unacknowledged(), 2U);
  auto again = open("door");
  again->expect("D1 a\nD2 b\n");
}

TEST_F(ServerLines, qos_without_wait_pauses_while_the_queue_is_full) {
  ServerOptions small = options();
  small.outbox_lines = 2;
  start(small);
  Connection door = open_door();
  run(door.write("1", {.wait = false}));
  run(door.write("2", {.wait = false}));
  EXPECT_EQ(door.try_write("no room"), WriteStatus::would_block);
  const auto third = spawn(door.write("3", {.wait = false}));
  const auto fourth = spawn(door.write("4", {.wait = true}));
  pump(10ms);
  EXPECT_FALSE(third->done);
  EXPECT_EQ(door.try_write("would overtake"), WriteStatus::would_block);
  peer->expect("D1 1\nD2 2\n");
  peer->send("A1 0\n");
  EXPECT_TRUE(pump_until([&] { return third->done; }));
  EXPECT_EQ(peer->line_but_status(), "D3 3");
  peer->send("A3 0\n");
  EXPECT_EQ(peer->line_but_status(), "D4 4");
  EXPECT_FALSE(fourth->done);
  peer->send("A4 0\n");
  EXPECT_TRUE(pump_until([&] { return fourth->done; }));
}

TEST_F(ServerLines, without_qos_a_write_pauses_while_the_link_is_down) {
  for (const bool wait : {true, false}) {
    start();
    Connection door = open_door();
    run(door.write("now", {.qos = false, .wait = wait}));
    EXPECT_EQ(peer->line_but_status(), "U now");
    peer->close();
    ASSERT_TRUE(pump_until([&] { return !door.status(); }));
    EXPECT_EQ(door.try_write("x", {.qos = false}), WriteStatus::would_block);
    const auto task = spawn(door.write("later", {.qos = false, .wait = wait}));
    pump(20ms);
    EXPECT_FALSE(task->done);
    auto again = open("door");
    EXPECT_TRUE(pump_until([&] { return task->done; }));
    EXPECT_EQ(again->line_but_status(), "U later");
    server.reset();
  }
}

TEST_F(ServerLines, bad_lines_are_errors_and_send_nothing) {
  start();
  Connection door = open_door();
  const auto error_of = [&](const std::string& line, WriteOptions with) {
    std::error_code code;
    try {
      run(door.write(line, with));
    } catch (const std::system_error& error) {
      code = error.code();
    }
    return code;
  };
  for (const bool qos : {true, false}) {
    for (const bool wait : {true, false}) {
      const WriteOptions with{.qos = qos, .wait = wait};
      EXPECT_EQ(error_of("two\nlines", with), Error::bad_line);
      EXPECT_EQ(error_of(std::string(1025, 'x'), with), Error::too_long);
    }
  }
  EXPECT_EQ(peer->collect(20ms).find('D'), std::string::npos);
}

TEST_F(ServerLines, concurrent_writers_keep_the_order_of_their_calls) {
  ServerOptions small = options();
  small.outbox_lines = 3;
  start(small);
  Connection door = open_door();
  std::vector<std::shared_ptr<Task>> tasks;
  for (int i = 1; i <= 40; ++i) {
    tasks.push_back(spawn(door.write("line " + std::to_string(i), {.wait = i % 3 != 0})));
  }
  for (int i = 1; i <= 40; ++i) {
    ASSERT_EQ(peer->line_but_status(), "D" + std::to_string(i) + " line " + std::to_string(i));
    peer->send("A" + std::to_string(i) + " 0\n");
  }
  EXPECT_TRUE(pump_until([&] {
    for (const auto& task : tasks) {
      if (!task->done) return false;
    }
    return true;
  }));
}

TEST_F(ServerLines, a_write_after_stop_is_closed) {
  start();
  Connection door = open_door();
  server->stop([](std::error_code, StopReport) {});
  std::error_code code;
  try {
    run(door.write("too late"));
  } catch (const std::system_error& error) {
    code = error.code();
  }
  EXPECT_EQ(code, Error::closed);
}

TEST_F(ServerLines, writes_that_wait_for_room_end_with_closed_when_the_server_stops) {
  ServerOptions small = options();
  small.outbox_lines = 1;
  start(small);
  Connection door = open_door();
  run(door.write("queued", {.wait = false}));
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !door.status(); }));
  const auto waiting = spawn(door.write("no room", {.wait = false}));
  auto lamp_peer = open("lamp");
  Connection lamp = connection("lamp");
  lamp_peer->close();
  ASSERT_TRUE(pump_until([&] { return !lamp.status(); }));
  const auto plain = spawn(lamp.write("no link", {.qos = false}));
  pump(700ms);  // until no timer of the lost connection is left that would serve writers
  bool stopped = false;
  server->stop([&](std::error_code, StopReport report) {
    stopped = true;
    EXPECT_EQ(report.unacknowledged, 1U);
  });
  EXPECT_TRUE(pump_until([&] { return stopped && waiting->done && plain->done; }, 2s));
  EXPECT_EQ(waiting->error(), Error::closed);
  EXPECT_EQ(plain->error(), Error::closed);
}

// ---- completion tokens

TEST_F(ServerLines, callbacks_are_never_called_from_within_the_call) {
  start();
  Connection door = open_door();
  peer->send("D1 a\n");
  peer->expect("A1 0\n");
  bool inside = true;
  int called = 0;
  const auto check = [&] {
    EXPECT_FALSE(inside);
    ++called;
  };
  door.readline([&](std::error_code, std::string) { check(); });
  door.write("x", {.wait = false}, [&](std::error_code) { check(); });
  door.write("bad\nline", {}, [&](std::error_code) { check(); });
  door.up([&](std::error_code) { check(); });
  server->client_conn("door", [&](std::error_code, std::optional<Connection>) { check(); });
  server->wait_all({}, {"door"}, [&](std::error_code, std::optional<Connection>) { check(); });
  inside = false;
  EXPECT_TRUE(pump_until([&] { return called == 6; }));
}

TEST_F(ServerLines, futures_with_the_event_loop_in_another_thread) {
  start();
  Connection door = open_door();
  io.restart();
  auto work = asio::make_work_guard(io);
  std::thread loop([&] { io.run(); });
  // Calls belong on the executor; the futures are waited for here.
  std::promise<std::future<std::string>> read;
  std::promise<std::future<void>> written;
  asio::post(io, [&] {
    read.set_value(door.readline(asio::use_future));
    written.set_value(door.write("from a future", {}, asio::use_future));
  });
  ScriptedPeer& other = *peer;
  std::future<std::string> line = read.get_future().get();
  std::future<void> write = written.get_future().get();
  std::thread client([&] { other.send("D1 to a future\nA1 1\n"); });
  EXPECT_EQ(line.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(line.get(), "to a future");
  client.join();
  const bool in_time = write.wait_for(5s) == std::future_status::ready;
  EXPECT_TRUE(in_time);
  work.reset();
  asio::post(io, [&] { server.reset(); });
  loop.join();
}

TEST_F(ServerLines, deferred_and_tuples) {
  start();
  Connection door = open_door();
  peer->send("D1 a\n");
  run([&]() -> asio::awaitable<void> {
    constexpr auto as_tuple = asio::experimental::as_tuple(asio::use_awaitable);
    const auto [error, line] = co_await door.readline(as_tuple);
    EXPECT_FALSE(error);
    EXPECT_EQ(line, "a");
    const auto [bad] = co_await door.write("two\nlines", {}, as_tuple);
    EXPECT_EQ(bad, Error::bad_line);
    const auto [unknown, nobody] = co_await server->client_conn("window", as_tuple);
    EXPECT_EQ(unknown, Error::unknown_client);
    EXPECT_FALSE(nobody);
  }());
  bool done = false;
  auto operation = door.readline(asio::experimental::deferred);
  pump(5ms);
  std::move(operation)([&](std::error_code, std::string line) {
    EXPECT_EQ(line, "b");
    done = true;
  });
  peer->send("D2 b\n");
  EXPECT_TRUE(pump_until([&] { return done; }));
}

TEST_F(ServerLines, move_only_handlers) {
  start();
  Connection door = open_door();
  auto owned = std::make_unique<int>(0);
  int* const count = owned.get();
  bool alive = true;
  door.readline([&alive, owned = std::move(owned)](std::error_code, std::string) {
    ++*owned;
    EXPECT_EQ(*owned, 1);
    alive = false;
  });
  EXPECT_EQ(*count, 0);
  peer->send("D1 a\n");
  EXPECT_TRUE(pump_until([&] { return !alive; }));
}

TEST_F(ServerLines, a_handler_that_throws_leaves_a_loop_that_goes_on) {
  start();
  std::string got;
  server->on_line([&](const Connection& from, std::string_view line) {
    if (line == "throw") throw std::runtime_error("from the application");
    got += std::string(from.id()) + ":" + std::string(line) + " ";
  });
  const auto door = open("door");
  const auto lamp = open("lamp");
  pump();
  door->send("D1 throw\n");
  lamp->send("D1 a\n");
  int thrown = 0;
  EXPECT_TRUE(pump_until([&] {
    try {
      pump();
    } catch (const std::runtime_error&) {
      ++thrown;
    }
    return got == "lamp:a ";
  }));
  EXPECT_GE(thrown, 1);
  lamp->send("D2 b\n");
  EXPECT_TRUE(pump_until([&] { return got == "lamp:a lamp:b "; })) << got;
}

}  // namespace
}  // namespace tautline::test
