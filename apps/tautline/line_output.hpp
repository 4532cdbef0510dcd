#pragma once

#include <string>
#include <string_view>

namespace tautline::cli {

/// Writes lines to a descriptor, each with one system call and nothing kept back.
class LineOutput {
 public:
  explicit LineOutput(int descriptor) : descriptor_(descriptor) {}

  /// Would a write of a few KB not block? (Also true when it would fail at once.)
  bool ready() const;
  /// Writes prefix, line and LF; blocks if it must. False: the reader is gone, or another error; see error().
  bool write(std::string_view prefix, std::string_view line);

  /// The descriptor reported an error without a write.
  void reader_is_gone();

  /// The errno of a failed write; 0: none failed.
  int error() const { return error_; }
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
  int error_ = 0;
  std::string bytes_;
};

}  // namespace tautline::cli
