#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What the fuzz targets share.
namespace tautline::fuzz {

inline void require(bool condition, const char* what, int line) {
  if (condition) return;
  std::fprintf(stderr, "invariant broken (line %d): %s\n", line, what);
  std::abort();
}

/// An invariant; stops the run with its text.
#define FUZZ_REQUIRE(condition) ::tautline::fuzz::require((condition), #condition, __LINE__)

/// Hands out the fuzzer's bytes; zero when there are none left.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view text(std::size_t count) {
    const std::string_view text = rest_.substr(0, count);
    rest_.remove_prefix(text.size());
    return text;
  }

 private:
  std::string_view rest_;
};

/// Does `part` lie in `whole`? (An empty view may lie anywhere.)
inline bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace tautline::fuzz
