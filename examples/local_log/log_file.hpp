#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace local_log {

/// A file that lines are appended to. At its limit it becomes FILE.1, FILE.1 becomes FILE.2 and so on; what would be
/// more than `keep` old files is deleted.
///
/// What append() took is the system's: it outlives the end of this process. It outlives a power cut once sync() has
/// returned, which append() calls by itself before a file is renamed.
class LogFile {
 public:
  struct Limits {
    std::size_t bytes = 1024 * 1024;  ///< a file that has this much or more is renamed before the next line
    int keep = 9;
  };

  /// The file is opened with the first line. If an earlier process was cut off within a line, that line is ended.
  LogFile(std::string name, Limits limits) : name_(std::move(name)), limits_(limits) {}
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Appends the line and a newline, or nothing: with an error (the disk is full...) try again later.
  std::error_code append(std::string_view line);
  /// To the disk itself. At once if nothing is new.
  std::error_code sync();

  const std::string& name() const { return name_; }
  std::uint64_t lines() const { return lines_; }  ///< appended by this process

 private:
  std::error_code open();
  std::error_code rotate();
  std::error_code write_all(std::string_view bytes);

  std::string name_;
  Limits limits_;
  int file_ = -1;
  std::size_t size_ = 0;
  std::uint64_t lines_ = 0;
  bool unsynced_ = false;
};

}  // namespace local_log
