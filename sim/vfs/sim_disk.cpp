#include "vfs/sim_disk.hpp"

#include <algorithm>
#include <cstring>

namespace tautline::sim {

using Guard = std::lock_guard<std::mutex>;

// ---- misfortune
// -------------------------------------------------------------------------------------------------------------

void SimDisk::set_faults(const DiskFaults& faults) {
  const Guard guard(mutex_);
  faults_ = faults;
}

DiskFaults SimDisk::faults() const {
  const Guard guard(mutex_);
  return faults_;
}

void SimDisk::cut_power_after(std::uint64_t operations) {
  const Guard guard(mutex_);
  operations_left_ = operations;
}

bool SimDisk::has_power() const {
  const Guard guard(mutex_);
  return power_;
}

void SimDisk::power_cycle() {
  const Guard guard(mutex_);
  // A name that was made or removed and not synced is there or not.
  Directory found;
  for (const Directory* directory : {&durable_, &live_}) {
    for (const auto& [name, file] : *directory) {
      const Directory& other = directory == &durable_ ? live_ : durable_;
      const auto there = other.find(name);
      const bool certain = there != other.end() && there->second == file;
      if (certain || random_.permille(500)) found[name] = file;
    }
  }
  for (const auto& [name, file] : found) file->lose_power(random_);
  live_ = durable_ = found;
  ++life_;
  power_ = true;
  operations_left_ = never;
}

void SimDisk::kill_processes() {
  const Guard guard(mutex_);
  for (const auto& [name, file] : live_) file->shared = std::make_shared<SimFile::Shared>();
  ++life_;
}

std::uint64_t SimDisk::operations() const {
  const Guard guard(mutex_);
  return operations_;
}

std::uint64_t SimDisk::syncs() const {
  const Guard guard(mutex_);
  return syncs_;
}

std::uint64_t SimDisk::used() const {
  const Guard guard(mutex_);
  return used_bytes();
}

std::uint64_t SimDisk::used_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, file] : live_) sum += file->size();
  return sum;
}

/// Counts an operation that changes something. True: the power fails in the middle of it.
bool SimDisk::last_operation() {
  ++operations_;
  if (operations_left_ == never) return false;
  if (operations_left_-- != 0) return false;
  power_ = false;
  return true;
}

void SimDisk::set_time(std::int64_t unix_ms) {
  const Guard guard(mutex_);
  time_ms_ = unix_ms;
}

std::int64_t SimDisk::time() const {
  const Guard guard(mutex_);
  return time_ms_;
}

void SimDisk::sleep(std::int64_t ms) {
  const Guard guard(mutex_);
  time_ms_ += ms;
}

void SimDisk::randomness(void* to, std::size_t count) {
  const Guard guard(mutex_);
  auto* out = static_cast<std::uint8_t*>(to);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(random_.next());
}

// ---- files
// ------------------------------------------------------------------------------------------------------------------

std::uint64_t SimDisk::life() const {
  const Guard guard(mutex_);
  return life_;
}

bool SimDisk::exists(const std::string& name) const {
  const Guard guard(mutex_);
  return live_.count(name) != 0;
}

std::shared_ptr<SimFile> SimDisk::open(const std::string& name, bool create, DiskResult& result) {
  const Guard guard(mutex_);
  result = DiskResult::ok;
  const auto there = live_.find(name);
  if (!power_) {
    result = DiskResult::failed;
  } else if (there != live_.end()) {
    return there->second;
  } else if (!create) {
    result = DiskResult::missing;
  } else if (faults_.read_only) {
    result = DiskResult::read_only;
  } else if (last_operation() && random_.permille(500)) {
    result = DiskResult::failed;
  } else {
    return live_[name] = std::make_shared<SimFile>();
  }
  return nullptr;
}

DiskResult SimDisk::remove(const std::string& name, bool sync_directory) {
  const Guard guard(mutex_);
  if (!power_) return DiskResult::failed;
  if (live_.count(name) == 0) return DiskResult::missing;
  if (faults_.read_only) return DiskResult::read_only;
  const bool cut = last_operation();
  live_.erase(name);
  if (cut) return DiskResult::failed;
  if (sync_directory && faults_.sync == SyncFault::fail) return DiskResult::failed;
  if (sync_directory && faults_.sync == SyncFault::none) durable_ = live_;
  return DiskResult::ok;
}

DiskResult SimDisk::read(std::uint64_t life, SimFile& file, void* to, std::size_t count, std::uint64_t offset) {
  const Guard guard(mutex_);
  if (!is_alive(life) || faults_.read_error) return DiskResult::failed;
  file.read(to, count, offset);
  return offset + count > file.size() ? DiskResult::short_read : DiskResult::ok;
}

DiskResult SimDisk::write(std::uint64_t life, SimFile& file, const void* from, std::size_t count,
                          std::uint64_t offset) {
  const Guard guard(mutex_);
  if (!is_alive(life)) return DiskResult::failed;
  if (faults_.read_only) return DiskResult::read_only;
  const std::uint64_t end = offset + count;
  const std::uint64_t more = end > file.size() ? end - file.size() : 0;
  const std::uint64_t used = used_bytes();
  const bool full = more != 0 && more + used > faults_.capacity;
  if (full) {
    const std::uint64_t room = faults_.capacity > used ? faults_.capacity - used : 0;
    const std::uint64_t last = file.size() + room;
    count = last > offset ? static_cast<std::size_t>(std::min<std::uint64_t>(last - offset, count)) : 0;
  }
  const bool cut = last_operation();
  file.write(from, count, offset);
  if (cut) return DiskResult::failed;
  return full ? DiskResult::full : DiskResult::ok;
}

DiskResult SimDisk::truncate(std::uint64_t life, SimFile& file, std::uint64_t size) {
  const Guard guard(mutex_);
  if (!is_alive(life)) return DiskResult::failed;
  if (faults_.read_only) return DiskResult::read_only;
  const bool cut = last_operation();
  file.truncate(size);
  return cut ? DiskResult::failed : DiskResult::ok;
}

DiskResult SimDisk::sync(std::uint64_t life, SimFile& file, bool directory_too) {
  const Guard guard(mutex_);
  if (!is_alive(life)) return DiskResult::failed;
  if (last_operation()) return DiskResult::failed;  // nothing more is durable than before
  ++syncs_;
  switch (faults_.sync) {
    case SyncFault::lie: return DiskResult::ok;
    case SyncFault::fail: file.fail_sync(random_); return DiskResult::failed;
    case SyncFault::none: break;
  }
  file.sync();
  if (directory_too) durable_ = live_;
  return DiskResult::ok;
}

DiskResult SimDisk::size(std::uint64_t life, const SimFile& file, std::uint64_t& size) {
  const Guard guard(mutex_);
  if (!is_alive(life)) return DiskResult::failed;
  size = file.size();
  return DiskResult::ok;
}

}  // namespace tautline::sim
