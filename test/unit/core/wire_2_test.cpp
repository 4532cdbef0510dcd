#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <tautline/core/wire_2.hpp>

namespace tautline::wire_2 {
namespace {

using namespace std::literals;

constexpr std::uint32_t largest = 0xFFFFFFFF;

template <typename Write>
std::string written(Write write) {
  char line[256];
  return {line, write(line)};
}

bool hello_is_valid(std::string_view line) {
  Hello hello;
  return parse_hello(line, hello);
}

bool hi_is_valid(std::string_view line) {
  Hi hi;
  return parse_hi(line, hi);
}

bool client_go_is_valid(std::string_view line) {
  ClientGo go;
  return parse_client_go(line, go);
}

bool server_go_is_valid(std::string_view line) {
  ServerGo go;
  return parse_server_go(line, go);
}

// ---- hello and HI -------------------------------------------------------------------------------

TEST(Wire2Hello, absent_options_mean_w1_n128_t2000) {
  Hello hello;
  ASSERT_TRUE(parse_hello("TL2 door", hello));
  EXPECT_EQ(hello.id, "door");
  EXPECT_EQ(hello.limits.window, 1U);
  EXPECT_EQ(hello.limits.max_payload, 128U);
  EXPECT_EQ(hello.limits.timeout_ms, 2000U);
}

TEST(Wire2Hello, reads_options_in_any_order) {
  Hello hello;
  ASSERT_TRUE(parse_hello("TL2 a/b.c:d_e-f t=1500 w=8 n=1024", hello));
  EXPECT_EQ(hello.id, "a/b.c:d_e-f");
  EXPECT_EQ(hello.limits.window, 8U);
  EXPECT_EQ(hello.limits.max_payload, 1024U);
  EXPECT_EQ(hello.limits.timeout_ms, 1500U);
}

TEST(Wire2Hello, ignores_unknown_options) {
  Hello hello;
  ASSERT_TRUE(parse_hello("TL2 door x=1 ww=9 a=00ff w=3 q= next=a=b", hello));
  EXPECT_EQ(hello.limits.window, 3U);
}

TEST(Wire2Hello, drops_one_carriage_return) {
  EXPECT_TRUE(hello_is_valid("TL2 door w=2\r"));
  EXPECT_TRUE(hello_is_valid("TL2 door\r"));
  EXPECT_FALSE(hello_is_valid("TL2 door\r\r"));
}

TEST(Wire2Hello, accepts_the_bounds_of_each_option_and_nothing_beyond) {
  EXPECT_TRUE(hello_is_valid("TL2 d w=1 n=32 t=1"));
  EXPECT_TRUE(hello_is_valid("TL2 d w=1024 n=4294967295 t=4294967295"));
  EXPECT_FALSE(hello_is_valid("TL2 d w=0"));
  EXPECT_FALSE(hello_is_valid("TL2 d w=1025"));
  EXPECT_FALSE(hello_is_valid("TL2 d n=31"));
  EXPECT_FALSE(hello_is_valid("TL2 d n=4294967296"));
  EXPECT_FALSE(hello_is_valid("TL2 d t=0"));
}

TEST(Wire2Hello, refuses_option_values_that_are_no_numbers) {
  for (const std::string_view option : {"w=", "w=x", "w=1x", "w=-1", "w=01", "n=1k", "t=2s", "w==1"}) {
    EXPECT_FALSE(hello_is_valid("TL2 door " + std::string(option))) << option;
  }
}

TEST(Wire2Hello, is_strict) {
  for (const std::string_view line : {"", "TL2", "TL2 ", "TL2  door", "TL2 door ", "TL2 door  w=1", "TL2 door w",
                                      "TL2 door =1", " TL2 door", "tl2 door", "TL3 door", "TL22 door", "TL2\tdoor",
                                      "TL2 d!or", "TL2 d\xC3\xB6r", "TL2 123456789012345678901234567890123"}) {
    EXPECT_FALSE(hello_is_valid(line)) << line;
  }
  EXPECT_FALSE(hello_is_valid("TL2 do\0or"sv));
  EXPECT_TRUE(hello_is_valid("TL2 12345678901234567890123456789012"));
}

TEST(Wire2Hello, is_written_with_all_three_options) {
  EXPECT_EQ(written([](char* out) { return put_hello(out, {"door", {4, 64, 1500}}); }), "TL2 door w=4 n=64 t=1500\n");
}

TEST(Wire2Hello, the_longest_fits_the_bound_of_handshake_lines) {
  const std::string id(max_id_bytes, 'x');
  const auto line = written([&](char* out) { return put_hello(out, {id, {max_window, largest, largest}}); });
  EXPECT_LE(line.size(), max_handshake_bytes + 1);
}

TEST(Wire2Hi, reads_generation_sid_and_options) {
  Hi hi;
  ASSERT_TRUE(parse_hi("HI 1700000042 3201966113 w=8 n=1024 t=60000", hi));
  EXPECT_EQ(hi.generation, 1700000042U);
  EXPECT_EQ(hi.sid, 3201966113U);
  EXPECT_EQ(hi.limits.window, 8U);
  EXPECT_EQ(hi.limits.max_payload, 1024U);
  EXPECT_EQ(hi.limits.timeout_ms, 60000U);
}

TEST(Wire2Hi, absent_options_mean_w1_n128_t2000) {
  Hi hi;
  ASSERT_TRUE(parse_hi("HI 0 4294967295\r", hi));
  EXPECT_EQ(hi.sid, largest);
  EXPECT_EQ(hi.limits.window, 1U);
  EXPECT_EQ(hi.limits.max_payload, 128U);
  EXPECT_EQ(hi.limits.timeout_ms, 2000U);
}

TEST(Wire2Hi, is_strict) {
  for (const std::string_view line : {"", "HI", "HI 1", "HI 1 ", "HI  1 2", "HI 1 2 ", "HI 1 -", "HI - 2", "HI 01 2",
                                      "HI 1 4294967296", "HI 1 2x", "HI 1 2 w=0", "hi 1 2"}) {
    EXPECT_FALSE(hi_is_valid(line)) << line;
  }
}

TEST(Wire2Hi, is_written_with_all_three_options) {
  EXPECT_EQ(written([](char* out) {
              return put_hi(out, {1700000042, 3201966113, {8, 1024, 60000}});
            }),
            "HI 1700000042 3201966113 w=8 n=1024 t=60000\n");
  const auto longest = written([](char* out) {
    return put_hi(out, {largest, largest, {max_window, largest, largest}});
  });
  EXPECT_LE(longest.size(), max_handshake_bytes + 1);
}

// ---- GO -----------------------------------------------------------------------------------------

TEST(Wire2ClientGo, a_fresh_client_names_neither_ack_nor_epoch) {
  ClientGo go;
  ASSERT_TRUE(parse_client_go("GO 7 - 0 -", go));
  EXPECT_EQ(go.generation, 7U);
  EXPECT_FALSE(go.has_ack);
  EXPECT_EQ(go.start, 0U);
  EXPECT_FALSE(go.has_epoch);
}

TEST(Wire2ClientGo, reads_ack_and_epoch_each_for_itself) {
  ClientGo go;
  ASSERT_TRUE(parse_client_go("GO 8 16 3 7", go));
  EXPECT_TRUE(go.has_ack);
  EXPECT_EQ(go.ack, 16U);
  EXPECT_EQ(go.start, 3U);
  EXPECT_TRUE(go.has_epoch);
  EXPECT_EQ(go.epoch, 7U);
  ASSERT_TRUE(parse_client_go("GO 8 - 3 7", go));
  EXPECT_FALSE(go.has_ack);
  EXPECT_TRUE(go.has_epoch);
  ASSERT_TRUE(parse_client_go("GO 8 16 3 -\r", go));
  EXPECT_TRUE(go.has_ack);
  EXPECT_FALSE(go.has_epoch);
}

TEST(Wire2ClientGo, ignores_options) {
  EXPECT_TRUE(client_go_is_valid("GO 8 - 3 7 m=00ff x=y"));
}

TEST(Wire2ClientGo, is_strict) {
  for (const std::string_view line :
       {"", "GO", "GO 1", "GO 1 -", "GO 1 - 0", "GO 1 - 0 ", "GO - - 0 -", "GO 1 - - -", "GO 1 -- 0 -", "GO 1 -5 0 -",
        "GO 1 - 0 -1", "GO 1 - 0 - ", "GO 1 - 0 - x", "go 1 - 0 -", "GO 1 - 00 -", "GO 1 -  0 -"}) {
    EXPECT_FALSE(client_go_is_valid(line)) << line;
  }
}

TEST(Wire2ClientGo, is_written) {
  ClientGo go{7, 16, 3, 5, true, true};
  EXPECT_EQ(written([&](char* out) { return put_client_go(out, go); }), "GO 7 16 3 5\n");
  go.has_ack = go.has_epoch = false;
  EXPECT_EQ(written([&](char* out) { return put_client_go(out, go); }), "GO 7 - 3 -\n");
}

TEST(Wire2ServerGo, reads_generation_ack_and_start) {
  ServerGo go;
  ASSERT_TRUE(parse_server_go("GO 1700000042 0 16 m=ff\r", go));
  EXPECT_EQ(go.generation, 1700000042U);
  EXPECT_EQ(go.ack, 0U);
  EXPECT_EQ(go.start, 16U);
}

TEST(Wire2ServerGo, is_strict) {
  for (const std::string_view line : {"", "GO", "GO 1", "GO 1 2", "GO 1 2 ", "GO 1 - 3", "GO 1 2 -", "GO 1 2 3 4",
                                      "GO 1 2 3 ", "GO 1 2 3x", "GO 1 02 3"}) {
    EXPECT_FALSE(server_go_is_valid(line)) << line;
  }
}

TEST(Wire2ServerGo, is_written) {
  EXPECT_EQ(written([](char* out) { return put_server_go(out, {7, 0, 16}); }), "GO 7 0 16\n");
}

// ---- BYE ----------------------------------------------------------------------------------------

TEST(Wire2Bye, reads_code_and_text) {
  Bye bye;
  ASSERT_TRUE(parse_bye("BYE busy 3 connections are enough\r", bye));
  EXPECT_EQ(bye.code, Reason::busy);
  EXPECT_EQ(bye.text, "busy 3 connections are enough");
}

TEST(Wire2Bye, a_code_of_a_later_version_is_a_bye_all_the_same) {
  Bye bye;
  ASSERT_TRUE(parse_bye("BYE tired of you", bye));
  EXPECT_EQ(bye.code, Reason::none);
  EXPECT_EQ(bye.text, "tired of you");
}

TEST(Wire2Bye, is_strict) {
  Bye bye;
  EXPECT_FALSE(parse_bye("BYE", bye));
  EXPECT_FALSE(parse_bye("BYEsize", bye));
  EXPECT_FALSE(parse_bye("bye size", bye));
}

TEST(Wire2Bye, is_written_for_every_code_within_its_bound) {
  EXPECT_EQ(written([](char* out) { return put_bye(out, Reason::superseded); }), "BYE superseded\n");
  for (auto code = static_cast<std::uint8_t>(Reason::version); code <= static_cast<std::uint8_t>(Reason::closing);
       ++code) {
    const auto reason = static_cast<Reason>(code);
    EXPECT_LE(written([&](char* out) { return put_bye(out, reason); }).size(), max_bye_bytes);
  }
}

// ---- lines of an open connection ----------------------------------------------------------------

TEST(Wire2Line, data_carries_seq_and_payload) {
  const Line line = parse_line("D17 light on");
  EXPECT_EQ(line.kind, Kind::data);
  EXPECT_EQ(line.first, 17U);
  EXPECT_EQ(line.payload, "light on");
}

TEST(Wire2Line, a_payload_may_be_empty_or_begin_with_spaces) {
  EXPECT_EQ(parse_line("D1 ").kind, Kind::data);
  EXPECT_EQ(parse_line("D1 ").payload, "");
  EXPECT_EQ(parse_line("D1   x ").payload, "  x ");
  EXPECT_EQ(parse_line("U ").kind, Kind::plain);
  EXPECT_EQ(parse_line("U  x").payload, " x");
}

TEST(Wire2Line, a_carriage_return_before_the_newline_is_no_part_of_the_payload) {
  EXPECT_EQ(parse_line("D1 x\r").payload, "x");
  EXPECT_EQ(parse_line("U x\r").payload, "x");
  EXPECT_EQ(parse_line("A1 2\r").kind, Kind::status);
  EXPECT_EQ(parse_line("R1\r").kind, Kind::resend);
  EXPECT_EQ(parse_line("\r").kind, Kind::nop);
}

TEST(Wire2Line, a_payload_with_nul_or_another_carriage_return_fits_no_rule) {
  for (const std::string_view text : {"D1 a\0b"sv, "D1 a\rb"sv, "D1 a\r\r"sv, "U a\0"sv, "U \ra"sv}) {
    EXPECT_EQ(parse_line(text).kind, Kind::invalid) << text;
  }
}

TEST(Wire2Line, status_carries_ack_and_sent) {
  const Line line = parse_line("A17 4294967295");
  EXPECT_EQ(line.kind, Kind::status);
  EXPECT_EQ(line.first, 17U);
  EXPECT_EQ(line.second, largest);
}

TEST(Wire2Line, resend_carries_seq) {
  EXPECT_EQ(parse_line("R3").kind, Kind::resend);
  EXPECT_EQ(parse_line("R3").first, 3U);
}

TEST(Wire2Line, an_empty_line_is_a_nop) {
  EXPECT_EQ(parse_line("").kind, Kind::nop);
}

TEST(Wire2Line, bye_carries_code_and_text) {
  EXPECT_EQ(parse_line("BYE closing for repair").kind, Kind::bye);
  EXPECT_EQ(parse_line("BYE closing for repair").payload, "closing for repair");
}

TEST(Wire2Line, is_strict) {
  for (const std::string_view text :
       {"D",     "D ",    "D1",   "Dx y",   "D01 x",    "D-1 x",    "D4294967296 x", "D 1 x", "U",
        "Ux",    "A",     "A1",   "A1 ",    "A 1 2",    "A1 2 ",    "A1 2 3",        "A1  2", "A1 -",
        "A01 2", "R",     "R ",   "R1 ",    "R-1",      "R1 2",     "BYE",           "BYEx",  "B",
        " ",     " A1 2", "d1 x", "HI 1 2", "GO 1 2 3", "TL2 door", "00hello",       "\xFF"}) {
    EXPECT_EQ(parse_line(text).kind, Kind::invalid) << text;
  }
}

TEST(Wire2Line, each_is_written_as_it_is_read) {
  EXPECT_EQ(written([](char* out) { return put_data(out, 17, "light on"); }), "D17 light on\n");
  EXPECT_EQ(written([](char* out) { return put_data(out, 1, ""); }), "D1 \n");
  EXPECT_EQ(written([](char* out) { return put_plain(out, "tick"); }), "U tick\n");
  EXPECT_EQ(written([](char* out) { return put_status(out, 1, 16); }), "A1 16\n");
  EXPECT_EQ(written([](char* out) { return put_resend(out, 3); }), "R3\n");
}

TEST(Wire2Line, the_longest_fit_their_bounds) {
  EXPECT_LE(written([](char* out) { return put_status(out, largest, largest); }).size(), max_status_bytes);
  EXPECT_LE(written([](char* out) { return put_resend(out, largest); }).size(), max_status_bytes);
  EXPECT_LE(written([](char* out) { return put_data(out, largest, ""); }).size(), max_line_overhead);
}

}  // namespace
}  // namespace tautline::wire_2
