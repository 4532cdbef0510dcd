#include "tautline/client/coroutine.hpp"

#include <array>
#include <string>
#include <type_traits>
#include <vector>

#include "fake_port.hpp"

namespace tautline::test {
namespace {

/// A client with the operations of coroutines; tasks append what they see to `log`.
struct Node {
  using Plain = decltype(Bench<>::client);
  using Coroutines = CoroutineClient<Plain>;

  BasicTasks& tasks() { return arena; }
  /// A turn of a main loop.
  void turn(std::uint32_t ms = 0) {
    bench.pass(ms);
    deadline = arena.run(bench.now);
    bench.poll();
  }
  void give(std::string_view lines) {
    bench.port.transport.to_client += lines;
    turn();
  }
  /// An outage, until the client has said that it took nothing new.
  void fall_and_rise() {
    bench.port.transport.fin = true;
    turn();
    bench.reconnect();
    bench.said();
    give("HI 8 99 w=2 n=64 t=2000\n");
    bench.said();
    give("GO 8 0 40\n");
  }

  Bench<> bench;
  Tasks<4096> arena;
  Coroutines client{arena, bench.client};
  std::vector<std::string> log;
  std::uint32_t deadline = 0;
};

using Log = std::vector<std::string>;

Task read(Node& node, std::string name = {}) {
  while (true) node.log.push_back(name + std::string(co_await node.client.readline()));
}

Task write(Node& node, std::string line, WriteOptions options = {}) {
  const WriteStatus status = co_await node.client.write(line, options);
  node.log.push_back(line.substr(0, 8) + ": " + to_string(status));
}

Task come_up(Node& node) {
  node.log.emplace_back(co_await node.client ? "up" : "closed");
}

Task nap(Node& node, std::uint32_t ms, std::string name) {
  co_await delay(ms);
  node.log.push_back(name);
}

const std::string written = std::string(": ") + to_string(WriteStatus::ok);

// ---- traps that must not compile ----------------------------------------------------------------

// co_await on an lvalue that a lambda captured would wait on a copy.
template <class T>
constexpr bool stays_where_it_is = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T> &&
                                   !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>;
static_assert(stays_where_it_is<Node::Coroutines>);
static_assert(stays_where_it_is<task_detail::Read<Node::Plain>>);
static_assert(stays_where_it_is<task_detail::Write<Node::Plain>>);
static_assert(stays_where_it_is<task_detail::Up<Node::Plain>>);
static_assert(stays_where_it_is<task_detail::Delay>);
static_assert(stays_where_it_is<task_detail::Join>);
static_assert(stays_where_it_is<Tasks<512>>);
static_assert(!std::is_copy_constructible_v<Task> && std::is_nothrow_move_constructible_v<Task>);

TEST(CoroutineClient, AClientThatALambdaCapturedIsAwaitedItself) {
  Node node;
  auto& client = node.client;
  const auto wait = [&client, &node](BasicTasks&) -> Task {
    co_await client;
    node.log.emplace_back("up");
  };
  const Task task = wait(node.tasks());
  node.turn();
  EXPECT_EQ(node.log, Log{});
  node.bench.open();
  node.turn();
  EXPECT_EQ(node.log, Log{"up"});
}

// ---- co_await client ----------------------------------------------------------------------------

TEST(CoroutineClient, GoesOnWhenTheLinkIsUp) {
  Node node;
  const Task first = come_up(node);
  const Task second = come_up(node);
  node.turn();
  EXPECT_EQ(node.log, Log{});
  node.bench.open();
  node.turn();
  EXPECT_EQ(node.log, (Log{"up", "up"}));
  const Task third = come_up(node);
  node.turn();
  EXPECT_EQ(node.log.size(), 3U) << "at once, if it is up";
  EXPECT_TRUE(node.client.status());
  EXPECT_TRUE(node.client());
}

TEST(CoroutineClient, GoesOnWhenTheClientIsClosedForGood) {
  Node node;
  const Task task = come_up(node);
  node.turn();
  node.client.plain().close();
  node.turn();
  EXPECT_EQ(node.log, Log{"closed"});
}

// ---- readline -----------------------------------------------------------------------------------

TEST(CoroutineRead, GivesLinesAsTheyComeAndTakesEachWithTheNext) {
  Node node;
  node.bench.open();
  const Task reader = read(node);
  node.turn();
  EXPECT_EQ(node.log, Log{});
  node.give("D41 one\nD42 two\n");
  EXPECT_EQ(node.log, (Log{"one", "two"}));
  EXPECT_EQ(node.bench.said(), "A42 0\n");
}

TEST(CoroutineRead, ALineIsNotTakenWhileItsTaskWaitsForSomethingElse) {
  Node node;
  node.bench.open();
  const auto slow = [&node](BasicTasks&) -> Task {
    const std::string_view line = co_await node.client.readline();
    co_await delay(100);
    node.log.emplace_back(line);
    co_await node.client.readline();
  };
  const Task reader = slow(node.tasks());
  node.give("D41 one\n");
  EXPECT_EQ(node.bench.said(), "");
  node.turn(99);
  EXPECT_EQ(node.bench.said(), "");
  node.turn(1);
  EXPECT_EQ(node.log, Log{"one"}) << "the view was valid until now";
  EXPECT_EQ(node.bench.said(), "A41 0\n");
}

TEST(CoroutineRead, GoesOnAfterAnOutage) {
  Node node;
  node.bench.open();
  const Task reader = read(node);
  node.give("D41 one\n");
  node.bench.port.transport.fin = true;
  node.turn();
  node.bench.reconnect();
  node.give("HI 8 99 w=2 n=64 t=2000\n");
  node.give("GO 8 0 40\nD42 two\n");
  EXPECT_EQ(node.log, (Log{"one", "two"}));
}

TEST(CoroutineRead, SeveralReadersGetTheLinesInTheOrderOfAsking) {
  Node node;
  node.bench.open();
  const Task first = read(node, "first ");
  const Task second = read(node, "second ");
  node.turn();
  node.give("D41 one\n");
  node.give("D42 two\n");
  node.give("D43 three\n");
  EXPECT_EQ(node.log, (Log{"first one", "second two", "first three"}));
}

// ---- write --------------------------------------------------------------------------------------

TEST(CoroutineWrite, ReturnsAfterTheAcknowledgement) {
  Node node;
  node.bench.open();
  const Task task = write(node, "one");
  node.turn();
  EXPECT_EQ(node.bench.said(), "D1 one\n");
  EXPECT_EQ(node.log, Log{});
  node.give("A1 40\n");
  EXPECT_EQ(node.log, Log{"one" + written});
  EXPECT_TRUE(task.done());
}

TEST(CoroutineWrite, ReturnsAfterTheAcknowledgementThroughAnOutage) {
  Node node;
  node.bench.open();
  const Task task = write(node, "one");
  node.turn();
  EXPECT_EQ(node.bench.said(), "D1 one\n");
  node.fall_and_rise();
  EXPECT_EQ(node.bench.said(), "D1 one\n") << "sent again";
  EXPECT_EQ(node.log, Log{});
  node.give("A1 40\n");
  EXPECT_EQ(node.log, Log{"one" + written});
}

TEST(CoroutineWrite, WithoutWaitReturnsWhenQueuedAlsoInAnOutage) {
  Node node;
  const Task task = write(node, "one", {.wait = false});
  node.turn();
  EXPECT_EQ(node.log, Log{"one" + written});
  EXPECT_EQ(node.bench.client.unacknowledged(), 1U);
}

TEST(CoroutineWrite, PausesWhileTheQueueIsFullAndKeepsTheOrderOfTheCalls) {
  Node node;
  node.bench.open();
  const std::string longest(64, 'x');
  int queued = 0;
  while (node.bench.client.write(longest).status == WriteStatus::ok) ++queued;
  const Task first = write(node, std::string(64, 'a'), {.wait = false});
  const Task second = write(node, "b", {.wait = false});
  node.turn();
  EXPECT_EQ(node.log, Log{});
  // A short line would find room here.
  const Task third = write(node, "c", {.wait = false});
  node.turn();
  EXPECT_EQ(node.log, Log{});
  for (int line = 1; line <= queued; ++line) node.give("A" + std::to_string(line) + " 40\n");
  EXPECT_EQ(node.log, (Log{"aaaaaaaa" + written, "b" + written, "c" + written}));
  const std::string number = std::to_string(queued + 2);
  EXPECT_NE(node.bench.said().find("D" + number + " b\n"), std::string::npos);
}

/// Fills the queue with lines of this length; returns how many.
int fill(Node& node, std::size_t length) {
  int lines = 0;
  while (node.bench.client.write(std::string(length, 'x')).status == WriteStatus::ok) ++lines;
  return lines;
}

TEST(CoroutineWrite, AShortLineDoesNotOvertakeALongOneThatWaits) {
  std::size_t length = 64;
  const auto leaves_room_for_a_short_one = [&length] {
    Node node;
    fill(node, length);
    return node.bench.client.write("b").status == WriteStatus::ok;
  };
  while (length > 0 && !leaves_room_for_a_short_one()) --length;
  ASSERT_GT(length, 0U);

  Node node;
  const int lines = fill(node, length);
  const Task first = write(node, std::string(64, 'a'), {.wait = false});
  const Task second = write(node, "b", {.wait = false});
  node.turn();
  EXPECT_EQ(node.log, Log{});
  node.bench.open();
  for (int line = 1; line <= lines; ++line) node.give("A" + std::to_string(line) + " 40\n");
  EXPECT_EQ(node.log, (Log{"aaaaaaaa" + written, "b" + written}));
}

TEST(CoroutineWrite, WithoutQosPausesWhileTheLinkIsDownAndHoldsNobodyUp) {
  Node node;
  const Task plain = write(node, "plain", {.qos = false});
  const Task qos = write(node, "qos", {.wait = false});
  node.turn();
  EXPECT_EQ(node.log, Log{"qos" + written});
  node.bench.open();
  node.turn();
  EXPECT_EQ(node.log, (Log{"qos" + written, "plain" + written}));
  EXPECT_NE(node.bench.said().find("U plain\n"), std::string::npos);
}

TEST(CoroutineWrite, TellsWhatIsNoLineAndWhatIsTooLong) {
  Node node;
  const Task bad = write(node, "a\nb");
  const Task too_long = write(node, std::string(65, 'x'));
  node.turn();
  EXPECT_EQ(node.log, (Log{std::string("a\nb: ") + to_string(WriteStatus::bad_line),
                           std::string("xxxxxxxx: ") + to_string(WriteStatus::too_long)}));
}

TEST(CoroutineWrite, EndsWithClosedWhenTheClientIsClosed) {
  Node node;
  node.bench.open();
  const Task waits = write(node, "one");
  node.turn();
  node.client.plain().close();
  node.turn();
  const Task late = write(node, "two");
  node.turn();
  const std::string closed = std::string(": ") + to_string(WriteStatus::closed);
  EXPECT_EQ(node.log, (Log{"one" + closed, "two" + closed}));
}

// ---- delay --------------------------------------------------------------------------------------

TEST(CoroutineDelay, WakesInTheOrderOfTheTimes) {
  Node node;
  const Task late = nap(node, 200, "late");
  const Task early = nap(node, 100, "early");
  node.turn();
  EXPECT_EQ(node.deadline, node.bench.now + 100);
  node.turn(99);
  EXPECT_EQ(node.log, Log{});
  EXPECT_EQ(node.deadline, node.bench.now + 1);
  node.turn(1);
  EXPECT_EQ(node.log, Log{"early"});
  EXPECT_EQ(node.deadline, node.bench.now + 100);
  node.turn(100);
  EXPECT_EQ(node.log, (Log{"early", "late"}));
}

TEST(CoroutineDelay, GivesTheMainLoopATurnEvenWithoutAnyTime) {
  Node node;
  int turns = 0;
  const auto spin = [&turns](BasicTasks&) -> Task {
    while (true) {
      ++turns;
      co_await delay(0);
    }
  };
  const Task task = spin(node.tasks());
  node.turn();
  EXPECT_EQ(turns, 1);
  node.turn(1);
  EXPECT_EQ(turns, 2);
}

// ---- tasks --------------------------------------------------------------------------------------

TEST(CoroutineTask, BeginsInTheNextRun) {
  Node node;
  bool began = false;
  const auto begin = [&began](BasicTasks&) -> Task {
    began = true;
    co_return;
  };
  const Task task = begin(node.tasks());
  EXPECT_FALSE(began);
  EXPECT_FALSE(task.done());
  node.turn();
  EXPECT_TRUE(began);
  EXPECT_TRUE(task.done());
  EXPECT_FALSE(task.failed());
  EXPECT_TRUE(Task().done());
}

TEST(CoroutineTask, AwaitsAnother) {
  Node node;
  const auto outer = [](Node& of) -> Task {
    const bool ran = co_await nap(of, 10, "inner");
    of.log.emplace_back(ran ? "outer" : "no memory");
  };
  const Task task = outer(node);
  node.turn();
  EXPECT_EQ(node.log, Log{});
  node.turn(10);
  EXPECT_EQ(node.log, (Log{"inner", "outer"})) << "in one run";
  EXPECT_EQ(node.arena.used_bytes(), 0U);
}

TEST(CoroutineTask, OneThatNeverReallyWaitsDoesNotKeepTheMainLoop) {
  Node node;
  int turns = 0;
  const auto nothing = [](BasicTasks&) -> Task { co_return; };
  const auto spin = [&](BasicTasks&) -> Task {
    while (true) {
      ++turns;
      co_await nothing(node.tasks());
    }
  };
  const Task task = spin(node.tasks());
  node.turn();
  EXPECT_GE(turns, 1);
  EXPECT_LE(turns, 10);
  EXPECT_EQ(node.deadline, node.bench.now) << "call again at once";
}

TEST(CoroutineTask, AFrameIsReusedWhenItsTaskHasEnded) {
  Node node;
  for (int i = 0; i < 1000; ++i) {
    const Task task = nap(node, 1, "x");
    ASSERT_FALSE(task.failed()) << i;
    node.turn();
    node.turn(1);
    ASSERT_TRUE(task.done()) << i;
  }
  EXPECT_EQ(node.log.size(), 1000U);
  EXPECT_EQ(node.arena.used_bytes(), 0U) << "also while the Task objects are there";
  EXPECT_LT(node.arena.peak_bytes(), sizeof node.arena / 4);
}

TEST(CoroutineTask, FramesOfAllSizesFindRoomAgain) {
  Node node;
  std::array<Task, 7> tasks;
  for (int i = 0; i < 500; ++i) {
    Task& task = tasks[static_cast<std::size_t>(i * 5 % 7)];
    task = i % 3 == 0 ? write(node, "one") : i % 3 == 1 ? nap(node, 5, "") : come_up(node);
    ASSERT_FALSE(task.failed()) << i;
    node.turn(1);
  }
  for (Task& task : tasks) task.cancel();
  EXPECT_EQ(node.arena.used_bytes(), 0U);
  EXPECT_EQ(node.arena.overflows(), 0U);
}

TEST(CoroutineTask, FreeFramesNextToEachOtherBecomeOne) {
  Node node;
  std::vector<Task> small;
  while (node.tasks().overflows() == 0) small.push_back(nap(node, 1, ""));
  small.clear();
  const auto large = [](BasicTasks&, std::string& to) -> Task {
    std::array<char, 1000> text{};
    text.fill('x');
    co_await delay(1);
    to.assign(text.begin(), text.end());
  };
  std::string text;
  const Task task = large(node.tasks(), text);
  ASSERT_FALSE(task.failed());
  node.turn();
  node.turn(1);
  EXPECT_EQ(text, std::string(1000, 'x'));
}

Task only_read(Node::Coroutines& client) {
  while (true) co_await client.readline();
}
Task only_write(Node::Coroutines& client) {
  while (true) co_await client.write("x");
}

/// On 64 bits, with the arena's header. On 32 bits it is about half: the firmware prints what its tasks take.
TEST(CoroutineTask, AFrameIsSmall) {
  constexpr std::size_t limit = 224;
  Node node;
  const Task reader = only_read(node.client);
  const std::size_t for_reader = node.arena.used_bytes();
  const Task writer = only_write(node.client);
  const std::size_t for_writer = node.arena.used_bytes() - for_reader;
  RecordProperty("reader", static_cast<int>(for_reader));
  RecordProperty("writer", static_cast<int>(for_writer));
  EXPECT_LE(for_reader, limit);
  EXPECT_LE(for_writer, limit);
}

TEST(CoroutineTask, ATaskWithoutMemoryFailsVisibly) {
  Node node;
  Tasks<64> tiny;
  bool began = false;
  const auto begin = [&began](BasicTasks&) -> Task {
    began = true;
    co_await delay(1);
  };
  const Task task = begin(tiny);
  EXPECT_TRUE(task.failed());
  EXPECT_FALSE(task.done());
  EXPECT_EQ(tiny.overflows(), 1U);
  EXPECT_GT(tiny.missing_bytes(), 64U);
  tiny.run(0);
  EXPECT_FALSE(began);
}

TEST(CoroutineTask, AnAwaitedTaskWithoutMemoryIsToldToTheOneThatAwaits) {
  Node node;
  std::vector<Task> filling;
  const auto outer = [](Node& of, std::vector<Task>& until_full) -> Task {
    while (of.tasks().overflows() == 0) until_full.push_back(nap(of, 1000, ""));
    of.log.emplace_back(co_await nap(of, 1, "inner") ? "ran" : "no memory");
  };
  const Task task = outer(node, filling);
  node.turn();
  EXPECT_EQ(node.log, Log{"no memory"});
  EXPECT_EQ(node.arena.overflows(), 2U);
  EXPECT_TRUE(filling.back().failed());
  filling.clear();
  EXPECT_FALSE(nap(node, 1, "").failed()) << "there is room again";
}

/// Tells when it is destroyed.
struct Guard {
  explicit Guard(int& count) : destroyed(count) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { ++destroyed; }
  int& destroyed;
};

TEST(CoroutineTask, ATaskIsCancelledWhereverItWaits) {
  Node node;
  int destroyed = 0;
  const auto wait = [&](BasicTasks&, int what) -> Task {
    const Guard guard(destroyed);
    if (what == 0) co_await node.client;
    if (what == 1) co_await node.client.readline();
    if (what == 2) co_await node.client.write("x");
    if (what == 3) co_await delay(1000);
    if (what == 4) co_await nap(node, 1000, "inner");
    node.log.emplace_back("went on");
  };
  {
    const std::array<Task, 5> tasks{wait(node.tasks(), 0), wait(node.tasks(), 1), wait(node.tasks(), 2),
                                    wait(node.tasks(), 3), wait(node.tasks(), 4)};
    node.turn();
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 5);
  EXPECT_EQ(node.arena.used_bytes(), 0U);
  node.bench.open();
  node.give("A1 40\nD41 one\n");
  node.turn(2000);
  EXPECT_EQ(node.log, Log{});
  EXPECT_EQ(node.bench.read(), "one") << "the cancelled reader took nothing";
}

TEST(CoroutineTask, OneThatHasNotBegunIsCancelledToo) {
  Node node;
  { const Task task = nap(node, 1, "x"); }
  node.turn();
  node.turn(1);
  EXPECT_EQ(node.log, Log{});
  EXPECT_EQ(node.arena.used_bytes(), 0U);
}

TEST(CoroutineTask, CancelsOthersWhileItRuns) {
  Node node;
  std::array<Task, 3> others;
  const auto cancel = [&](BasicTasks&) -> Task {
    co_await delay(10);
    for (Task& task : others) task.cancel();
  };
  others[0] = nap(node, 10, "before");
  const Task task = cancel(node.tasks());
  others[1] = nap(node, 10, "next");
  others[2] = nap(node, 10, "last");
  node.turn();
  node.turn(10);
  EXPECT_EQ(node.log, Log{"before"}) << "it was its turn already";
  EXPECT_EQ(node.arena.used_bytes(), 0U);
}

TEST(CoroutineTask, AWriterThatIsCancelledMakesWayForTheNext) {
  Node node;
  while (node.bench.client.write(std::string(64, 'x')).status == WriteStatus::ok) continue;
  Task first = write(node, std::string(64, 'a'), {.wait = false});
  const Task second = write(node, "b", {.wait = false});
  node.turn();
  EXPECT_EQ(node.log, Log{});
  first.cancel();
  node.turn();
  EXPECT_LE(node.log.size(), 1U);
  node.bench.open();
  node.give("A1 40\n");
  EXPECT_EQ(node.log, Log{"b" + written});
}

TEST(CoroutineTask, MovesWithItsObject) {
  Node node;
  Task first = nap(node, 10, "first");
  node.turn();
  Task moved = std::move(first);
  first = nap(node, 5, "second");
  node.turn();
  node.turn(5);
  node.turn(5);
  EXPECT_EQ(node.log, (Log{"second", "first"}));
  EXPECT_TRUE(first.done());
  EXPECT_TRUE(moved.done());
}

}  // namespace
}  // namespace tautline::test
