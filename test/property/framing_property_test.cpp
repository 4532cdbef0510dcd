#include <rapidcheck.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tautline/core/framing.hpp>

namespace tautline {
namespace {

/// The lines of a text, and what stands after its last newline.
struct Split {
  std::vector<std::string> lines;
  std::string rest;
};

Split split_naively(const std::string& text) {
  Split split;
  for (const char c : text) {
    if (c == '\n') {
      split.lines.push_back(split.rest);
      split.rest.clear();
    } else {
      split.rest.push_back(c);
    }
  }
  return split;
}

/// Text in which newlines are frequent.
rc::Gen<std::string> any_text() {
  return rc::gen::scale(3.0,
                        rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
                            {{1, rc::gen::just('\n')}, {1, rc::gen::just('\r')}, {6, rc::gen::arbitrary<char>()}})));
}

RC_GTEST_PROP(Framing, take_line_splits_like_a_naive_splitter, ()) {
  const std::string text = *any_text();
  const Split expected = split_naively(text);
  std::vector<std::string> lines;
  std::string_view bytes = text;
  std::string_view line;
  while (take_line(bytes, line)) lines.emplace_back(line);
  RC_ASSERT(lines == expected.lines);
  RC_ASSERT(bytes == expected.rest);
}

RC_GTEST_PROP(Framing, line_buffer_splits_alike_for_every_chunking, ()) {
  const std::string text = *any_text();
  const auto chunks = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
  const Split expected = split_naively(text);
  std::size_t longest = expected.rest.size();
  for (const std::string& line : expected.lines) longest = line.size() > longest ? line.size() : longest;

  // The smallest storage that can work: the longest line with its newline.
  std::vector<char> storage(longest + 1);
  LineBuffer buffer(storage.data(), storage.size());
  std::vector<std::string> lines;
  std::string_view left = text;
  for (std::size_t turn = 0; !left.empty(); ++turn) {
    const std::size_t wanted = turn < chunks.size() ? chunks[turn] % 17U : 5U;
    std::size_t count = wanted < left.size() ? wanted : left.size();
    if (count > buffer.free_bytes()) count = buffer.free_bytes();
    std::memcpy(buffer.free_space(), left.data(), count);
    buffer.commit(count);
    left.remove_prefix(count);
    std::string_view line;
    while (buffer.next(line)) lines.emplace_back(line);
    RC_ASSERT(!buffer.overlong(longest));
    if (turn % 3 == 0 || buffer.free_bytes() == 0) buffer.compact();
    RC_ASSERT(buffer.free_bytes() > 0U);
  }
  RC_ASSERT(lines == expected.lines);
  RC_ASSERT(buffer.waiting() == expected.rest);
}

}  // namespace
}  // namespace tautline
