#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tautline::test {

/// A directory of its own, removed with the object.
class TemporaryDirectory {
 public:
  /// In memory where there is such a place: what most tests show does not depend on a real disk, but their time would.
  TemporaryDirectory() {
    if (!make("/dev/shm") && !make(std::filesystem::temp_directory_path())) fail();
  }
  /// Below that one, for tests that want a real disk.
  explicit TemporaryDirectory(const std::filesystem::path& parent) {
    if (!make(parent)) fail();
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  bool make(const std::filesystem::path& parent) {
    std::string name = (parent / "tautline_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return false;
    path_ = name;
    return true;
  }
  [[noreturn]] static void fail() { throw std::runtime_error("no temporary directory"); }

  std::filesystem::path path_;
};

}  // namespace tautline::test
