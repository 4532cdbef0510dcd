#include "tautline/store/store_writer.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/store/ram_store.hpp"

namespace tautline::test {
namespace {

using Names = std::vector<std::string>;

/// What was observed, by any thread; tests wait for it.
class Log {
 public:
  void add(std::string entry) {
    {
      const std::lock_guard lock(mutex_);
      entries_.push_back(std::move(entry));
    }
    changed_.notify_all();
  }
  Names entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  bool wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return entries_.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Names entries_;
};

/// A door that a thread waits at.
class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// Commits as the script says, one step for each commit; after its end all succeed. Notes which ids come together.
class ScriptedStore : public SessionStore {
 public:
  using Step = std::function<void()>;

  explicit ScriptedStore(std::deque<Step> script) : script_(std::move(script)) {}

  std::vector<StoredLink> take_over() override { return {}; }
  std::vector<UpdateResult> commit(const std::vector<LinkUpdate>& updates) override {
    std::string ids;
    for (const LinkUpdate& update : updates) ids += update.id;
    commits.add(ids);
    if (!script_.empty()) {
      const Step step = std::move(script_.front());
      script_.pop_front();
      step();
    }
    std::vector<UpdateResult> results(updates.size());
    for (std::size_t i = 0; i < updates.size(); ++i) {
      results[i].applied = true;
      results[i].current = StoredLink{updates[i].id, {}, {}, {}};
    }
    return results;
  }
  std::string name() const override { return "script"; }

  Log commits;

 private:
  std::deque<Step> script_;
};

ScriptedStore::Step fail(const std::string& problem) {
  return [problem] { throw StoreError(problem, true); };
}

class Writer : public testing::Test {
 protected:
  void start(std::deque<ScriptedStore::Step> script = {}) {
    store_ = std::make_shared<ScriptedStore>(std::move(script));
    writer_ = std::make_unique<StoreWriter>(
        store_, [this](const std::string& problem) { health_.add(problem.empty() ? "well" : problem); });
  }
  void stop() { writer_.reset(); }

  /// A batch of one update for each letter; done_ gets the letters of the batch and of its results.
  void submit(const std::string& ids, bool urgent = true) {
    std::vector<LinkUpdate> batch;
    for (const char id : ids) batch.emplace_back().id = std::string(1, id);
    writer_->submit(std::move(batch), urgent,
                    [this](std::vector<LinkUpdate> updates, std::vector<UpdateResult> results) {
                      std::string entry;
                      for (const LinkUpdate& update : updates) entry += update.id;
                      entry += ":";
                      for (const UpdateResult& result : results) entry += result.current->id;
                      done_.add(entry);
                    });
  }

  std::shared_ptr<ScriptedStore> store_;
  Log done_;
  Log health_;
  std::unique_ptr<StoreWriter> writer_;  // last: its thread uses the others
};

TEST_F(Writer, a_batch_is_committed_and_comes_back_with_its_results) {
  start();
  submit("ab");
  ASSERT_TRUE(done_.wait_for(1));
  EXPECT_EQ(done_.entries(), Names{"ab:ab"});
  EXPECT_TRUE(health_.entries().empty());
  EXPECT_EQ(&writer_->store(), store_.get());
}

TEST_F(Writer, what_is_submitted_during_a_commit_goes_together_in_the_next) {
  Gate gate;
  start({[&] { gate.pass(); }});
  submit("a");
  ASSERT_TRUE(store_->commits.wait_for(1));
  submit("b");
  submit("");
  submit("cd", false);
  submit("e");
  gate.open();
  ASSERT_TRUE(done_.wait_for(5));
  EXPECT_EQ(store_->commits.entries(), (Names{"a", "bcde"}));
  EXPECT_EQ(done_.entries(), (Names{"a:a", "b:b", ":", "cd:cd", "e:e"}));
}

TEST_F(Writer, a_batch_that_is_not_urgent_goes_with_the_next_that_is) {
  start();
  submit("a", false);
  submit("b", false);
  submit("c");
  ASSERT_TRUE(done_.wait_for(3));
  EXPECT_EQ(done_.entries(), (Names{"a:a", "b:b", "c:c"}));
  EXPECT_LE(store_->commits.entries().size(), 2U) << "two only if this thread was stopped for long";
}

TEST_F(Writer, an_urgent_batch_does_not_wait_for_the_time_of_one_that_is_not) {
  start();
  constexpr std::size_t rounds = 40;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 1; i <= rounds; ++i) {
    submit("a", false);
    submit("b");
    ASSERT_TRUE(done_.wait_for(2 * i));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, rounds * std::chrono::milliseconds(StoreWriter::lazy_ms));
}

TEST_F(Writer, a_batch_that_is_not_urgent_is_committed_without_company_too) {
  start();
  const auto begin = std::chrono::steady_clock::now();
  submit("a", false);
  ASSERT_TRUE(done_.wait_for(1));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(StoreWriter::lazy_ms));
}

TEST_F(Writer, a_commit_that_fails_is_tried_again_until_it_succeeds) {
  start({fail("disk full"), fail("disk full"), fail("I/O error"), fail("disk full")});
  submit("ab");
  submit("c");
  ASSERT_TRUE(done_.wait_for(2));
  EXPECT_EQ(done_.entries(), (Names{"ab:ab", "c:c"}));
  EXPECT_EQ(health_.entries(), (Names{"disk full", "I/O error", "disk full", "well"})) << "each change once";
  EXPECT_EQ(store_->commits.entries().back(), "abc") << "nothing was given up";
  submit("d");
  ASSERT_TRUE(done_.wait_for(3));
  EXPECT_EQ(health_.entries().size(), 4U);
}

TEST_F(Writer, a_failure_that_will_not_pass_and_a_foreign_exception_keep_the_lines_too) {
  start({[] { throw StoreError("damaged", false); }, [] { throw std::logic_error("surprise"); }});
  submit("a");
  ASSERT_TRUE(done_.wait_for(1));
  EXPECT_EQ(health_.entries(), (Names{"damaged", "surprise", "well"}));
}

TEST_F(Writer, while_commits_fail_new_batches_do_not_make_the_attempts_more_frequent) {
  Gate gate;
  start({fail("disk full"), fail("disk full")});
  const auto begin = std::chrono::steady_clock::now();
  submit("a");
  ASSERT_TRUE(health_.wait_for(1));
  for (int i = 0; i < 100; ++i) submit("b");
  ASSERT_TRUE(done_.wait_for(101));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(150)) << "50 ms, then 100 ms";
  EXPECT_EQ(store_->commits.entries().size(), 3U);
  EXPECT_EQ(store_->commits.entries()[1], "a" + std::string(100, 'b'));
}

TEST_F(Writer, the_destructor_commits_what_waits_and_calls_nobody) {
  start();
  submit("a", false);
  stop();
  EXPECT_EQ(store_->commits.entries(), Names{"a"});
  EXPECT_TRUE(done_.entries().empty());
}

TEST_F(Writer, the_destructor_tries_once_more_and_does_not_wait_for_a_disk_that_stays_full) {
  std::deque<ScriptedStore::Step> script;
  for (int i = 0; i < 100; ++i) script.push_back(fail("disk full"));
  start(std::move(script));
  submit("a");
  ASSERT_TRUE(health_.wait_for(1));
  const std::size_t before = store_->commits.entries().size();
  stop();
  EXPECT_LE(store_->commits.entries().size(), before + 2);
  EXPECT_GE(store_->commits.entries().size(), 2U);
  EXPECT_TRUE(done_.entries().empty());
  EXPECT_EQ(health_.entries(), Names{"disk full"});
}

TEST_F(Writer, a_commit_in_progress_ends_before_the_destructor_does) {
  Gate gate;
  start({[&] { gate.pass(); }});
  submit("a");
  ASSERT_TRUE(store_->commits.wait_for(1));
  submit("b");
  std::thread destroyer([this] { stop(); });
  gate.open();
  destroyer.join();
  EXPECT_EQ(store_->commits.entries(), (Names{"a", "b"}));
}

TEST_F(Writer, without_functions_it_just_writes) {
  store_ = std::make_shared<ScriptedStore>(std::deque{fail("disk full")});
  {
    StoreWriter writer(store_, nullptr);
    std::vector<LinkUpdate> batch(1);
    batch[0].id = "a";
    writer.submit(std::move(batch), true, nullptr);
    ASSERT_TRUE(store_->commits.wait_for(2));
  }
  EXPECT_EQ(store_->commits.entries(), (Names{"a", "a"}));
}

TEST_F(Writer, batches_of_many_threads_come_back_each_to_its_own_in_order) {
  constexpr int threads = 4;
  constexpr int batches = 200;
  std::vector<Log> logs(threads);
  StoreWriter writer(std::make_shared<RamStore>(), nullptr);
  std::vector<std::thread> submitters;
  for (int t = 0; t < threads; ++t) {
    submitters.emplace_back([&writer, &log = logs[static_cast<std::size_t>(t)], id = "link" + std::to_string(t)] {
      for (int i = 0; i < batches; ++i) {
        std::vector<LinkUpdate> batch(1);
        batch[0].id = id;
        batch[0].create = i == 0;
        batch[0].numbers.rx = static_cast<std::uint32_t>(i);
        writer.submit(std::move(batch), i % 3 != 0,
                      [&log](const std::vector<LinkUpdate>& updates, const auto& results) {
                        log.add(updates[0].id + " " + std::to_string(updates[0].numbers.rx) +
                                (results[0].applied ? "" : " fenced"));
                      });
      }
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  for (int t = 0; t < threads; ++t) {
    Log& log = logs[static_cast<std::size_t>(t)];
    ASSERT_TRUE(log.wait_for(batches));
    const Names entries = log.entries();
    for (int i = 0; i < batches; ++i) {
      EXPECT_EQ(entries[static_cast<std::size_t>(i)], "link" + std::to_string(t) + " " + std::to_string(i));
    }
  }
}

}  // namespace
}  // namespace tautline::test
