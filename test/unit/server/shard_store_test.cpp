#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "store_script.hpp"

namespace tautline::test {
namespace {

class ShardStoreTest : public ::testing::Test {
 protected:
  std::shared_ptr<RamStore> disk_ = std::make_shared<RamStore>();
};

TEST_F(ShardStoreTest, GoIsAnsweredWhenTheGenerationIsDurable) {
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(script.take(id), "HI 101 7001 w=4 n=64 t=1000\n");
  EXPECT_TRUE(script.waiting.empty()) << "a hello writes nothing";
  script.send(id, "GO 101 - 0 -\n");
  EXPECT_EQ(script.take(id), "");
  EXPECT_EQ(script.changes, "");
  script.commit();
  EXPECT_EQ(script.take(id), "GO 101 0 0\n");
  EXPECT_EQ(script.changes, "+door");
  const auto records = disk_->take_over();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].numbers.generation, 102U) << "101, and one more for this take-over";
  EXPECT_EQ(records[0].numbers.epoch, 101U);
}

TEST_F(ShardStoreTest, LineIsAcknowledgedAndHandedOutWhenItIsDurable) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  script.send(id, "D1 a\nD2 b\n");
  EXPECT_EQ(script.take(id), "");
  EXPECT_EQ(script.read("door"), std::nullopt);
  ASSERT_EQ(script.waiting.size(), 1U) << "one wake-up is one batch";
  EXPECT_TRUE(script.last_urgent);
  script.send(id, "D3 c\n");
  script.commit_one();
  EXPECT_EQ(script.take(id), "A2 0\n") << "the third line is not durable yet";
  script.commit();
  EXPECT_EQ(script.take(id), "A3 0\n");
  EXPECT_EQ(script.read("door"), "a");
  EXPECT_EQ(script.shard.line_identity(script.link("door")), (LineIdentity{7001, 101, 1}));
  EXPECT_EQ(script.read("door"), "b");
  EXPECT_EQ(script.read("door"), "c");
  EXPECT_EQ(script.shard.line_identity(script.link("door")), (LineIdentity{7001, 101, 3}));
}

TEST_F(ShardStoreTest, AfterAKillLinesAreThereAndRepetitionsAreDropped) {
  {
    StoreScript script(disk_);
    const int id = script.open_stored("door");
    script.send(id, "D1 a\nD2 b\nD3 c\n");
    script.commit();
    EXPECT_EQ(script.read("door"), "a");
    EXPECT_EQ(script.read("door"), "b");  // takes a
    script.commit();
    script.send(id, "D4 d\n");  // not durable when the server is killed
  }
  StoreScript script(disk_);
  // The client heard A3, or not: it says start 3 or less, and repeats what it must.
  const int id = script.open_stored("door", "0 3 101");
  EXPECT_EQ(script.read("door"), "b") << "handed out and not taken before the kill";
  EXPECT_EQ(script.shard.line_identity(script.link("door")), (LineIdentity{7001, 101, 2}));
  script.send(id, "D3 c\nD4 d\n");
  script.commit();
  EXPECT_EQ(script.take(id), "A4 0\n");
  EXPECT_EQ(script.read("door"), "c");
  EXPECT_EQ(script.read("door"), "d");
  EXPECT_EQ(script.read("door"), std::nullopt);
}

TEST_F(ShardStoreTest, WrittenLineIsSentWhenItIsDurableAndSurvives) {
  std::uint32_t seq = 0;
  {
    StoreScript script(disk_);
    const int id = script.open_stored("door");
    seq = script.write("door", "on").seq;
    EXPECT_EQ(seq, 1U);
    EXPECT_FALSE(script.link("door").is_stored(seq));
    EXPECT_EQ(script.write("door", "off").seq, 2U);
    EXPECT_EQ(script.take(id), "");
    script.commit();
    EXPECT_TRUE(script.link("door").is_stored(2));
    EXPECT_EQ(script.take(id), "D1 on\nD2 off\n");
    script.send(id, "A1 0\n");
    EXPECT_FALSE(script.link("door").is_acknowledged(1)) << "write returns when that is durable too";
    EXPECT_TRUE(script.last_urgent);
    script.commit();
    EXPECT_TRUE(script.link("door").is_acknowledged(1));
    EXPECT_FALSE(script.link("door").is_acknowledged(2));
  }
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  script.take(id);
  script.send(id, "GO 103 1 0 101\n");
  script.commit();
  EXPECT_EQ(script.take(id), "GO 103 0 1\nD2 off\n");
}

TEST_F(ShardStoreTest, AcknowledgementNobodyWaitsForIsNotUrgent) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  script.write("door", "on", {true, false});
  script.commit();
  script.send(id, "A1 0\n");
  ASSERT_EQ(script.waiting.size(), 1U);
  EXPECT_FALSE(script.last_urgent);
}

TEST_F(ShardStoreTest, FencedServerAcknowledgesNothing) {
  StoreScript old_server(disk_);
  const int old_id = old_server.open_stored("door");
  old_server.send(old_id, "D1 a\n");
  old_server.commit();
  EXPECT_EQ(old_server.take(old_id), "A1 0\n");

  StoreScript new_server(disk_);
  old_server.send(old_id, "D2 b\n");
  const std::uint32_t seq = old_server.write("door", "late").seq;
  old_server.commit();
  EXPECT_EQ(old_server.take(old_id), "BYE superseded\n");
  EXPECT_EQ(old_server.taken_over, "door ");
  EXPECT_FALSE(old_server.link("door").is_acknowledged(seq));
  EXPECT_EQ(old_server.read("door"), std::nullopt) << "its lines are the new server's";
  EXPECT_EQ(old_server.write("door", "more").status, WriteStatus::taken_over);
  EXPECT_TRUE(old_server.logged("another server with the same store"));

  const int new_id = new_server.open_stored("door", "0 1 101");
  new_server.send(new_id, "D2 b\n");
  new_server.commit();
  EXPECT_EQ(new_server.take(new_id), "A2 0\n");
  EXPECT_EQ(new_server.read("door"), "a");
  EXPECT_EQ(new_server.read("door"), "b");
}

TEST_F(ShardStoreTest, FencedServerGetsTheLinkBackAsTheOtherServerLeftIt) {
  StoreScript first(disk_);
  const int old_id = first.open_stored("door");
  StoreScript second(disk_);
  first.send(old_id, "D1 a\n");
  first.commit();
  EXPECT_EQ(first.take(old_id), "BYE superseded\n");
  const int other = second.open_stored("door", "0 0 101");
  second.send(other, "D1 a\nD2 b\n");
  second.commit();
  EXPECT_EQ(second.read("door"), "a");
  EXPECT_EQ(second.read("door"), "b");  // takes a
  second.shard.flush_store();
  second.commit();
  // The client comes back to the first server. What that knows of the record is out of date: the first attempt shows
  // it, the next one opens.
  const int attempt = first.connect();
  first.send(attempt, "TL2 door w=4 n=64 t=1000\n");
  const std::string hi = first.take(attempt);
  first.send(attempt, "GO " + hi.substr(3, hi.find(' ', 3) - 3) + " 0 2 101\n");
  first.commit();
  EXPECT_EQ(first.take(attempt), "BYE superseded\n");
  EXPECT_EQ(first.read("door"), std::nullopt) << "not ours yet";
  const int id = first.open_stored("door", "0 2 101");
  EXPECT_EQ(first.read("door"), "b");
  first.send(id, "D2 b\nD3 c\n");
  first.commit();
  EXPECT_EQ(first.take(id), "A3 0\n");
  EXPECT_EQ(first.read("door"), "c");
}

TEST_F(ShardStoreTest, RecordDroppedByTheOperatorStartsAnew) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  disk_->drop("door");
  script.send(id, "D1 a\n");
  script.commit();
  EXPECT_EQ(script.take(id), "BYE superseded\n");
  EXPECT_TRUE(script.logged("dropped from the store"));
  // A new sid makes the client forget what it knew; a new epoch makes the server forget.
  const int again = script.connect();
  script.send(again, "TL2 door w=4 n=64 t=1000\n");
  const std::string hi = script.take(again);
  EXPECT_EQ(hi.find(" 7001 "), std::string::npos) << hi;
  script.send(again, "GO " + hi.substr(3, hi.find(' ', 3) - 3) + " - 0 101\n");
  script.commit();
  script.take(again);
  script.send(again, "D1 a\n");
  script.commit();
  EXPECT_EQ(script.take(again), "A1 0\n");
  EXPECT_EQ(script.read("door"), "a");
}

TEST_F(ShardStoreTest, NewLifeOfTheClientIsNotAcknowledgedWithLinesOfTheOldOne) {
  StoreScript script(disk_);
  const int old_id = script.open_stored("door");
  script.send(old_id, "D1 a\nD2 b\nD3 c\n");  // on its way to the store
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(script.take(id), "HI 102 7001 w=4 n=64 t=1000\n");
  script.send(id, "GO 102 - 0 -\n");
  script.commit();
  EXPECT_EQ(script.take(id), "GO 102 0 0\n") << "the new life has said nothing";
  script.send(id, "D1 new\n");
  script.commit();
  EXPECT_EQ(script.take(id), "A1 0\n");
  for (const char* const line : {"a", "b", "c", "new"}) EXPECT_EQ(script.read("door"), line);
}

TEST_F(ShardStoreTest, NewerConnectionWinsWhileBothWaitForTheStore) {
  StoreScript script(disk_);
  const int first = script.connect();
  script.send(first, "TL2 door w=4 n=64 t=1000\n");
  script.take(first);
  script.send(first, "GO 101 - 0 -\n");
  const int second = script.connect();
  script.send(second, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(script.take(second), "HI 102 7001 w=4 n=64 t=1000\n");
  script.send(second, "GO 102 - 0 -\n");
  EXPECT_EQ(script.take(first), "BYE superseded\n");
  script.commit();
  EXPECT_EQ(script.take(second), "GO 102 0 0\n");
  EXPECT_EQ(script.changes, "+door");
}

TEST_F(ShardStoreTest, StoreThatStandsStillStopsAcknowledgementsNotTheLink) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  std::uint32_t next = 1;
  for (int second = 0; second < 20; ++second) {
    for (int i = 0; i < 4; ++i) script.send(id, "D" + std::to_string(next++) + " x\n");
    script.send(id, "A0 0\n");
    script.write("door", "y");
    script.advance(900);
    script.send(id, "A0 0\n");
    script.advance(100);
  }
  EXPECT_TRUE(script.link("door").conn != nullptr);
  const std::string said = script.take(id);
  EXPECT_NE(said.find("A0 0\n"), std::string::npos);
  EXPECT_EQ(said.find("A1"), std::string::npos);
  EXPECT_EQ(said.find("D1"), std::string::npos);
  EXPECT_LE(script.waiting.size(), 2U);
  EXPECT_LE(script.link("door").unstored(), 4U + 16U) << "a window of lines from it, an outbox of lines for it";
  script.commit();
  EXPECT_NE(script.take(id).find("A4 "), std::string::npos);
}

TEST_F(ShardStoreTest, ConnectionThatOpensWhileTheStoreStandsStillTimesOut) {
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  script.take(id);
  script.send(id, "GO 101 - 0 -\n");
  script.advance(1100);
  EXPECT_TRUE(script.is_closed(id));
  script.commit();
  EXPECT_EQ(script.changes, "");
  EXPECT_EQ(script.link("door").conn, nullptr);
}

TEST_F(ShardStoreTest, EffectAndConsumptionAreOneTransaction) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  script.send(id, "D1 a\nD2 b\n");
  script.commit();
  EXPECT_EQ(script.read("door"), "a");
  int runs = 0;
  EXPECT_TRUE(script.shard.accept_line(script.link("door"), [&](StoreTransaction&) { ++runs; }));
  EXPECT_EQ(script.read("door"), std::nullopt) << "not before the transaction";
  script.settle();
  script.commit();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(script.effects, "door:done ");
  EXPECT_EQ(disk_->take_over()[0].inbox.size(), 1U);
}

TEST_F(ShardStoreTest, EffectThatThrowsLeavesTheLine) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  script.send(id, "D1 a\n");
  script.commit();
  EXPECT_EQ(script.read("door"), "a");
  EXPECT_TRUE(
      script.shard.accept_line(script.link("door"), [](StoreTransaction&) { throw std::runtime_error("no room"); }));
  script.settle();
  script.commit();
  EXPECT_EQ(script.effects, "door:threw ");
  EXPECT_EQ(disk_->take_over()[0].inbox.size(), 1U);
}

TEST_F(ShardStoreTest, Protocol1IsAcknowledgedWhenItIsDurableAndKeepsItsNumbers) {
  {
    StoreScript script(disk_);
    const int id = script.connect();
    script.send(id, "door\n");
    script.send(id, "\n00hello\n");
    EXPECT_EQ(script.take(id).find("00\n"), std::string::npos);
    EXPECT_EQ(script.read("door"), std::nullopt);
    script.commit();
    EXPECT_NE(script.take(id).find("00\n"), std::string::npos);
    EXPECT_EQ(script.read("door"), "hello");
    script.send(id, "01again\n");
    script.commit();
    EXPECT_EQ(script.read("door"), "again");
    script.commit();
  }
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "door\n");
  script.send(id, "\n01again\n");
  script.commit();
  EXPECT_NE(script.take(id).find("01\n"), std::string::npos) << "a repetition is acknowledged";
  EXPECT_EQ(script.read("door"), "again") << "handed out and not taken before";
  EXPECT_EQ(script.read("door"), std::nullopt) << "and not delivered twice";
  EXPECT_EQ(script.link("door").protocol, 1);
}

TEST_F(ShardStoreTest, Protocol1RepetitionIsNotAcknowledgedBeforeItsFirstIsDurable) {
  StoreScript script(disk_);
  const int first = script.connect();
  script.send(first, "door\n");
  script.send(first, "\n00hello\n");
  script.reset(first);
  const int id = script.connect();
  script.send(id, "door\n");
  script.send(id, "\n00hello\n");
  EXPECT_EQ(script.take(id).find("00\n"), std::string::npos);
  script.commit();
  EXPECT_NE(script.take(id).find("00\n"), std::string::npos);
  EXPECT_EQ(script.read("door"), "hello");
  EXPECT_EQ(script.read("door"), std::nullopt);
}

TEST_F(ShardStoreTest, DowngradeIsRefusedAfterARestartToo) {
  {
    StoreScript script(disk_);
    script.open_stored("door");
  }
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "door\n");
  EXPECT_TRUE(script.is_closed(id));
  EXPECT_TRUE(script.logged("has spoken protocol 2 before"));
}

TEST_F(ShardStoreTest, StopEndsWithEverythingDurable) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  script.send(id, "D1 a\n");
  script.begin_stop();
  EXPECT_FALSE(script.is_ended(id)) << "the line is not acknowledged yet";
  EXPECT_FALSE(script.shard.store_is_idle());
  script.commit();
  EXPECT_EQ(script.take(id), "A1 0\nBYE closing\n");
  EXPECT_TRUE(script.is_ended(id));
  script.end(id);
  EXPECT_TRUE(script.shard.stopped());
  EXPECT_TRUE(script.shard.store_is_idle());
}

}  // namespace
}  // namespace tautline::test
