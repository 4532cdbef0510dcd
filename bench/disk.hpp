#pragma once

#include <filesystem>
#include <string>

#include "load.hpp"

/// The disk below the durable measurements, and what it does by itself.
namespace bench {

/// A directory of its own, removed with all that is in it at the end.
class WorkDirectory {
 public:
  explicit WorkDirectory(const std::filesystem::path& below);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// "ext4", "tmpfs", ...: a sync to memory says nothing.
std::string file_system_of(const std::filesystem::path& directory);

/// Appends lines to a new file, `lines_per_sync` with one write, then fdatasync. The latency is that of both.
LoadResult append_and_sync(const std::filesystem::path& directory, unsigned lines_per_sync, double seconds);

}  // namespace bench
