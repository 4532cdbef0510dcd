#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <tautline/core/limits.hpp>
#include <tautline/core/line_rules.hpp>

namespace tautline {
namespace {

using namespace std::literals;

TEST(LineRules, one_final_newline_is_accepted_and_removed) {
  EXPECT_EQ(without_final_newline("temp\n"), "temp");
  EXPECT_EQ(without_final_newline("temp"), "temp");
  EXPECT_EQ(without_final_newline("\n"), "");
  EXPECT_EQ(without_final_newline(""), "");
  EXPECT_EQ(without_final_newline("temp\n\n"), "temp\n");
}

TEST(LineRules, a_payload_is_any_bytes_but_newline_carriage_return_and_nul) {
  for (int byte = 0; byte < 256; ++byte) {
    const char text[] = {'a', static_cast<char>(byte), 'b'};
    const bool allowed = byte != '\n' && byte != '\r' && byte != 0;
    EXPECT_EQ(is_valid_payload({text, 3}), allowed) << byte;
  }
}

TEST(LineRules, a_forbidden_byte_is_found_at_every_position) {
  for (std::size_t length = 1; length < 70; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string payload(length, 'x');
      payload[at] = '\0';
      EXPECT_FALSE(is_valid_payload(payload));
    }
  }
}

TEST(LineRules, write_names_the_failure) {
  EXPECT_EQ(check_payload("temp", 4), WriteStatus::ok);
  EXPECT_EQ(check_payload("", 4), WriteStatus::ok);
  EXPECT_EQ(check_payload("temps", 4), WriteStatus::too_long);
  EXPECT_EQ(check_payload("a\nb", 4), WriteStatus::bad_line);
  EXPECT_EQ(check_payload("a\r", 4), WriteStatus::bad_line);
  EXPECT_EQ(check_payload("a\0b"sv, 4), WriteStatus::bad_line);
}

TEST(LineRules, every_write_status_has_a_text_of_its_own) {
  std::set<std::string> texts;
  for (std::uint8_t value = 0; value <= static_cast<std::uint8_t>(WriteStatus::not_utf8); ++value) {
    texts.insert(to_string(static_cast<WriteStatus>(value)));
  }
  EXPECT_EQ(texts.size(), 8U);
  EXPECT_EQ(texts.count("unknown"), 0U);
}

TEST(LineRules, an_id_is_1_to_32_of_the_allowed_characters) {
  EXPECT_TRUE(is_valid_id("d"));
  EXPECT_TRUE(is_valid_id("house/floor-1.door_2:A"));
  EXPECT_TRUE(is_valid_id(std::string(max_id_bytes, 'x')));
  EXPECT_FALSE(is_valid_id(""));
  EXPECT_FALSE(is_valid_id(std::string(max_id_bytes + 1, 'x')));
}

TEST(LineRules, no_other_character_stands_in_an_id) {
  const std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:";
  for (int byte = 0; byte < 256; ++byte) {
    const char text[] = {'a', static_cast<char>(byte)};
    EXPECT_EQ(is_valid_id({text, 2}), allowed.find(static_cast<char>(byte)) != std::string_view::npos) << byte;
  }
}

TEST(LineRules, ids_that_look_like_a_hello_are_recognised) {
  EXPECT_TRUE(looks_like_hello("TL2"));
  EXPECT_TRUE(looks_like_hello("TL3 door"));
  EXPECT_TRUE(looks_like_hello("TL9x"));
  EXPECT_FALSE(looks_like_hello("TL"));
  EXPECT_FALSE(looks_like_hello("TLx"));
  EXPECT_FALSE(looks_like_hello("tl2"));
  EXPECT_FALSE(looks_like_hello("ATL2"));
}

TEST(LineRules, well_formed_utf8_of_every_length_is_accepted) {
  for (const std::string_view text : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                                      "gr\xC3\xBC\xC3\x9F"
                                      "e"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(LineRules, ill_formed_utf8_is_refused) {
  for (const std::string_view text : {
           "\x80"sv,              // a continuation byte alone
           "\xC3"sv,              // cut off
           "\xE2\x82"sv,          // cut off
           "\xF0\x90\x80"sv,      // cut off
           "\xC0\x80"sv,          // overlong NUL
           "\xC1\xBF"sv,          // overlong
           "\xE0\x9F\xBF"sv,      // overlong
           "\xF0\x8F\xBF\xBF"sv,  // overlong
           "\xED\xA0\x80"sv,      // a surrogate
           "\xF4\x90\x80\x80"sv,  // beyond U+10FFFF
           "\xF5\x80\x80\x80"sv,  // beyond U+10FFFF
           "\xFF"sv,              // never
           "\xC3\x28"sv,          // no continuation
           "\xE2\x82\x28"sv,      // no continuation
           "a\xE2\x28\xA1"sv,     // no continuation
       }) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace tautline
