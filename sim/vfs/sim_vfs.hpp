#pragma once

#include <memory>
#include <string>

#include "vfs/sim_disk.hpp"

struct sqlite3_vfs;

namespace tautline::sim {

/// A VFS of SQLite whose files are on a SimDisk. Connections of one program share files, locks and the shared memory of
/// WAL mode, as those of several processes would. Time and randomness are the disk's; sleeping only advances its time.
///
/// Registered under `name` while the object lives; no connection may outlive it.
class SimVfs {
 public:
  /// `by_default`: connections that name no VFS get this one.
  SimVfs(SimDisk& disk, std::string name, bool by_default = false);
  ~SimVfs();
  SimVfs(const SimVfs&) = delete;
  SimVfs& operator=(const SimVfs&) = delete;

  const std::string& name() const { return name_; }
  SimDisk& disk() { return disk_; }

 private:
  SimDisk& disk_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace tautline::sim
