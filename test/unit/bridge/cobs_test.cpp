#include "tautline/bridge/cobs.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tautline::bridge {
namespace {

std::string coded(std::string_view bytes) {
  std::string out(cobs_bytes(bytes.size()), '?');
  out.resize(static_cast<std::size_t>(put_cobs(out.data(), bytes) - out.data()));
  return out;
}

/// What a decoder with room for `size` bytes makes of it: the frames, "(damaged)" for those that are not.
std::vector<std::string> decoded(std::string_view bytes, std::size_t size = 600) {
  std::string memory(size, '?');
  CobsDecoder decoder(memory.data(), size);
  std::vector<std::string> frames;
  for (const char byte : bytes) {
    const CobsDecoder::Result result = decoder.put(byte);
    if (result == CobsDecoder::Result::frame) frames.emplace_back(decoder.frame());
    if (result == CobsDecoder::Result::damaged) frames.emplace_back("(damaged)");
  }
  return frames;
}

/// The bytes from `first` to `last`.
std::string run(unsigned first, unsigned last) {
  std::string bytes;
  for (unsigned byte = first; byte <= last; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}
std::string text(std::initializer_list<unsigned> bytes) {
  std::string out;
  for (const unsigned byte : bytes) out += static_cast<char>(byte);
  return out;
}

struct Example {
  std::string plain;
  std::string coded;
};

/// Those that every description of COBS gives.
std::vector<Example> published() {
  return {
      {text({0}), text({1, 1})},
      {text({0, 0}), text({1, 1, 1})},
      {text({0, 0x11, 0}), text({1, 2, 0x11, 1})},
      {text({0x11, 0x22, 0, 0x33}), text({3, 0x11, 0x22, 2, 0x33})},
      {text({0x11, 0x22, 0x33, 0x44}), text({5, 0x11, 0x22, 0x33, 0x44})},
      {text({0x11, 0, 0, 0}), text({2, 0x11, 1, 1, 1})},
      {run(1, 254), text({255}) + run(1, 254)},
      {text({0}) + run(1, 254), text({1, 255}) + run(1, 254)},
      {run(1, 255), text({255}) + run(1, 254) + text({2, 255})},
      {run(2, 255) + text({0}), text({255}) + run(2, 255) + text({1, 1})},
      {run(3, 255) + text({0, 1}), text({254}) + run(3, 255) + text({2, 1})},
  };
}

TEST(Cobs, codes_the_published_examples) {
  for (const Example& example : published()) EXPECT_EQ(coded(example.plain), example.coded);
}

TEST(Cobs, decodes_the_published_examples) {
  for (const Example& example : published()) {
    EXPECT_EQ(decoded(example.coded + '\0'), std::vector<std::string>{example.plain});
  }
}

TEST(Cobs, has_no_zero_and_the_promised_length_whatever_it_codes) {
  for (std::size_t size = 0; size <= 520; ++size) {
    for (const std::size_t zero : {std::size_t{0}, size / 2, size}) {
      std::string bytes(size, 'x');
      if (zero < size) bytes[zero] = '\0';
      const std::string code = coded(bytes);
      ASSERT_EQ(code.find('\0'), std::string::npos);
      ASSERT_LE(code.size(), cobs_bytes(size));
      ASSERT_EQ(decoded(code + '\0'), std::vector<std::string>{bytes}) << size << " " << zero;
    }
  }
}

TEST(CobsDecoder, finds_frames_between_zeros) {
  const std::string stream = std::string(2, '\0') + coded("one") + '\0' + coded("two") + std::string(3, '\0') +
                             coded(std::string(1, '\0')) + '\0';
  EXPECT_EQ(decoded(stream), (std::vector<std::string>{"one", "two", std::string(1, '\0')}));
}

TEST(CobsDecoder, gives_an_empty_frame_for_the_code_of_nothing) {
  EXPECT_EQ(decoded(coded("") + '\0'), std::vector<std::string>{""});
}

TEST(CobsDecoder, tells_a_frame_that_ended_in_the_middle_of_a_group) {
  const std::string code = coded("hello");
  for (std::size_t bytes = 1; bytes < code.size(); ++bytes) {
    EXPECT_EQ(decoded(code.substr(0, bytes) + '\0' + code + '\0'), (std::vector<std::string>{"(damaged)", "hello"}));
  }
}

TEST(CobsDecoder, tells_a_frame_that_is_too_long_and_takes_the_next) {
  const std::string longest = coded(std::string(10, 'x')) + '\0';
  const std::string longer = coded(std::string(11, 'x')) + '\0';
  EXPECT_EQ(decoded(longest, 10), std::vector<std::string>{std::string(10, 'x')});
  EXPECT_EQ(decoded(longer + longest, 10), (std::vector<std::string>{"(damaged)", std::string(10, 'x')}));
  EXPECT_EQ(decoded(std::string(5000, '\x01') + '\0' + longest, 10).back(), std::string(10, 'x'));
}

TEST(CobsDecoder, is_in_step_again_after_any_noise) {
  const std::string frame = '\0' + coded("hello") + '\0';
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string noise = std::string(3, static_cast<char>(byte));
    EXPECT_EQ(decoded(noise + frame).back(), "hello") << byte;
  }
}

}  // namespace
}  // namespace tautline::bridge
