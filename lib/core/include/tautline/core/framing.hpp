#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/core/limits.hpp"

namespace tautline {

/// Takes the first complete line (without its LF) from the front of `bytes`. False if there is no LF yet.
bool take_line(std::string_view& bytes, std::string_view& line);

/// A receive buffer that turns a byte stream into lines. LF is a terminator: a line is what stands before it, and the
/// bytes after the last LF wait for more. The storage is the caller's.
///
/// Use: write received bytes to free_space(), commit() them, then next() until it returns false. Lines are views into
/// the storage and valid until compact() or reset(). When next() returned false: overlong() tells whether the waiting
/// line is already too long; compact() moves it to the front and makes room.
class LineBuffer {
 public:
  LineBuffer(char* storage, std::size_t size) : data_(storage), size_(capped_index(size)) {}

  char* free_space() { return data_ + end_; }
  std::size_t free_bytes() const { return std::size_t{size_} - end_; }

  /// `count` bytes were written to free_space().
  void commit(std::size_t count) { end_ = to_index(end_ + count); }

  /// The next complete line without its LF; false if there is none.
  bool next(std::string_view& line);

  /// Makes the line that next() gave last the next one again.
  void put_back(std::string_view line) { begin_ = to_index(static_cast<std::size_t>(line.data() - data_)); }

  /// The bytes of the line that has no LF yet.
  std::string_view waiting() const { return {data_ + begin_, waiting_bytes()}; }

  /// Is the waiting line longer than `max_line` bytes, with no LF in sight?
  bool overlong(std::size_t max_line) const { return waiting_bytes() > max_line; }

  /// Moves the waiting bytes to the front of the storage. Lines handed out become invalid.
  void compact();

  /// Forgets everything. A new connection starts with this: a partial line of the old one must not survive.
  void reset() { begin_ = end_ = 0; }

 private:
  std::size_t waiting_bytes() const { return std::size_t{end_} - begin_; }

  char* data_;
  BufferIndex size_;
  BufferIndex begin_ = 0;
  BufferIndex end_ = 0;
};

}  // namespace tautline
