#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tautline/store/session_store.hpp"

namespace tautline {

/// The thread of a store: commits block there, not in the event loop.
///
/// Batches are committed in the order of submit(), all that wait in one transaction. A commit that fails for a reason
/// that may pass is tried again, with pauses, until it succeeds: nothing submitted is given up while the writer lives.
class StoreWriter {
 public:
  /// Called on the writer's thread, once for each batch, in order; results are parallel to the batch's updates.
  using Done = std::function<void(std::vector<LinkUpdate> batch, std::vector<UpdateResult> results)>;
  /// Called on the writer's thread: commits fail for this reason; empty: they succeed again.
  using Health = std::function<void(const std::string& problem)>;

  /// A batch that is not urgent waits this long for company.
  static constexpr unsigned lazy_ms = 50;

  StoreWriter(std::shared_ptr<SessionStore> store, Health health);
  /// Commits what was submitted, if it can be committed at once; calls no more of the functions given after it began.
  ~StoreWriter();
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  /// From any thread. `urgent`: somebody waits for it.
  void submit(std::vector<LinkUpdate> batch, bool urgent, Done done);

  SessionStore& store() { return *store_; }

 private:
  std::shared_ptr<SessionStore> store_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tautline
