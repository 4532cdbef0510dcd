#include "vfs/sim_vfs.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

#include <sqlite3.h>

#include "vfs/sim_handle.hpp"

namespace tautline::sim {
namespace {

SimDisk& disk_of(sqlite3_vfs* vfs) {
  return static_cast<SimVfs*>(vfs->pAppData)->disk();
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* to, int flags, int* out_flags) {
  static std::atomic<unsigned> temporary{0};
  to->pMethods = nullptr;
  SimDisk& disk = disk_of(vfs);
  const std::string name = path != nullptr ? path : "/temporary-" + std::to_string(++temporary);
  const bool writable = (flags & SQLITE_OPEN_READWRITE) != 0;
  DiskResult result = DiskResult::ok;
  const std::uint64_t life = disk.life();
  const auto file = disk.open(name, (flags & SQLITE_OPEN_CREATE) != 0, result);
  if (!file) return result == DiskResult::read_only ? SQLITE_READONLY : SQLITE_CANTOPEN;
  const bool read_only = !writable || disk.faults().read_only;
  // SQLite's own VFS for Unix makes the names of journals durable with their first sync, and no others.
  const bool journal =
      (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0 && writable;
  auto* const handle = new (to) SimHandle;
  handle->open(disk, file, life, name, (flags & SQLITE_OPEN_DELETEONCLOSE) != 0, journal);
  if (out_flags != nullptr) {
    *out_flags = read_only ? (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY : flags;
  }
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  switch (disk_of(vfs).remove(path, sync_directory != 0)) {
    case DiskResult::ok: return SQLITE_OK;
    case DiskResult::missing: return SQLITE_IOERR_DELETE_NOENT;
    default: return SQLITE_IOERR_DELETE;
  }
}

int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  SimDisk& disk = disk_of(vfs);
  DiskResult opened = DiskResult::ok;
  const auto file = disk.exists(path) ? disk.open(path, false, opened) : nullptr;
  if (opened == DiskResult::failed) return SQLITE_IOERR_ACCESS;
  *result = file != nullptr ? 1 : 0;
  if (!file) return SQLITE_OK;
  std::uint64_t size = 0;
  if (flags == SQLITE_ACCESS_EXISTS) *result = disk.size(disk.life(), *file, size) == DiskResult::ok && size > 0;
  if (flags == SQLITE_ACCESS_READWRITE && disk.faults().read_only) *result = 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* to) {
  const int length = std::snprintf(to, static_cast<std::size_t>(size), "%s%s", path[0] == '/' ? "" : "/", path);
  return length < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

int randomness(sqlite3_vfs* vfs, int count, char* to) {
  disk_of(vfs).randomness(to, static_cast<std::size_t>(count));
  return count;
}

int sleep_a_while(sqlite3_vfs* vfs, int microseconds) {
  disk_of(vfs).sleep((microseconds + 999) / 1000);
  return microseconds;
}

int current_time_ms(sqlite3_vfs* vfs, sqlite3_int64* to) {
  constexpr sqlite3_int64 unix_epoch = 24405875LL * 8640000;
  *to = unix_epoch + disk_of(vfs).time();
  return SQLITE_OK;
}

int current_time(sqlite3_vfs* vfs, double* to) {
  sqlite3_int64 ms = 0;
  current_time_ms(vfs, &ms);
  *to = static_cast<double>(ms) / 86400000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

SimVfs::SimVfs(SimDisk& disk, std::string name, bool by_default)
    : disk_(disk), name_(std::move(name)), vfs_(std::make_unique<sqlite3_vfs>()) {
  std::memset(vfs_.get(), 0, sizeof(sqlite3_vfs));
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(SimHandle);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = sleep_a_while;
  vfs_->xCurrentTime = current_time;
  vfs_->xGetLastError = last_error;
  vfs_->xCurrentTimeInt64 = current_time_ms;
  if (sqlite3_vfs_register(vfs_.get(), by_default ? 1 : 0) != SQLITE_OK) {
    throw std::runtime_error("SQLite refused the VFS " + name_);
  }
}

SimVfs::~SimVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

}  // namespace tautline::sim
