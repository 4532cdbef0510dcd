#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

/// The outbox of a client that is away.
class Mailbox : public ShardScript {
 public:
  static ShardOptions options_for(WhenFull when_full, std::uint32_t max_age_s, std::int64_t& clock) {
    ShardOptions options = small_options();
    options.when_full = when_full;
    options.outbox_lines = 3;
    options.outbox_bytes = 100;
    options.outbox_max_age_s = max_age_s;
    options.unix_seconds = [&clock] { return clock; };
    return options;
  }
  explicit Mailbox(WhenFull when_full, std::uint32_t max_age_s, std::int64_t& clock)
      : ShardScript(options_for(when_full, max_age_s, clock)) {}

  void lines_dropped(Link& link, std::uint32_t kept, std::uint32_t count) override {
    dropped += std::string(link.id()) + " " + std::to_string(count) + " before " + std::to_string(kept) + "; ";
  }
  std::string dropped;
};

class ShardMailboxTest : public ::testing::Test {
 protected:
  std::int64_t clock_ = 1000;
};

TEST_F(ShardMailboxTest, FullOutboxBlocksWithoutAPolicy) {
  Mailbox script(WhenFull::pause, 0, clock_);
  for (const char* const line : {"a", "b", "c"}) EXPECT_EQ(script.write("door", line).status, WriteStatus::ok);
  EXPECT_EQ(script.write("door", "d").status, WriteStatus::would_block);
  EXPECT_EQ(script.dropped, "");
}

TEST_F(ShardMailboxTest, OldestLinesMakeRoomAndAreCounted) {
  Mailbox script(WhenFull::drop_oldest, 0, clock_);
  for (const char* const line : {"a", "b", "c", "d", "e"})
    EXPECT_EQ(script.write("door", line).status, WriteStatus::ok);
  EXPECT_EQ(script.dropped, "door 1 before 2; door 1 before 3; ");
  EXPECT_EQ(script.shard.dropped(script.link("door")).old, 2U);
  EXPECT_TRUE(script.logged("2 so far"));
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(script.take(id), "HI 101 7001 w=4 n=64 t=1000\n");
  script.send(id, "GO 101 - 0 -\n");
  EXPECT_EQ(script.take(id), "GO 101 0 2\nD3 c\nD4 d\nD5 e\n");
}

TEST_F(ShardMailboxTest, BytesCountToo) {
  Mailbox script(WhenFull::drop_oldest, 0, clock_);
  script.write("door", std::string(60, 'x'));
  EXPECT_EQ(script.write("door", std::string(50, 'y')).status, WriteStatus::ok);
  EXPECT_EQ(script.dropped, "door 1 before 2; ");
}

TEST_F(ShardMailboxTest, NothingIsDroppedWhileTheClientIsThere) {
  Mailbox script(WhenFull::drop_oldest, 0, clock_);
  script.open("door");
  for (const char* const line : {"a", "b", "c"}) script.write("door", line);
  EXPECT_EQ(script.write("door", "d").status, WriteStatus::would_block) << "it will acknowledge, or go away";
  EXPECT_EQ(script.dropped, "");
}

TEST_F(ShardMailboxTest, OldLinesAreNotDelivered) {
  Mailbox script(WhenFull::pause, 60, clock_);
  script.write("door", "a");
  clock_ += 30;
  script.write("door", "b");
  clock_ += 31;
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  script.take(id);
  EXPECT_EQ(script.dropped, "door 1 before 2; ");
  script.send(id, "GO 101 - 0 -\n");
  EXPECT_EQ(script.take(id), "GO 101 0 1\nD2 b\n");
}

TEST_F(ShardMailboxTest, OldLinesMakeRoomBeforeAWriteBlocks) {
  Mailbox script(WhenFull::pause, 60, clock_);
  for (const char* const line : {"a", "b", "c"}) script.write("door", line);
  clock_ += 61;
  EXPECT_EQ(script.write("door", "d").status, WriteStatus::ok);
  EXPECT_EQ(script.dropped, "door 3 before 4; ");
}

TEST_F(ShardMailboxTest, ApplicationDropsALineThatTheClientCannotTake) {
  Mailbox script(WhenFull::pause, 0, clock_);
  script.write("door", "a");
  script.write("door", "b");
  EXPECT_TRUE(script.shard.drop_oldest(script.link("door")));
  EXPECT_EQ(script.dropped, "door 1 before 2; ");
  const int id = script.connect();
  script.send(id, "TL2 door w=4 n=64 t=1000\n");
  script.take(id);
  script.send(id, "GO 101 - 0 -\n");
  EXPECT_EQ(script.take(id), "GO 101 0 1\nD2 b\n");
  EXPECT_FALSE(script.shard.drop_oldest(script.link("door"))) << "it is on its way";
}

TEST_F(ShardMailboxTest, ProtocolOneDropsOnlyWhatWasNeverSent) {
  Mailbox script(WhenFull::drop_oldest, 0, clock_);
  const int id = script.connect();
  script.send(id, "door\n\n");
  script.advance(250);
  script.write("door", "a");
  EXPECT_NE(script.take(id).find("00a\n"), std::string::npos);
  script.reset(id);
  script.write("door", "b");
  script.write("door", "c");
  EXPECT_EQ(script.write("door", "d").status, WriteStatus::would_block) << "00 was sent and is held";
  EXPECT_EQ(script.dropped, "");
}

}  // namespace
}  // namespace tautline::test
