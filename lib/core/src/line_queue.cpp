#include "tautline/core/line_queue.hpp"

#include <cstring>

namespace tautline {

// Records lie in [head_, tail_) or, after a wrap, in [head_, limit_) and [0, tail_). A wrapped queue is told from a
// plain one by tail_ <= head_ with lines in it.

std::string_view LineQueue::line_at(BufferIndex offset) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data_ + offset);
  const std::uint32_t length =
      static_cast<std::uint32_t>(bytes[0] | (bytes[1] << 8U)) | (static_cast<std::uint32_t>(bytes[2]) << 16U);
  return {data_ + offset + header_bytes, length};
}

BufferIndex LineQueue::next_offset(BufferIndex offset) const {
  const BufferIndex next = to_index(offset + header_bytes + line_at(offset).size());
  const bool wrapped = tail_ <= head_;
  return wrapped && next == limit_ ? BufferIndex{0} : next;
}

/// Where a record of that size would go.
bool LineQueue::place(std::size_t record_bytes, BufferIndex& offset) const {
  if (count_ == 0) {
    offset = 0;
    return record_bytes <= size_;
  }
  if (tail_ <= head_) {
    offset = tail_;
    return record_bytes + tail_ <= head_;
  }
  if (record_bytes + tail_ <= size_) {
    offset = tail_;
    return true;
  }
  offset = 0;
  return record_bytes <= head_;
}

bool LineQueue::fits(std::size_t line_bytes) const {
  BufferIndex offset = 0;
  return line_bytes <= max_line_bytes && place(line_bytes + header_bytes, offset);
}

bool LineQueue::push(std::string_view line, std::uint8_t tag) {
  BufferIndex offset = 0;
  if (line.size() > max_line_bytes || !place(line.size() + header_bytes, offset)) return false;
  if (count_ == 0) {
    head_ = cursor_ = 0;
    cursor_index_ = 0;
    tail_ = 0;
  } else if (offset == 0 && tail_ > head_) {
    limit_ = tail_;
  }
  char* const record = data_ + offset;
  record[0] = static_cast<char>(line.size() & 0xFFU);
  record[1] = static_cast<char>((line.size() >> 8U) & 0xFFU);
  record[2] = static_cast<char>((line.size() >> 16U) & 0xFFU);
  record[3] = static_cast<char>(tag);
  if (!line.empty()) std::memcpy(record + header_bytes, line.data(), line.size());
  if (cursor_index_ == count_) cursor_ = offset;  // a cursor after the last line stands on the new one
  tail_ = to_index(offset + header_bytes + line.size());
  ++count_;
  return true;
}

void LineQueue::pop_front() {
  const BufferIndex second = next_offset(head_);
  if (cursor_index_ == 0) {
    cursor_ = second;
  } else {
    --cursor_index_;
  }
  head_ = second;
  --count_;
}

void LineQueue::seek(std::uint32_t index) {
  if (index < cursor_index_) {
    cursor_index_ = 0;
    cursor_ = head_;
  }
  while (cursor_index_ < index) {
    cursor_ = next_offset(cursor_);
    ++cursor_index_;
  }
}

void LineQueue::clear() {
  head_ = tail_ = limit_ = count_ = cursor_ = cursor_index_ = 0;
}

void LineQueue::keep_front() {
  tail_ = to_index(head_ + header_bytes + front().size());
  count_ = 1;
  cursor_ = head_;
  cursor_index_ = 0;
}

char* LineQueue::move_to(char* storage, std::size_t bytes) {
  LineQueue moved(storage, bytes);
  const std::uint32_t index = cursor_index_;
  BufferIndex offset = head_;
  for (std::uint32_t i = 0; i < count_; ++i) {
    moved.push(line_at(offset), tag_at(offset));
    offset = next_offset(offset);
  }
  char* const old = data_;
  data_ = moved.data_;
  size_ = moved.size_;
  head_ = moved.head_;
  tail_ = moved.tail_;
  limit_ = moved.limit_;
  cursor_ = moved.cursor_;
  cursor_index_ = moved.cursor_index_;
  seek(index);
  return old;
}

}  // namespace tautline
