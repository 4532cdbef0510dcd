// A server with a SQLite file, its restart, its applications, and a file that cannot be written.

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <sqlite3.h>

#include "durable_fixture.hpp"
#include "tautline/store/ram_store.hpp"

namespace tautline::test {
namespace {

class DurableServerTest : public DurableTest {};

TEST_F(DurableServerTest, AcknowledgedLineSurvivesTheServer) {
  start(durable());
  auto peer = open("door");
  peer->send("D1 hello\n");
  peer->expect("A1 0\n");
  EXPECT_EQ(query("SELECT count(*) FROM inbox"), 1);
  restart();
  EXPECT_EQ(run(connection("door").readline()), "hello") << "before the client is back";
  EXPECT_NE(connection("door").identity(), LineIdentity{});
}

TEST_F(DurableServerTest, LineIsConsumedWhenTheNextIsAskedFor) {
  start(durable());
  auto peer = open("door");
  peer->send("D1 a\nD2 b\nD3 c\n");
  peer->expect("A3 0\n");
  Connection door = connection("door");
  EXPECT_EQ(run(door.readline()), "a");
  EXPECT_EQ(run(door.readline()), "b");
  const LineIdentity held = door.identity();
  restart();
  EXPECT_EQ(run(connection("door").readline()), "b") << "handed out, never taken";
  EXPECT_EQ(connection("door").identity(), held) << "an application can tell that it has seen it";
  connection("door").accept();
  restart();
  EXPECT_EQ(run(connection("door").readline()), "c");
}

TEST_F(DurableServerTest, WriteReturnsWhenTheLineIsDurableAndTheMailboxIsDeliveredAfterARestart) {
  start(durable());
  open("door").reset();
  run(connection("door").write("one", {true, false}));
  EXPECT_EQ(query("SELECT count(*) FROM outbox"), 1);
  run(connection("door").write("two", {true, false}));
  restart();
  auto peer = connect();
  peer->send("TL2 door w=8 n=64\n");
  const std::string hi = peer->line();
  peer->send("GO " + hi.substr(3, hi.find(' ', 3) - 3) + " - 0 -\n");
  EXPECT_EQ(peer->line().substr(0, 3), "GO ");
  EXPECT_EQ(peer->line(), "D1 one");
  EXPECT_EQ(peer->line(), "D2 two");
  peer->send("A2 0\n");
  EXPECT_TRUE(pump_until([&] { return connection("door").unacknowledged() == 0; }));
}

TEST_F(DurableServerTest, MailboxOfAClientThatNeverConnected) {
  start(durable());
  run(server->mailbox("lamp").write("on", {true, false}));
  EXPECT_THROW(server->mailbox("stranger"), std::system_error);
  restart();
  auto peer = connect();
  peer->send("TL2 lamp w=8 n=64\n");
  const std::string hi = peer->line();
  peer->send("GO " + hi.substr(3, hi.find(' ', 3) - 3) + " - 0 -\n");
  EXPECT_EQ(peer->line().substr(0, 3), "GO ");
  EXPECT_EQ(peer->line(), "D1 on");
}

TEST_F(DurableServerTest, EffectOfTheApplicationAndConsumptionAreOneCommit) {
  start(durable());
  auto peer = open("door");
  peer->send("D1 21\nD2 22\n");
  peer->expect("A2 0\n");
  Connection door = connection("door");
  const auto insert = [](const std::string& value) {
    return [value](StoreTransaction& transaction) {
      char* error = nullptr;
      const std::string sql =
          "CREATE TABLE IF NOT EXISTS temperatures(value); INSERT INTO temperatures VALUES (" + value + ")";
      if (sqlite3_exec(database_of(transaction), sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
        const std::string text = error;
        sqlite3_free(error);
        throw std::runtime_error(text);
      }
    };
  };
  run(door.accept(insert(run(door.readline()))));
  EXPECT_EQ(query("SELECT count(*) FROM temperatures"), 1);
  EXPECT_EQ(query("SELECT count(*) FROM inbox"), 1);
  EXPECT_EQ(run(door.readline()), "22");
  EXPECT_THROW(run(door.accept(insert("no such thing"))), std::runtime_error);
  EXPECT_EQ(query("SELECT count(*) FROM temperatures"), 1) << "undone";
  restart();
  door = connection("door");
  EXPECT_EQ(run(door.readline()), "22") << "still there";
  run(door.accept(insert("22")));
  EXPECT_EQ(query("SELECT sum(value) FROM temperatures"), 43);
  EXPECT_EQ(query("SELECT count(*) FROM inbox"), 0);
  EXPECT_THROW(run(door.accept(insert("0"))), std::system_error) << "no line is handed out";
}

TEST_F(DurableServerTest, StandByThatTakesOverFencesTheOldServer) {
  start(durable());
  auto peer = open("door");
  peer->send("D1 a\n");
  peer->expect("A1 0\n");

  ServerOptions stand_by = durable();
  std::vector<std::string> lines;
  stand_by.log = {};
  Server other(io.get_executor(), std::move(stand_by));
  other.on_line([&](const Connection&, std::string_view line) { lines.emplace_back(line); });
  EXPECT_TRUE(pump_until([&] { return lines.size() == 1; })) << "the inbox is its own now";

  const auto late = spawn(connection("door").write("late"));
  peer->send("D2 b\n");
  std::string said;
  for (std::string line = peer->line(); line.substr(0, 3) != "BYE"; line = peer->line()) said += line + "\n";
  EXPECT_EQ(said.find("A2"), std::string::npos) << "the fenced server acknowledged:\n" << said;
  EXPECT_TRUE(pump_until([&] { return late->done; }));
  EXPECT_EQ(late->error(), make_error_code(Error::taken_over));
  EXPECT_NE(connection("door").problem(), "");
  EXPECT_TRUE(logged("another server with the same store"));

  ScriptedPeer again(other.port(), [this] { pump(); });
  again.send("TL2 door w=8 n=64\n");
  const std::string hi = again.line();
  again.send("GO " + hi.substr(3, hi.find(' ', 3) - 3) + " 0 1 1\n");
  const std::string go = again.line();
  EXPECT_EQ(go.substr(0, 3), "GO ") << go;
  again.send("D2 b\n");
  EXPECT_EQ(again.line().substr(0, 2), "A2");
  EXPECT_TRUE(pump_until([&] { return lines.size() == 2; }));
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "b"}));
}

/// A store that fails as long as it is told to, for example a disk that is full.
class SickStore : public SessionStore {
 public:
  std::vector<StoredLink> take_over() override { return ram_.take_over(); }
  std::vector<UpdateResult> commit(const std::vector<LinkUpdate>& updates) override {
    if (sick) throw StoreError("/var/lib/links.db: the disk is full: make room", true);
    return ram_.commit(updates);
  }
  std::string name() const override { return "sick"; }
  std::atomic<bool> sick{false};

 private:
  RamStore ram_;
};

TEST_F(DurableServerTest, FailingStoreStopsAcknowledgementsSaysWhyAndLosesNothing) {
  const auto store = std::make_shared<SickStore>();
  ServerOptions with = options();
  with.store = store;
  start(std::move(with));
  auto peer = open("door");
  store->sick = true;
  peer->send("D1 a\n");
  const auto written = spawn(connection("door").write("on", {true, false}));
  EXPECT_TRUE(pump_until([&] { return !server->store_problem().empty(); }));
  EXPECT_NE(connection("door").problem().find("disk is full"), std::string::npos);
  EXPECT_TRUE(logged("nothing is acknowledged until the store can commit"));
  EXPECT_FALSE(written->done);
  // Longer than the timeout: the link stays up by status lines that acknowledge nothing.
  for (int i = 0; i < 8; ++i) {
    peer->send("A0 1\n");
    peer->wait(100ms);
  }
  EXPECT_EQ(peer->line(), "A0 0");
  EXPECT_TRUE(connection("door").status());
  store->sick = false;
  const auto stay_alive = [&] { peer->send("A0 1\n"); };
  EXPECT_TRUE(pump_until([&] { return stay_alive(), written->done; }));
  EXPECT_EQ(written->error(), std::error_code{});
  EXPECT_EQ(server->store_problem(), "");
  EXPECT_TRUE(logged("the store works again"));
  EXPECT_NE(peer->collect(50ms).find("A1 "), std::string::npos);
  EXPECT_EQ(run(connection("door").readline()), "a");
}

TEST_F(DurableServerTest, StopEndsThoughTheStoreStandsStill) {
  const auto store = std::make_shared<SickStore>();
  ServerOptions with = options();
  with.store = store;
  start(std::move(with));
  auto peer = open("door");
  store->sick = true;
  peer->send("D1 a\n");
  pump(20ms);
  run([](Server& stopped) -> asio::awaitable<void> { co_await stopped.stop(); }(*server));
  store->sick = false;
}

TEST_F(DurableServerTest, HandlerThatThrowsLeavesALoopThatGoesOn) {
  start(durable());
  auto door = open("door");
  auto lamp = open("lamp");
  std::vector<std::string> lines;
  server->on_line([&](const Connection&, std::string_view line) {
    lines.emplace_back(line);
    if (line == "bad") throw std::runtime_error("the application");
  });
  pump();
  door->send("D1 bad\n");
  lamp->send("D1 good\n");
  unsigned thrown = 0;
  for (int turn = 0; turn < 5000 && lines.size() < 2; ++turn) {
    try {
      pump();
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  EXPECT_EQ(lines.size(), 2U);
  EXPECT_EQ(thrown, 1U);
}

TEST_F(DurableServerTest, FullOutboxCanRefuse) {
  ServerOptions with = durable();
  with.when_full = WhenFull::refuse;
  with.outbox_lines = 2;
  start(std::move(with));
  open("door").reset();
  run(connection("door").write("1", {true, false}));
  run(connection("door").write("2", {true, false}));
  const auto refused = spawn(connection("door").write("3", {true, false}));
  EXPECT_TRUE(pump_until([&] { return refused->done; }));
  EXPECT_EQ(refused->error(), make_error_code(Error::queue_full));
}

TEST_F(DurableServerTest, DroppedLinesAreCountedAndTheirWritersTold) {
  ServerOptions with = durable();
  with.when_full = WhenFull::drop_oldest;
  with.outbox_lines = 2;
  std::uint32_t counted = 0;
  with.on_dropped = [&](const Connection&, std::uint32_t count) { counted += count; };
  start(std::move(with));
  open("door").reset();
  EXPECT_TRUE(pump_until([&] { return !connection("door").status(); }));
  const auto first = spawn(connection("door").write("1"));
  run(connection("door").write("2", {true, false}));
  run(connection("door").write("3", {true, false}));
  EXPECT_TRUE(pump_until([&] { return first->done; }));
  EXPECT_EQ(first->error(), make_error_code(Error::dropped));
  EXPECT_EQ(counted, 1U);
  EXPECT_EQ(connection("door").dropped(), 1U);
}

TEST_F(DurableServerTest, WriteThatWaitsForRoomGetsItWhenTheClientGoes) {
  ServerOptions with = durable();
  with.when_full = WhenFull::drop_oldest;
  with.outbox_lines = 2;
  start(std::move(with));
  auto peer = open("door");
  run(connection("door").write("1", {true, false}));
  run(connection("door").write("2", {true, false}));
  const auto third = spawn(connection("door").write("3", {true, false}));
  peer.reset();
  EXPECT_TRUE(pump_until([&] { return third->done; })) << "the client is away: the oldest line makes room";
  EXPECT_EQ(connection("door").dropped(), 1U);
}

TEST_F(DurableServerTest, WriteThatWaitsForRoomGetsItWhenTheApplicationGivesALineUp) {
  ServerOptions with = durable();
  with.outbox_lines = 2;
  start(std::move(with));
  open("door").reset();
  EXPECT_TRUE(pump_until([&] { return !connection("door").status(); }));
  run(connection("door").write("1", {true, false}));
  run(connection("door").write("2", {true, false}));
  const auto third = spawn(connection("door").write("3", {true, false}));
  EXPECT_FALSE(third->done);
  EXPECT_TRUE(connection("door").drop_oldest());
  EXPECT_TRUE(pump_until([&] { return third->done; }));
}

TEST_F(DurableServerTest, FileThatIsNoDatabaseIsAClearError) {
  std::FILE* const made = std::fopen(file().c_str(), "w");
  std::fputs("this is no database, and long enough to be taken for one by a hasty reader", made);
  std::fclose(made);
  EXPECT_THROW(start(durable()), StoreError);
}

}  // namespace
}  // namespace tautline::test
