#include "vfs/sim_handle.hpp"

#include <atomic>

namespace tautline::sim {
namespace {

using Guard = std::lock_guard<std::mutex>;

SimHandle& handle_of(sqlite3_file* file) {
  return *static_cast<SimHandle*>(file);
}

int close_file(sqlite3_file* file) {
  return handle_of(file).close();
}

int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  SimHandle& handle = handle_of(file);
  switch (handle.disk->read(handle.life, *handle.file, to, static_cast<std::size_t>(count),
                            static_cast<std::uint64_t>(offset))) {
    case DiskResult::ok: return SQLITE_OK;
    case DiskResult::short_read: return SQLITE_IOERR_SHORT_READ;
    default: return SQLITE_IOERR_READ;
  }
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  SimHandle& handle = handle_of(file);
  switch (handle.disk->write(handle.life, *handle.file, from, static_cast<std::size_t>(count),
                             static_cast<std::uint64_t>(offset))) {
    case DiskResult::ok: return SQLITE_OK;
    case DiskResult::full: return SQLITE_FULL;
    default: return SQLITE_IOERR_WRITE;  // also for a file system that has become read-only, as on Unix
  }
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  SimHandle& handle = handle_of(file);
  const DiskResult result = handle.disk->truncate(handle.life, *handle.file, static_cast<std::uint64_t>(size));
  return result == DiskResult::ok ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync_file(sqlite3_file* file, int) {
  SimHandle& handle = handle_of(file);
  if (handle.disk->sync(handle.life, *handle.file, handle.sync_directory) != DiskResult::ok) return SQLITE_IOERR_FSYNC;
  handle.sync_directory = false;
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* to) {
  SimHandle& handle = handle_of(file);
  std::uint64_t size = 0;
  if (handle.disk->size(handle.life, *handle.file, size) != DiskResult::ok) return SQLITE_IOERR_FSTAT;
  *to = static_cast<sqlite3_int64>(size);
  return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
  return handle_of(file).lock(level);
}

int unlock_file(sqlite3_file* file, int level) {
  return handle_of(file).unlock(level);
}

int check_reserved(sqlite3_file* file, int* result) {
  return handle_of(file).is_reserved(result);
}

int control_file(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
  return 4096;  // what SQLite's own VFS for Unix says, although torn writes are finer
}

int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;  // likewise; a torn sector keeps the bytes around what was written
}

int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** to) {
  return handle_of(file).map_shm(region, size, extend != 0, to);
}

int shm_lock(sqlite3_file* file, int first, int count, int flags) {
  return handle_of(file).lock_shm(first, count, flags);
}

void shm_barrier(sqlite3_file*) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int shm_unmap(sqlite3_file* file, int) {
  return handle_of(file).unmap_shm();
}

const sqlite3_io_methods methods = {
    2,         close_file,  read_file,      write_file,   truncate_file, sync_file,       size_of_file,
    lock_file, unlock_file, check_reserved, control_file, sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,      nullptr,      nullptr,
};

}  // namespace

void SimHandle::open(SimDisk& on, std::shared_ptr<SimFile> opened, std::uint64_t during, std::string called,
                     bool temporary, bool journal) {
  pMethods = &methods;
  disk = &on;
  file = std::move(opened);
  shared = file->shared;
  life = during;
  name = std::move(called);
  delete_on_close = temporary;
  sync_directory = journal;
}

int SimHandle::close() {
  unlock(SQLITE_LOCK_NONE);
  unmap_shm();
  if (delete_on_close) disk->remove(name, false);
  this->~SimHandle();
  return SQLITE_OK;
}

// ---- the five locks of a database file
// --------------------------------------------------------------------------------------

int SimHandle::lock(int level) {
  const Guard guard(disk->mutex());
  if (level_ >= level) return SQLITE_OK;
  if (!disk->is_alive(life)) return SQLITE_IOERR_LOCK;
  if (disk->is_locked() && level > SQLITE_LOCK_SHARED) return SQLITE_BUSY;
  const auto others_hold = [this](const void* holder) { return holder != nullptr && holder != this; };
  if (level_ == SQLITE_LOCK_NONE) {
    if (others_hold(shared->pending)) return SQLITE_BUSY;
    ++shared->readers;
    level_ = SQLITE_LOCK_SHARED;
  }
  if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
  if (others_hold(shared->reserved) || others_hold(shared->pending)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_RESERVED) {
    shared->reserved = this;
    level_ = SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
  }
  shared->pending = this;
  level_ = SQLITE_LOCK_PENDING;
  if (shared->readers > 1) return SQLITE_BUSY;
  level_ = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int SimHandle::unlock(int level) {
  const Guard guard(disk->mutex());
  if (level_ <= level) return SQLITE_OK;
  if (shared->reserved == this) shared->reserved = nullptr;
  if (shared->pending == this) shared->pending = nullptr;
  if (level == SQLITE_LOCK_NONE) --shared->readers;
  level_ = level;
  return SQLITE_OK;
}

int SimHandle::is_reserved(int* result) {
  const Guard guard(disk->mutex());
  *result = disk->is_locked() || shared->reserved != nullptr || shared->pending != nullptr;
  return SQLITE_OK;
}

// ---- shared memory of WAL mode
// ----------------------------------------------------------------------------------------------

int SimHandle::map_shm(int region, int size, bool extend, void volatile** to) {
  const Guard guard(disk->mutex());
  *to = nullptr;
  if (!disk->is_alive(life)) return SQLITE_IOERR_SHMMAP;
  if (!shm_mapped_) {
    shm_mapped_ = true;
    if (shared->shm_users++ == 0) shared->shm.clear();
  }
  const auto wanted = static_cast<std::size_t>(region);
  while (extend && shared->shm.size() <= wanted) {
    shared->shm.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size)));
  }
  if (wanted < shared->shm.size()) *to = shared->shm[wanted].get();
  return SQLITE_OK;
}

int SimHandle::lock_shm(int first, int count, int flags) {
  const Guard guard(disk->mutex());
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  const auto end = static_cast<std::size_t>(first + count);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (auto i = static_cast<std::size_t>(first); i < end; ++i) {
      if (shm_held_[i].exclusive) shared->shm_locks[i].writer = nullptr;
      if (shm_held_[i].shared) --shared->shm_locks[i].readers;
      shm_held_[i] = {};
    }
    return SQLITE_OK;
  }
  if (!disk->is_alive(life)) return SQLITE_IOERR_SHMLOCK;
  if (disk->is_locked() && exclusive && first == 0) return SQLITE_BUSY;  // the first is the writer's
  for (auto i = static_cast<std::size_t>(first); i < end; ++i) {
    const SimFile::Shared::ShmLock& lock = shared->shm_locks[i];
    const bool writer = lock.writer != nullptr && lock.writer != this;
    const bool readers = lock.readers > (shm_held_[i].shared ? 1U : 0U);
    if (writer || (exclusive && readers)) return SQLITE_BUSY;
  }
  for (auto i = static_cast<std::size_t>(first); i < end; ++i) {
    SimFile::Shared::ShmLock& lock = shared->shm_locks[i];
    if (exclusive && !shm_held_[i].exclusive) {
      lock.writer = this;
      shm_held_[i].exclusive = true;
    } else if (!exclusive && !shm_held_[i].shared) {
      ++lock.readers;
      shm_held_[i].shared = true;
    }
  }
  return SQLITE_OK;
}

int SimHandle::unmap_shm() {
  const Guard guard(disk->mutex());
  if (!shm_mapped_) return SQLITE_OK;
  shm_mapped_ = false;
  if (--shared->shm_users == 0) shared->shm.clear();
  return SQLITE_OK;
}

}  // namespace tautline::sim
