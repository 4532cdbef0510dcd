#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tautline::cli {

/// A line of the input. `text` is valid until LineInput::fill().
struct InputLine {
  enum class Problem : std::uint8_t {
    none,
    too_long,  ///< `size` bytes; skipped, there is no text
    bad_byte,  ///< it contains CR or NUL
  };

  std::string_view text;
  std::size_t size = 0;
  std::uint64_t number = 0;  ///< the first is 1
  Problem problem = Problem::none;
};

/// Splits what comes from a descriptor into lines, in bounded memory. The last line may lack its newline.
class LineInput {
 public:
  LineInput(int descriptor, std::size_t max_line);

  /// The next line, if one is there; else fill().
  bool next(InputLine& line);
  /// Reads once, blocking if nothing is there. After the end next() gives what stands behind the last newline.
  void fill();

  bool ended() const { return ended_ && begin_ == end_ && !skipping_; }
  /// Why reading failed; 0 if it did not. A failure ends the input.
  int error() const { return error_; }
  /// Is there input that was read and not given out?
  bool has_rest() const { return begin_ != end_; }
  int descriptor() const { return descriptor_; }

 private:
  bool give(InputLine& line, std::size_t size);

  const int descriptor_;
  const std::size_t max_line_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t skipped_ = 0;  ///< bytes of the line that is being skipped
  std::uint64_t number_ = 0;
  int error_ = 0;
  bool skipping_ = false;
  bool ended_ = false;
};

/// What to tell the user about a line that cannot be sent; empty if it can. `max_line`: the longest that can.
std::string complaint(const InputLine& line, std::size_t max_line);
std::string too_long_complaint(std::uint64_t number, std::size_t size, std::size_t max_line);

}  // namespace tautline::cli
