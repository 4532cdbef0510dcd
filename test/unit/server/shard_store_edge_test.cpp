#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "store_script.hpp"

/// A shard with a store where things happen at the same time: while an update is on its way, or within a callback.
namespace tautline::test {
namespace {

class ShardStoreEdge : public ::testing::Test {
 protected:
  std::shared_ptr<RamStore> disk_ = std::make_shared<RamStore>();
};

TEST_F(ShardStoreEdge, StrangerThatBreaksTheProtocolLeavesNothing) {
  ShardOptions options = ShardScript::small_options();
  options.admit_unexpected = true;
  StoreScript script(disk_, options);
  const int id = script.connect();
  script.send(id, "TL2 stranger w=4 n=64 t=1000\n");
  script.send(id, "garbage\n");
  script.end(id);
  EXPECT_TRUE(script.waiting.empty()) << "no record is made before GO";
  EXPECT_TRUE(script.shard.store_is_idle());
  script.commit();
  EXPECT_TRUE(disk_->take_over().empty());
}

TEST_F(ShardStoreEdge, WhatTheApplicationDoesWhenItHearsOfATakeoverDoesNotReachTheRecord) {
  StoreScript first(disk_);
  const int old_id = first.open_stored("door");
  first.send(old_id, "D1 a\n");
  first.commit();
  EXPECT_EQ(first.read("door"), "a");
  StoreScript second(disk_);
  const int other = second.open_stored("door", "0 1 101");
  second.send(other, "D2 b\n");
  second.commit();
  std::optional<WriteStatus> status;
  first.on_down = [&](Link& link) {
    status = first.shard.write(link, "late").status;
    first.shard.accept_line(link);
  };
  first.write("door", "x");
  first.commit();
  EXPECT_EQ(status, WriteStatus::taken_over);
  EXPECT_EQ(first.link("door").unstored(), 0U);
  first.on_down = nullptr;
  // The client comes back. Nothing of the above may be in the update that takes the record back.
  const int attempt = first.connect();
  first.send(attempt, "TL2 door w=4 n=64 t=1000\n");
  const std::string hi = first.take(attempt);
  first.send(attempt, "GO " + hi.substr(3, hi.find(' ', 3) - 3) + " 0 2 101\n");
  first.commit();
  EXPECT_EQ(first.take(attempt).substr(0, 3), "GO ");
  EXPECT_EQ(first.read("door"), "a");
  EXPECT_EQ(first.read("door"), "b");
  EXPECT_EQ(first.link("door").next(), 1U);
}

TEST_F(ShardStoreEdge, Protocol1WriteReturnsWhenItsAcknowledgementIsDurable) {
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "door\n");
  script.commit();
  script.send(id, "\n");
  script.advance(300);
  const std::uint32_t seq = script.write("door", "on", {true, true}).seq;
  script.commit();
  EXPECT_NE(script.take(id).find("00on\n"), std::string::npos);
  script.send(id, "00\n");
  EXPECT_FALSE(script.link("door").is_acknowledged(seq));
  EXPECT_TRUE(script.last_urgent);
  script.commit();
  EXPECT_TRUE(script.link("door").is_acknowledged(seq));
  EXPECT_TRUE(disk_->take_over()[0].outbox.empty());
}

TEST_F(ShardStoreEdge, Protocol1WhileProtocol2WaitsForItsGo) {
  ShardOptions options = ShardScript::small_options();
  options.allow_protocol_1 = {"door"};
  StoreScript script(disk_, options);
  const int two = script.connect();
  script.send(two, "TL2 door w=4 n=64 t=1000\n");
  script.take(two);
  script.send(two, "GO 101 - 0 -\n");
  const int one = script.connect();
  script.send(one, "door\n");
  script.commit();
  EXPECT_EQ(script.take(two), "BYE superseded\n");
  EXPECT_EQ(script.changes, "+door");
  EXPECT_EQ(script.link("door").protocol, 1);
  const int again = script.open_stored("door", "0 0 101");
  EXPECT_TRUE(script.is_closed(one));
  script.send(again, "D1 a\n");
  script.commit();
  EXPECT_EQ(script.read("door"), "a");
}

TEST_F(ShardStoreEdge, ConnectionThatWasFencedWhileItWaitedDoesNotComeUp) {
  StoreScript script(disk_);
  const int first = script.connect();
  script.send(first, "TL2 door w=4 n=64 t=1000\n");
  script.send(first, "GO 101 - 0 -\n");
  script.take(first);
  const int second = script.connect();
  script.send(second, "TL2 door w=4 n=64 t=1000\n");
  script.send(second, "GO 102 7 0 101\n");  // it took line 7, which was never written
  EXPECT_NE(script.take(second).find("BYE sid\n"), std::string::npos);
  script.commit();
  EXPECT_EQ(script.take(first), "BYE superseded\n");
  EXPECT_EQ(script.changes, "");
}

TEST_F(ShardStoreEdge, Protocol1SaysNothingBeforeTheRecordIsKnownToBeOurs) {
  StoreScript first(disk_);
  const int old_id = first.connect();
  first.send(old_id, "door\n");
  first.send(old_id, "\n00a\n01b\n");
  first.commit();
  first.write("door", "to you", {true, false});
  first.commit();
  first.reset(old_id);
  first.commit();
  StoreScript second(disk_);  // has the link now: the client may have gone on there for more than a round of numbers
  const int id = first.connect();
  first.send(id, "door\n");
  first.send(id, "\n01another\n");
  first.advance(300);
  EXPECT_EQ(first.take(id), "") << "neither an acknowledgement nor a line that may have been delivered";
  first.commit();
  EXPECT_TRUE(first.is_closed(id));
  EXPECT_EQ(first.take(id), "");
}

TEST_F(ShardStoreEdge, RecordOfAClientThatIsNoLongerExpectedAdmitsNobody) {
  { StoreScript(disk_).open_stored("door"); }
  ShardOptions options = ShardScript::small_options();
  options.expected = {"lamp"};
  StoreScript script(disk_, options);
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(script.take(id), "BYE id\n");
}

TEST_F(ShardStoreEdge, ExceptionOfTheApplicationDoesNotStopTheLink) {
  StoreScript script(disk_);
  const int id = script.open_stored("door");
  script.send(id, "D1 a\nD2 b\n");
  script.commit();
  EXPECT_EQ(script.read("door"), "a");
  script.on_arrived = [](Link&) { throw std::runtime_error("application"); };
  EXPECT_TRUE(script.shard.accept_line(script.link("door"), [](StoreTransaction&) {}));
  script.send(id, "D3 c\n");
  EXPECT_THROW(script.commit(), std::runtime_error);
  script.on_arrived = nullptr;
  script.shard.run_unfinished(script.now_ms);
  script.shard.end_batch(script.now_ms);
  script.commit();
  EXPECT_EQ(script.effects, "door:done ");
  EXPECT_EQ(script.read("door"), "b");
}

TEST_F(ShardStoreEdge, MailboxIsNotDroppedFromUnderTheConnectionThatOpens) {
  ShardOptions options = ShardScript::small_options();
  options.when_full = WhenFull::drop_oldest;
  options.outbox_lines = 2;
  StoreScript script(disk_, options);
  script.open_stored("door");
  script.write("door", "1");
  script.write("door", "2");
  script.commit();
  script.on_down = [&](Link& link) { script.shard.write(link, "3"); };
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  script.take(id);
  script.send(id, "GO 102 0 0 101\n");
  script.commit();
  const std::string said = script.take(id);
  EXPECT_NE(said.find(" 2\n"), std::string::npos) << said;
}

TEST_F(ShardStoreEdge, Protocol1NumbersOfLinesAreTheSameAfterAKill) {
  {
    StoreScript script(disk_);
    const int id = script.connect();
    script.send(id, "door\n");
    script.commit();
    script.send(id, "\n");
    script.advance(300);
    script.write("door", "first", {true, false});
    script.commit();
    script.send(id, "00\n");
    script.commit();
    script.take(id);
    script.shard.write(script.link("door"), "plain", {false, false});
    script.shard.write(script.link("door"), "qos", {true, false});
    script.settle();
    script.commit();
    EXPECT_EQ(script.take(id), "01plain\n02qos\n");
  }
  // The client got 01 and not 02. Another line with 01 would be a repetition to it: acknowledged, and thrown away.
  StoreScript script(disk_);
  const int id = script.connect();
  script.send(id, "door\n");
  script.commit();
  script.send(id, "\n");
  script.advance(300);
  const std::string said = script.take(id);
  EXPECT_EQ(said.find("01qos"), std::string::npos) << said;
  EXPECT_NE(said.find("02qos"), std::string::npos) << said;
}

}  // namespace
}  // namespace tautline::test
