#include "log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace local_log {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

}  // namespace

LogFile::~LogFile() {
  if (file_ >= 0) ::close(file_);
}

std::error_code LogFile::append(std::string_view line) {
  if (file_ >= 0 && size_ >= limits_.bytes) {
    if (const std::error_code error = rotate()) return error;
  }
  if (file_ < 0) {
    if (const std::error_code error = open()) return error;
  }
  if (const std::error_code error = write_all(std::string(line) + '\n')) return error;
  ++lines_;
  return {};
}

std::error_code LogFile::sync() {
  if (!unsynced_) return {};
  if (::fdatasync(file_) != 0) return last_error();
  unsynced_ = false;
  return {};
}

std::error_code LogFile::open() {
  file_ = ::open(name_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) return last_error();
  struct stat status {};
  if (::fstat(file_, &status) != 0) return last_error();
  size_ = static_cast<std::size_t>(status.st_size);
  char last = '\n';
  if (size_ != 0 && ::pread(file_, &last, 1, status.st_size - 1) == 1 && last != '\n') return write_all("\n");
  return {};
}

std::error_code LogFile::rotate() {
  if (const std::error_code error = sync()) return error;
  const auto old = [this](int number) { return name_ + '.' + std::to_string(number); };
  for (int number = limits_.keep; number >= 1; --number) {
    const std::string from = number == 1 ? name_ : old(number - 1);
    if (std::rename(from.c_str(), old(number).c_str()) != 0 && errno != ENOENT) return last_error();
  }
  if (limits_.keep == 0 && ::unlink(name_.c_str()) != 0) return last_error();
  ::close(file_);
  file_ = -1;
  return {};
}

std::error_code LogFile::write_all(std::string_view bytes) {
  const std::size_t size_before = size_;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const std::error_code error = last_error();
      // Part of a line would make the next attempt's line a wrong one.
      if (::ftruncate(file_, static_cast<off_t>(size_before)) == 0) size_ = size_before;
      return error;
    }
    done += static_cast<std::size_t>(count);
    size_ += static_cast<std::size_t>(count);
  }
  unsynced_ = true;
  return {};
}

}  // namespace local_log
