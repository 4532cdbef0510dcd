#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/bridge/byte_stream.hpp"

/// What both boards do over the stream: write numbered lines, check those that come, and say on the console what they
/// saw. Each session begins with line 0 both ways; within one, each line is to come once and in order.
///
///     flow 17 abcdefg             as many as go; every hundredth is told on the console
///     ping 3 ...................  31 bytes and LF, over a channel that has been idle ...
///     pong 3                      ... and its answer
class NumberedLines {
 public:
  explicit NumberedLines(tautline::bridge::ByteStream& stream) : stream_(stream) {}

  /// Reads the jumpers.
  void start();
  /// After the channel's poll(); if it returns true, call that again: bytes were written.
  bool poll(std::uint32_t now_ms);

 private:
  void begin_session();
  void read(std::uint32_t now_ms);
  void take_line(std::string_view line, std::uint32_t now_ms);
  void take_flow(std::string_view line);
  void take_pong(std::string_view number, std::uint32_t now_ms);
  void compose(std::uint32_t now_ms);
  bool write();

  static constexpr std::size_t max_line = 128;

  tautline::bridge::ByteStream& stream_;
  bool flows_ = false;
  bool pings_ = false;
  bool is_up_ = false;
  std::uint32_t session_ = 0;
  std::uint32_t next_flow_ = 0;      ///< to be written
  std::uint32_t expected_flow_ = 0;  ///< to be read
  std::uint32_t next_ping_ = 0;
  std::uint32_t ping_at_ms_ = 0;
  std::uint32_t pinged_us_ = 0;
  bool awaits_pong_ = false;
  bool owes_pong_ = false;
  std::uint32_t pong_ = 0;
  bool wrote_ping_level_ = false;
  bool got_ping_level_ = false;
  std::size_t out_size_ = 0;
  std::size_t out_begin_ = 0;  ///< bytes of out_ that the stream has taken
  std::size_t in_size_ = 0;
  char out_[max_line] = {};
  char in_[max_line] = {};
};
