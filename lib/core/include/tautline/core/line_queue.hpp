#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/core/limits.hpp"

namespace tautline {

/// A first-in first-out queue of lines in the caller's storage, with a cursor that walks over the lines without
/// removing them: a sender keeps lines until they are acknowledged and sends from the cursor.
///
/// A ring of records (4 bytes of header, then the line), each record contiguous, so that a line is always one view.
/// A record that does not fit before the end of the storage starts at its front; bytes_for() allows for that waste.
/// Of storage beyond max_buffer_bytes nothing is used.
class LineQueue {
 public:
  static constexpr std::size_t header_bytes = 4;
  static constexpr std::size_t max_line_bytes = 0xFFFFFF;

  /// Storage that surely holds `lines` lines of up to `max_line` bytes, whatever came before.
  static constexpr std::size_t bytes_for(std::size_t lines, std::size_t max_line) {
    return (lines + 1) * (max_line + header_bytes);
  }

  LineQueue() = default;
  LineQueue(char* storage, std::size_t bytes) : data_(storage), size_(capped_index(bytes)) {}
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  bool empty() const { return count_ == 0; }
  std::uint32_t size() const { return count_; }
  std::size_t capacity_bytes() const { return size_; }
  char* storage() { return data_; }

  /// Copies the line in; false, and nothing changed, if there is no room. `tag` is the caller's mark.
  bool push(std::string_view line, std::uint8_t tag = 0);
  bool fits(std::size_t line_bytes) const;

  /// The oldest line; valid until pop_front(). The queue must not be empty.
  std::string_view front() const { return line_at(head_); }
  std::uint8_t front_tag() const { return tag_at(head_); }
  void pop_front();

  /// The cursor stands on the line with this index (0 = front; size() = after the last).
  std::uint32_t cursor() const { return cursor_index_; }
  /// Moves the cursor: constant time by one step forward or to the front, else a walk.
  void seek(std::uint32_t index);
  std::string_view at_cursor() const { return line_at(cursor_); }
  std::uint8_t cursor_tag() const { return tag_at(cursor_); }

  void clear();
  /// Removes all lines but the oldest, whose view stays valid. The queue must not be empty.
  void keep_front();

  /// Moves all lines, and the cursor, to other storage that has room for them; returns the old storage.
  char* move_to(char* storage, std::size_t bytes);

 private:
  std::string_view line_at(BufferIndex offset) const;
  std::uint8_t tag_at(BufferIndex offset) const { return static_cast<std::uint8_t>(data_[offset + 3]); }
  BufferIndex next_offset(BufferIndex offset) const;
  bool place(std::size_t record_bytes, BufferIndex& offset) const;

  char* data_ = nullptr;
  BufferIndex size_ = 0;
  BufferIndex head_ = 0;   ///< offset of the oldest record
  BufferIndex tail_ = 0;   ///< offset behind the newest record
  BufferIndex limit_ = 0;  ///< when tail_ wrapped: the end of the records that stand before the wrap
  BufferIndex count_ = 0;
  BufferIndex cursor_ = 0;
  BufferIndex cursor_index_ = 0;
};

}  // namespace tautline
