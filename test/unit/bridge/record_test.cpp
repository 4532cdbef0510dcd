#include "tautline/bridge/record.hpp"

#include <string>

#include <gtest/gtest.h>

#include "packets.hpp"

namespace tautline::bridge::test {
namespace {

/// Bytes come from the test; the reader is the stream's.
struct Script {
  Script() { script.come_up(); }
  void give(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, 150);
      script.hear(data_packet(at, part, 0, 512));
      at += static_cast<std::uint32_t>(part.size());
      bytes.remove_prefix(part.size());
    }
  }
  /// What there is: "W(rest) D1'bytes'", data of one record in one piece or several.
  std::string read() {
    std::string text;
    RecordType type{};
    while (true) {
      if (reader.data_left() != 0) {
        const std::string_view bytes = reader.data(script.stream);
        if (bytes.empty()) return text;
        text += bytes;
        reader.consume_data(script.stream, bytes.size());
      } else if (reader.next(script.stream, type)) {
        text += static_cast<char>(type) + ("(" + std::string(reader.rest()) + ")");
      } else {
        return text;
      }
    }
  }

  std::uint32_t at = 0;
  StreamScript script;
  RecordReader reader;
};

TEST(RecordWriter, writes_type_length_and_what_follows) {
  StreamScript script;
  script.come_up();
  EXPECT_TRUE(RecordWriter::write(script.stream, RecordType::open, "abc", "de"));
  EXPECT_EQ(script.said(),
            "data 0 'O\x05"
            "abcde' ack 0 room 512");
}

TEST(RecordWriter, writes_all_or_nothing) {
  StreamScript script;
  script.come_up();
  script.stream.write(std::string(505, 'x'));
  EXPECT_FALSE(RecordWriter::write(script.stream, RecordType::open, "abc", "def"));
  EXPECT_EQ(script.stream.writable(), 7U);
  EXPECT_TRUE(RecordWriter::write(script.stream, RecordType::open, "abc", "de"));
  EXPECT_EQ(script.stream.writable(), 0U);
}

TEST(RecordWriter, refuses_what_is_longer_than_a_record) {
  StreamScript script;
  script.come_up();
  EXPECT_FALSE(RecordWriter::write(script.stream, RecordType::data, "x", std::string(max_record_bytes, 'y')));
  EXPECT_TRUE(RecordWriter::write(script.stream, RecordType::data, "x", std::string(max_record_bytes - 1, 'y')));
}

TEST(RecordReader, gives_records_whole_and_data_as_it_comes) {
  Script script;
  script.give("W\x05hello");
  EXPECT_EQ(script.read(), "W(hello)");
  script.give(
      "D\x06"
      "1wor");
  EXPECT_EQ(script.read(), "D(1)wor");
  script.give("ld");
  EXPECT_EQ(script.read(), "ld");
}

TEST(RecordReader, reads_alike_wherever_the_stream_is_cut) {
  static constexpr char bytes[] =
      "W\x03"
      "abcw\0D\x05"
      "1dataX\x01"
      "1Z\x04newsD\x01"
      "2D\0E\x01"
      "2";
  const std::string stream(bytes, sizeof bytes - 1);
  Script whole;
  whole.give(stream);
  const std::string expected = whole.read();
  EXPECT_EQ(expected, "W(abc)w()D(1)dataX(1)Z(news)D(2)D()E(2)");
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      Script cut;
      std::string text;
      cut.give(stream.substr(0, first));
      text += cut.read();
      cut.give(stream.substr(first, second - first));
      text += cut.read();
      cut.give(stream.substr(second));
      text += cut.read();
      ASSERT_EQ(text, expected) << first << " " << second;
    }
  }
}

TEST(RecordReader, passes_over_a_record_that_is_longer_than_any) {
  for (unsigned size = max_record_bytes + 1; size < 256; ++size) {
    Script script;
    script.give("W" + std::string(1, static_cast<char>(size)) + std::string(size, 'x') + "W\x02ok");
    EXPECT_EQ(script.read(), "D()" + std::string(size, 'x') + "W(ok)");
  }
}

TEST(RecordReader, waits_for_the_longest_record) {
  Script script;
  const std::string rest(max_record_bytes, 'x');
  script.give("W" + std::string(1, static_cast<char>(max_record_bytes)) + rest.substr(1));
  EXPECT_EQ(script.read(), "");
  script.give("x");
  EXPECT_EQ(script.read(), "W(" + rest + ")");
}

TEST(RecordReader, forgets_what_was_begun_when_the_session_did) {
  Script script;
  script.give(
      "D\x06"
      "1half");
  script.read();
  script.script.hear(sync_packet(StreamScript::peer + 1, 0));
  script.script.packet();
  script.script.hear(sync_packet(StreamScript::peer + 1, script.script.token, true));
  script.reader.restart();
  script.at = 0;
  script.give("W\x02ok");
  EXPECT_EQ(script.read(), "W(ok)");
}

}  // namespace
}  // namespace tautline::bridge::test
