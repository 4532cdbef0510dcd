#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tautline/store/session_store.hpp"

namespace bench {

/// Shared between the server's process and the one that prints.
struct StoreCounters {
  std::atomic<std::uint64_t> commits{0};  ///< each is one sync of SQLite's log
  std::atomic<std::uint64_t> lines{0};    ///< received
};

/// Counters in memory that child processes share.
class SharedCounters {
 public:
  SharedCounters() {
    void* const memory =
        ::mmap(nullptr, sizeof(StoreCounters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot share memory");
    counters_ = new (memory) StoreCounters;
  }
  ~SharedCounters() { ::munmap(counters_, sizeof(StoreCounters)); }
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;
  StoreCounters& operator*() { return *counters_; }
  StoreCounters* operator->() { return counters_; }

 private:
  StoreCounters* counters_ = nullptr;
};

/// Passes everything on and counts.
class CountingStore : public tautline::SessionStore {
 public:
  CountingStore(std::shared_ptr<SessionStore> store, StoreCounters& counters)
      : store_(std::move(store)), counters_(counters) {}

  std::vector<tautline::StoredLink> take_over() override { return store_->take_over(); }
  std::vector<tautline::UpdateResult> commit(const std::vector<tautline::LinkUpdate>& updates) override {
    auto results = store_->commit(updates);
    counters_.commits.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t lines = 0;
    for (const tautline::LinkUpdate& update : updates) lines += update.received.size();
    counters_.lines.fetch_add(lines, std::memory_order_relaxed);
    return results;
  }
  std::string name() const override { return store_->name(); }

 private:
  std::shared_ptr<SessionStore> store_;
  StoreCounters& counters_;
};

}  // namespace bench
