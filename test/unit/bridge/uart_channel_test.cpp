#include "tautline/bridge/uart_channel.hpp"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "tautline/bridge/cobs.hpp"
#include "uart_script.hpp"

namespace tautline::bridge::test {
namespace {

TEST(UartFrame, is_packet_and_check_between_zeros) {
  char out[max_uart_frame_bytes];
  char packet[7 + check_bytes] = {'0', '\0', '2', '3', '4', '5', '6'};
  char* const end = put_uart_frame(out, packet, 7);
  EXPECT_EQ(std::string(out, end), uart_frame(std::string("0\0"
                                                          "23456",
                                                          7)));
}

TEST(UartFrame, of_the_longest_packet_has_the_promised_room) {
  char out[max_uart_frame_bytes];
  char packet[max_packet_bytes + check_bytes];
  std::memset(packet, 'x', sizeof packet);
  EXPECT_LE(put_uart_frame(out, packet, max_packet_bytes), out + sizeof out);
}

TEST(UartFrame, with_any_bit_changed_is_refused) {
  const std::string packet = "a packet";
  const std::string whole = packet + u32(slow_crc32(packet));
  EXPECT_EQ(open_uart_frame(whole), packet);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    ASSERT_EQ(open_uart_frame(damaged), "") << bit;
  }
}

TEST(UartFrame, that_is_too_short_for_a_packet_is_refused) {
  for (std::size_t size = 0; size < min_packet_bytes; ++size) {
    const std::string packet(size, 'x');
    EXPECT_EQ(open_uart_frame(packet + u32(slow_crc32(packet))), "");
  }
  EXPECT_EQ(open_uart_frame("abc"), "");
}

/// One end; the test is the other.
struct Script {
  Script() { channel.start(7, now); }
  void poll() { channel.poll(now); }
  void pass(std::uint32_t ms) {
    now += ms;
    poll();
  }
  void hear(const std::string& packet) {
    uart.in += uart_frame(packet);
    poll();
  }
  /// The packets it has sent since the last call, described.
  std::string said() {
    std::string text;
    char memory[300];
    CobsDecoder decoder(memory, sizeof memory);
    for (const char byte : std::exchange(uart.out, {})) {
      const CobsDecoder::Result result = decoder.put(byte);
      if (result == CobsDecoder::Result::damaged) text += "(damaged)";
      if (result != CobsDecoder::Result::frame) continue;
      const std::string_view packet = open_uart_frame(decoder.frame());
      if (packet.size() == 10) token = number(packet, 1, 4);
      text += (text.empty() ? "" : "; ") + describe(packet);
    }
    return text;
  }
  void come_up() {
    poll();
    said();
    hear(sync_packet(StreamScript::peer, token, true));
    hear(data_packet(0, "", 0, 512));
    said();
  }

  std::uint32_t now = 0xFFFF'FFF0U;
  std::uint32_t token = 0;
  FakeUart uart;
  StoredStream<> stream;
  UartChannel<FakeUart> channel{uart, stream};
};

TEST(UartTimes, are_those_of_any_stream_unless_the_line_is_slow) {
  EXPECT_EQ(uart_times(115'200).retry_ms, StreamTimes().retry_ms);
  EXPECT_EQ(uart_times(115'200).silence_ms, StreamTimes().silence_ms);
  // At 9600 baud a full frame takes 224 ms.
  EXPECT_GE(uart_times(9600).retry_ms, 4 * 224U);
  EXPECT_GE(uart_times(9600).silence_ms, 4 * uart_times(9600).retry_ms);
}

TEST(UartChannel, begins_with_sync) {
  Script script;
  script.poll();
  EXPECT_EQ(script.said(), "sync");
}

TEST(UartChannel, sends_what_was_written_and_takes_what_comes) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  EXPECT_EQ(script.said(), "data 0 'hello' ack 0 room 512");
  script.hear(data_packet(0, "world", 5, 512));
  EXPECT_EQ(script.stream.readable(), "world");
}

TEST(UartChannel, takes_a_frame_byte_by_byte) {
  Script script;
  script.come_up();
  for (const char byte : uart_frame(data_packet(0, "hello", 0, 512))) {
    script.uart.in += byte;
    script.poll();
  }
  EXPECT_EQ(script.stream.readable(), "hello");
}

TEST(UartChannel, sends_several_packets_in_a_turn) {
  Script script;
  script.come_up();
  script.stream.write(std::string(450, 'x'));
  script.poll();
  EXPECT_EQ(script.said(), "data 0 (200) ack 0 room 512; data 200 (200) ack 0 room 512; data 400 (50) ack 0 room 512");
}

TEST(UartChannel, goes_on_when_the_transmitter_has_room_again) {
  for (std::size_t room = 1; room < 40; ++room) {
    Script script;
    script.come_up();
    script.stream.write("hello");
    script.uart.takes = room;
    script.poll();
    for (int polls = 0; polls < 100 && script.channel.waits_for_room(); ++polls) {
      EXPECT_EQ(script.channel.deadline_ms(script.now), script.now + 1);
      script.uart.takes = room;
      script.poll();
    }
    EXPECT_FALSE(script.channel.waits_for_room());
    EXPECT_EQ(script.said(), "data 0 'hello' ack 0 room 512") << room;
  }
}

TEST(UartChannel, does_not_begin_a_packet_before_the_one_before_has_left) {
  Script script;
  script.come_up();
  script.stream.write("one");
  script.uart.takes = 5;
  script.poll();
  script.stream.write(" two");
  script.hear(data_packet(0, "x", 0, 512));
  script.uart.takes = SIZE_MAX;
  script.poll();
  EXPECT_EQ(script.said(), "data 0 'one' ack 0 room 512; data 3 ' two' ack 1 room 511");
}

TEST(UartChannel, asks_to_send_again_after_a_damaged_frame) {
  Script script;
  script.come_up();
  std::string frame = uart_frame(data_packet(0, "hello", 0, 512));
  frame[10] = static_cast<char>(frame[10] ^ 4);
  script.uart.in += frame;
  script.poll();
  EXPECT_EQ(script.channel.damaged_frames(), 1U);
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 resend");
  EXPECT_EQ(script.stream.readable_bytes(), 0U);
}

TEST(UartChannel, takes_the_frame_after_any_noise) {
  const std::string other = uart_frame(data_packet(0, "lost in the middle", 0, 512));
  for (std::size_t cut = 0; cut + 1 < other.size(); ++cut) {  // its last byte is a zero, as is the next
    Script script;
    script.come_up();
    script.uart.in += other.substr(0, cut);
    script.hear(data_packet(0, "hello", 0, 512));
    ASSERT_EQ(script.stream.readable(), "hello") << cut;
  }
}

TEST(UartChannel, gets_over_a_flood_of_bytes_without_zeros) {
  Script script;
  script.come_up();
  script.uart.in = std::string(10'000, 'x');
  for (int polls = 0; polls < 10; ++polls) script.poll();
  EXPECT_TRUE(script.uart.in.empty());
  script.hear(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.stream.readable(), "hello");
  EXPECT_EQ(script.channel.damaged_frames(), 1U);
}

TEST(UartChannel, asks_to_be_called_at_once_while_more_waits_than_it_reads_in_a_turn) {
  FakeUart uart;
  StoredStream<> stream;
  UartChannel<FakeUart> channel(uart, stream);
  channel.start(1, 0);
  channel.poll(0);
  uart.in = std::string(5000, 'x');
  channel.poll(1);
  ASSERT_FALSE(uart.in.empty());
  EXPECT_EQ(channel.deadline_ms(1), 1U);
  for (int turns = 0; turns < 3; ++turns) channel.poll(1);
  EXPECT_TRUE(uart.in.empty());
  EXPECT_GT(channel.deadline_ms(1), 1U);
}

TEST(UartChannel, has_the_deadline_of_its_stream) {
  Script script;
  script.come_up();
  EXPECT_EQ(script.channel.deadline_ms(script.now), script.stream.deadline_ms(script.now));
  script.pass(script.channel.deadline_ms(script.now) - script.now);
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
}

}  // namespace
}  // namespace tautline::bridge::test
