#include "tautline/bridge/record.hpp"

namespace tautline::bridge {

bool RecordWriter::write(ByteStream& stream, RecordType type, std::string_view first, std::string_view second) {
  const std::size_t rest = first.size() + second.size();
  if (rest > max_record_bytes || stream.writable() < record_header_bytes + rest) return false;
  const char header[record_header_bytes] = {static_cast<char>(type), static_cast<char>(rest)};
  stream.write({header, sizeof header});
  stream.write(first);
  stream.write(second);
  return true;
}

bool RecordReader::next(ByteStream& stream, RecordType& type) {
  if (data_left_ != 0 || stream.readable_bytes() < record_header_bytes) return false;
  char header[record_header_bytes];
  stream.peek(0, header, sizeof header);
  type = static_cast<RecordType>(header[0]);
  const auto bytes = static_cast<std::uint8_t>(header[1]);
  // One that is longer than any of this version is data of no connection: it is passed over.
  const bool too_long = bytes > max_record_bytes;
  if (too_long) type = RecordType::data;
  const bool is_data = type == RecordType::data;
  rest_bytes_ = bytes;
  if (is_data) rest_bytes_ = too_long || bytes == 0 ? 0 : 1;
  if (stream.readable_bytes() < record_header_bytes + std::size_t{rest_bytes_}) return false;
  stream.peek(record_header_bytes, rest_, rest_bytes_);
  stream.consume(record_header_bytes + std::size_t{rest_bytes_});
  if (is_data) data_left_ = static_cast<std::uint8_t>(bytes - rest_bytes_);
  return true;
}

void RecordReader::consume_data(ByteStream& stream, std::size_t count) {
  stream.consume(count);
  data_left_ = static_cast<std::uint8_t>(data_left_ - count);
}

}  // namespace tautline::bridge
