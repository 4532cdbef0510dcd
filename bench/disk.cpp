#include "disk.hpp"

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>

#include "process.hpp"

namespace bench {

WorkDirectory::WorkDirectory(const std::filesystem::path& below) {
  std::string pattern = (below / "tautline-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a directory below " + below.string());
  path_ = pattern;
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string file_system_of(const std::filesystem::path& directory) {
  struct statfs found {};
  if (::statfs(directory.c_str(), &found) != 0) return "unknown";
  switch (static_cast<unsigned long>(found.f_type)) {
    case 0xEF53: return "ext4";
    case 0x01021994: return "tmpfs";
    case 0x794C7630: return "overlayfs";
    case 0x58465342: return "xfs";
    case 0x9123683E: return "btrfs";
    default: return "type " + std::to_string(found.f_type);
  }
}

LoadResult append_and_sync(const std::filesystem::path& directory, unsigned lines_per_sync, double seconds) {
  constexpr std::size_t line_bytes = 32;
  const std::string name = (directory / "append").string();
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot write " + name);
  const std::string lines(lines_per_sync * line_bytes, 'x');
  LoadResult result;
  const auto start = Clock::now();
  auto before = start;
  while (seconds_since(start) < seconds) {
    const bool done = ::write(file, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
    if (!done || ::fdatasync(file) != 0) throw std::runtime_error("cannot write " + name);
    const auto now = Clock::now();
    result.latencies_us.push_back(1e6 * std::chrono::duration<double>(now - before).count());
    before = now;
    result.lines += lines_per_sync;
  }
  result.seconds = seconds_since(start);
  std::sort(result.latencies_us.begin(), result.latencies_us.end());
  ::close(file);
  ::unlink(name.c_str());
  return result;
}

}  // namespace bench
