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

}  // namespace
}  // namespace tautline::test
