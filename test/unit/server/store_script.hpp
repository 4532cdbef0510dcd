#pragma once

#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "shard_script.hpp"
#include "tautline/store/ram_store.hpp"

namespace tautline::test {

/// A shard whose store commits when the test says so.
class StoreScript : public ShardStore, public ShardScript {
 public:
  explicit StoreScript(const std::shared_ptr<RamStore>& disk, ShardOptions options = small_options())
      : ShardScript(std::move(options), 0, this), disk_(disk->share()) {
    shard.restore(disk_->take_over());
  }

  void submit(std::vector<LinkUpdate> batch, bool urgent) override {
    last_urgent = urgent;
    waiting.push_back(std::move(batch));
  }
  /// The oldest batch becomes durable.
  void commit_one() {
    std::vector<LinkUpdate> batch = std::move(waiting.front());
    waiting.erase(waiting.begin());
    std::vector<UpdateResult> results = disk_->commit(batch);
    shard.on_stored(std::move(batch), std::move(results), now_ms);
    shard.end_batch(now_ms);
    settle();
  }
  void commit() {
    for (int turn = 0; !waiting.empty(); ++turn) {
      ASSERT_LT(turn, 100) << "each commit makes a new batch";
      commit_one();
    }
  }
  /// hello and GO; the record and the server's GO are there.
  int open_stored(const std::string& client, const std::string& ack_start_epoch = "- 0 -") {
    const int id = connect();
    send(id, "TL2 " + client + " w=4 n=64 t=1000\n");
    const std::string hi = take(id);
    send(id, "GO " + hi.substr(3, hi.find(' ', 3) - 3) + " " + ack_start_epoch + "\n");
    commit();
    const std::string go = take(id);
    EXPECT_EQ(go.substr(0, 3), "GO ") << go;
    return id;
  }

  void lines_stored(Link& link) override { stored += std::string(link.id()) + " "; }
  void link_taken_over(Link& link) override { taken_over += std::string(link.id()) + " "; }
  void effect_done(Link& link, const std::exception_ptr& error, bool lost) override {
    effects += std::string(link.id()) + (lost ? ":lost " : error ? ":threw " : ":done ");
  }

  std::vector<std::vector<LinkUpdate>> waiting;
  bool last_urgent = false;
  std::string stored, taken_over, effects;

 private:
  std::shared_ptr<SessionStore> disk_;
};

}  // namespace tautline::test
