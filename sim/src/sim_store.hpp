#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "event_queue.hpp"
#include "tautline/server/shard.hpp"
#include "tautline/store/ram_store.hpp"
#include "vfs/sim_vfs.hpp"

namespace tautline::sim {

struct Context;

enum class StoreKind : std::uint8_t {
  none,    ///< the server's records are in its memory, and die with it
  ram,     ///< RamStore, which outlives the server's process: what a perfect disk would do
  sqlite,  ///< the shipped SqliteStore on a simulated disk, which can fail
};

/// A line that an application has dealt with is dealt with again.
struct DoneTwice : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What an application writes down about a line, in the transaction that consumes it.
struct Deed {
  LineIdentity identity;
  std::string line;
};

/// What stands behind a server's Shard: the store, and its thread in simulated time, which commits what waits in one
/// transaction, tries again what failed, and dies with the process, before or after a commit, or in the middle.
class SimStore final : public ShardStore {
 public:
  SimStore(Context& context, StoreKind kind);
  ~SimStore() override;

  /// A process begins: it takes all links over. Throws StoreError.
  std::vector<StoredLink> open();
  /// A process is gone, with what waits. `crash`: so is the machine, and what the disk had not synced.
  void process_gone(bool crash);
  /// Another server takes all links over, and goes away again.
  void let_another_take_over();

  // ---- ShardStore
  void submit(std::vector<LinkUpdate> batch, bool urgent) override;

  /// Handles EventKind::store_commit. False: the power failed in the middle of it.
  bool on_commit_due(std::uint32_t serial);
  struct Finished {
    std::vector<LinkUpdate> batch;
    std::vector<UpdateResult> results;
  };
  /// The next batch that is durable and of which the server has not heard.
  std::optional<Finished> take_finished();
  bool is_idle() const { return waiting_.empty() && finished_.empty(); }

  // ---- the application's own table in the store
  StoreEffect effect(std::uint32_t id, Deed deed);
  /// Those of this client after the first `known`, in order. Throws StoreError.
  std::vector<Deed> deeds(std::uint32_t id, std::size_t known);

  // ---- misfortune
  /// The disk fails in some way, until heal().
  void hurt();
  void heal();
  bool has_no_power() const { return disk_ && !disk_->has_power(); }
  /// In the middle of one of the next commits.
  void fail_power_soon();

 private:
  bool commit();
  void schedule(Time delay);
  std::shared_ptr<SessionStore> make_handle();

  Context& context_;
  StoreKind kind_;
  std::shared_ptr<RamStore> ram_;
  std::map<std::uint32_t, std::vector<Deed>> ram_deeds_;
  std::unique_ptr<SimDisk> disk_;
  std::unique_ptr<SimVfs> vfs_;
  std::shared_ptr<SessionStore> store_;  ///< the process's
  std::vector<std::vector<LinkUpdate>> waiting_;
  std::deque<Finished> finished_;
  Time due_ = 0;  ///< 0: no commit is planned
  std::uint32_t serial_ = 0;
};

}  // namespace tautline::sim
