#include "tautline/store/store_writer.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace tautline {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{50};
constexpr milliseconds longest_pause{2000};
constexpr Clock::time_point never = Clock::time_point::max();

}  // namespace

struct StoreWriter::Impl {
  Impl(SessionStore& store_of_writer, Health health_of_writer)
      : store(store_of_writer), health(std::move(health_of_writer)), thread([this] { run(); }) {}

  struct Batch {
    std::vector<LinkUpdate> updates;
    Done done;
  };
  struct Part {
    std::size_t count;
    Done done;
  };

  void run();
  bool wait();
  bool try_commit();
  void deliver(std::vector<UpdateResult> results);
  void failed(const std::string& problem);
  void tell_health(const std::string& problem);

  SessionStore& store;
  const Health health;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Batch> queue;
  Clock::time_point due = never;  ///< of the queue
  bool stopping = false;

  /// Held while a function of the user's is called, so that the destructor can wait for its end.
  std::mutex calling;
  bool silent = false;

  // The thread's own.
  std::vector<LinkUpdate> group;  ///< taken from the queue, not committed
  std::vector<Part> parts;        ///< the batches of the group
  std::string problem_told;
  milliseconds pause = first_pause;
  Clock::time_point retry_at{};

  std::thread thread;  // last: it uses all of the above
};

StoreWriter::StoreWriter(std::shared_ptr<SessionStore> store, Health health)
    : store_(std::move(store)), impl_(std::make_unique<Impl>(*store_, std::move(health))) {}

StoreWriter::~StoreWriter() {
  {
    const std::lock_guard lock(impl_->calling);
    impl_->silent = true;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

void StoreWriter::submit(std::vector<LinkUpdate> batch, bool urgent, Done done) {
  const Clock::time_point due = urgent ? Clock::time_point::min() : Clock::now() + milliseconds(lazy_ms);
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->queue.push_back({std::move(batch), std::move(done)});
    if (due >= impl_->due) return;
    impl_->due = due;
  }
  impl_->changed.notify_one();
}

void StoreWriter::Impl::run() {
  bool go_on = true;
  while (go_on) {
    go_on = wait();
    if (!group.empty() || !parts.empty()) try_commit();
  }
}

/// Until there is something to commit; takes it into the group. False: the writer stops, this is the last attempt.
bool StoreWriter::Impl::wait() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    // While commits fail, new batches don't make the attempts more frequent.
    const Clock::time_point until = parts.empty() ? due : retry_at;
    if (until == never) {
      changed.wait(lock);
    } else if (Clock::now() >= until) {
      break;
    } else {
      changed.wait_until(lock, until);
    }
  }
  for (Batch& batch : queue) {
    parts.push_back({batch.updates.size(), std::move(batch.done)});
    std::move(batch.updates.begin(), batch.updates.end(), std::back_inserter(group));
  }
  queue.clear();
  due = never;
  return !stopping;
}

bool StoreWriter::Impl::try_commit() {
  std::vector<UpdateResult> results;
  try {
    results = store.commit(group);
  } catch (const std::exception& error) {
    failed(error.what());
    return false;
  }
  assert(results.size() == group.size());
  pause = first_pause;
  if (!problem_told.empty()) tell_health({});
  deliver(std::move(results));
  return true;
}

void StoreWriter::Impl::failed(const std::string& problem) {
  if (problem != problem_told) tell_health(problem);
  retry_at = Clock::now() + pause;
  pause = std::min(2 * pause, longest_pause);
}

void StoreWriter::Impl::tell_health(const std::string& problem) {
  problem_told = problem;
  const std::lock_guard lock(calling);
  if (health && !silent) health(problem);
}

/// Each batch back to whoever submitted it.
void StoreWriter::Impl::deliver(std::vector<UpdateResult> results) {
  auto update = group.begin();
  auto result = results.begin();
  for (Part& part : parts) {
    const auto count = static_cast<std::ptrdiff_t>(part.count);
    std::vector<LinkUpdate> batch(std::make_move_iterator(update), std::make_move_iterator(update + count));
    std::vector<UpdateResult> own(std::make_move_iterator(result), std::make_move_iterator(result + count));
    update += count;
    result += count;
    const std::lock_guard lock(calling);
    if (part.done && !silent) part.done(std::move(batch), std::move(own));
  }
  group.clear();
  parts.clear();
}

}  // namespace tautline
