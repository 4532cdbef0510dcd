// LineBuffer and take_line() against a naive splitter, for any text and any chunking.
// Input: size of the storage, size of the chunks, text.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "fuzz_support.hpp"
#include "tautline/core/framing.hpp"

namespace tautline {
namespace {

void split_at_once(std::string_view text) {
  std::string_view rest = text;
  std::string_view line;
  std::size_t at = 0;
  while (take_line(rest, line)) {
    const std::size_t end = text.find('\n', at);
    FUZZ_REQUIRE(end != std::string_view::npos);
    FUZZ_REQUIRE(line == text.substr(at, end - at));
    at = end + 1;
  }
  FUZZ_REQUIRE(rest == text.substr(at));
  FUZZ_REQUIRE(rest.find('\n') == std::string_view::npos);
}

/// A receiver that gives up when a line does not fit its storage, as a host does.
void split_in_chunks(std::string_view text, std::size_t storage_bytes, std::size_t chunk) {
  const auto storage = std::make_unique<char[]>(storage_bytes);
  LineBuffer buffer(storage.get(), storage_bytes);
  std::string_view expected = text;
  std::string_view left = text;
  while (!left.empty()) {
    std::size_t count = chunk < left.size() ? chunk : left.size();
    if (count > buffer.free_bytes()) count = buffer.free_bytes();
    std::memcpy(buffer.free_space(), left.data(), count);
    buffer.commit(count);
    left.remove_prefix(count);
    std::string_view line;
    while (buffer.next(line)) {
      std::string_view wanted;
      FUZZ_REQUIRE(take_line(expected, wanted));
      FUZZ_REQUIRE(line == wanted);
    }
    FUZZ_REQUIRE(buffer.waiting() == expected.substr(0, expected.size() - left.size()));
    buffer.compact();
    if (buffer.overlong(storage_bytes - 1)) return;
    FUZZ_REQUIRE(buffer.free_bytes() > 0);
  }
}

}  // namespace
}  // namespace tautline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tautline::fuzz::Bytes bytes(data, size);
  const std::size_t storage_bytes = bytes.byte() + 1U;
  const std::size_t chunk = bytes.byte() + 1U;
  tautline::split_at_once(bytes.rest());
  tautline::split_in_chunks(bytes.rest(), storage_bytes, chunk);
  return 0;
}
