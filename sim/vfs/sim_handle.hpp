#pragma once

#include <array>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "vfs/sim_disk.hpp"

namespace tautline::sim {

/// What SQLite holds of an open file. SQLite owns its memory; close() ends its life.
struct SimHandle : sqlite3_file {
  void open(SimDisk& on, std::shared_ptr<SimFile> opened, std::uint64_t during, std::string called, bool temporary,
            bool journal);
  int close();

  int lock(int level);
  int unlock(int level);
  int is_reserved(int* result);

  int map_shm(int region, int size, bool extend, void volatile** to);
  int lock_shm(int first, int count, int flags);
  int unmap_shm();

  std::shared_ptr<SimFile> file;
  /// Of the file when it was opened: a handle that has outlived its process holds no lock of the next one.
  std::shared_ptr<SimFile::Shared> shared;
  SimDisk* disk = nullptr;
  std::uint64_t life = 0;
  std::string name;
  bool delete_on_close = false;
  bool sync_directory = false;  ///< with the next sync

 private:
  struct ShmHold {
    bool shared = false;
    bool exclusive = false;
  };
  int level_ = SQLITE_LOCK_NONE;
  std::array<ShmHold, SQLITE_SHM_NLOCK> shm_held_{};
  bool shm_mapped_ = false;
};

}  // namespace tautline::sim
