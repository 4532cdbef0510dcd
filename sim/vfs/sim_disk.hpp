#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "src/random.hpp"

namespace tautline::sim {

/// What a disk does with a sync.
enum class SyncFault : std::uint8_t {
  none,
  /// It reports an error. As Linux does then: of what was written since the last sync some reached the disk, the rest
  /// never will, although it can still be read and later syncs succeed.
  fail,
  /// It reports success and makes nothing durable.
  lie,
};

/// May be changed at any time, SimDisk::set_faults().
struct DiskFaults {
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
  SyncFault sync = SyncFault::none;
  std::uint64_t capacity = unlimited;  ///< bytes of all files together; a write beyond it is cut short: disk full
  bool read_only = false;
  bool read_error = false;
  bool locked = false;  ///< another process is writing, for ever: nobody else can
};

enum class DiskResult : std::uint8_t { ok, short_read, failed, full, read_only, missing };

/// One file's bytes, as programs see them and as they would be found after a power failure.
class SimFile {
 public:
  static constexpr std::size_t sector_bytes = 512;
  using Sector = std::array<std::uint8_t, sector_bytes>;

  std::uint64_t size() const { return live_.size(); }
  void read(void* to, std::size_t count, std::uint64_t offset) const;
  void write(const void* from, std::size_t count, std::uint64_t offset);
  void truncate(std::uint64_t size);
  void sync();
  void fail_sync(Random& random);
  /// What is on the disk when the power comes back.
  void lose_power(Random& random);

  /// Locks and shared memory of the VFS: they end with the processes.
  struct Shared {
    struct ShmLock {
      unsigned readers = 0;
      const void* writer = nullptr;
    };
    unsigned readers = 0;
    const void* reserved = nullptr;
    const void* pending = nullptr;  ///< or exclusive
    unsigned shm_users = 0;
    std::array<ShmLock, 8> shm_locks{};
    std::vector<std::unique_ptr<std::uint8_t[]>> shm;
  };
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();

 private:
  Sector sector_of(const std::vector<std::uint8_t>& bytes, std::uint64_t number) const;
  void put_durable(std::uint64_t number, const Sector& sector);
  void remember(std::uint64_t first, std::uint64_t last);
  std::uint64_t draw_size(Random& random) const;

  std::vector<std::uint8_t> live_;
  std::vector<std::uint8_t> durable_;  ///< may be longer or shorter than durable_size_: bytes beyond are zeros
  std::uint64_t durable_size_ = 0;
  /// Contents that sectors had since the last sync, oldest first: any of them may be the one that survives.
  std::map<std::uint64_t, std::vector<Sector>> unsynced_;
  std::vector<std::uint64_t> unsynced_sizes_;
};

/// A disk in memory, which can lose its power and fail in the ways that disks do.
///
/// What was not synced is at the mercy of a power failure: each sector (512 bytes) has any of the contents that it had
/// since the last sync, independently of the others (so writes are reordered and torn), now and then half of one and
/// half of the next; the size of a file and the names in the directory likewise. All draws come from the seed.
///
/// Thread-safe.
class SimDisk {
 public:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  explicit SimDisk(std::uint64_t seed) : random_(Random::mix(seed)) {}

  // ---- misfortune
  void set_faults(const DiskFaults& faults);
  DiskFaults faults() const;
  /// So many operations that change something still happen; in the middle of the next one the power fails, and from
  /// then on everything fails until power_cycle(). 0 hits the next operation.
  void cut_power_after(std::uint64_t operations);
  bool has_power() const;
  /// Power failure, if there was none before, and what is found when it returns. Handles of before are dead.
  void power_cycle();
  /// The processes are gone, the machine is not: their handles are dead, what they wrote is still there.
  void kill_processes();
  /// Operations that changed something, so far.
  std::uint64_t operations() const;
  std::uint64_t syncs() const;
  /// Bytes of all files.
  std::uint64_t used() const;

  /// Milliseconds since 1970. Passes only by set_time() and when SQLite sleeps.
  void set_time(std::int64_t unix_ms);
  std::int64_t time() const;
  void sleep(std::int64_t ms);
  void randomness(void* to, std::size_t count);

  // ---- files, for the VFS. `life` is that of the handle: after a power failure or kill it is over.
  std::uint64_t life() const;
  bool exists(const std::string& name) const;
  std::shared_ptr<SimFile> open(const std::string& name, bool create, DiskResult& result);
  DiskResult remove(const std::string& name, bool sync_directory);
  DiskResult read(std::uint64_t life, SimFile& file, void* to, std::size_t count, std::uint64_t offset);
  DiskResult write(std::uint64_t life, SimFile& file, const void* from, std::size_t count, std::uint64_t offset);
  DiskResult truncate(std::uint64_t life, SimFile& file, std::uint64_t size);
  DiskResult sync(std::uint64_t life, SimFile& file, bool directory_too);
  DiskResult size(std::uint64_t life, const SimFile& file, std::uint64_t& size);
  std::mutex& mutex() const { return mutex_; }
  /// For callers that hold mutex().
  bool is_alive(std::uint64_t life) const { return power_ && life == life_; }
  bool is_locked() const { return faults_.locked; }

 private:
  using Directory = std::map<std::string, std::shared_ptr<SimFile>>;
  std::uint64_t used_bytes() const;
  bool last_operation();

  mutable std::mutex mutex_;
  Random random_;
  DiskFaults faults_;
  Directory live_;
  Directory durable_;
  std::uint64_t life_ = 1;
  std::uint64_t operations_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t operations_left_ = never;
  std::int64_t time_ms_ = 1'700'000'000'000;
  bool power_ = true;
};

}  // namespace tautline::sim
