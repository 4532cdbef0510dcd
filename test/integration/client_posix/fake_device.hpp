#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "temporary_folder.hpp"

namespace tautline::test {

/// What is written to a device, and whether anybody has it open.
class FakeDevice {
 public:
  FakeDevice() {
    ::mkfifo(path.c_str(), 0600);
    reader_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~FakeDevice() { ::close(reader_); }
  FakeDevice(const FakeDevice&) = delete;
  FakeDevice& operator=(const FakeDevice&) = delete;

  /// The bytes since the last call.
  std::string heard() {
    std::string bytes;
    char byte = 0;
    ssize_t count = 0;
    while ((count = ::read(reader_, &byte, 1)) == 1) bytes += byte;
    is_open_ = count < 0 && errno == EAGAIN;
    return bytes;
  }
  bool is_open() {
    unread_ += heard();
    return is_open_;
  }

  TemporaryFolder folder;
  std::string path = folder / "watchdog";

 private:
  int reader_ = -1;
  bool is_open_ = false;
  std::string unread_;
};

}  // namespace tautline::test
