#include "tautline/bridge/bridge.hpp"

#include <cstring>

#include "bytes.hpp"

namespace tautline::bridge {

bool BridgeTalk::tell_wifi(bool up) {
  const char state = up ? 1 : 0;
  return RecordWriter::write(stream_, RecordType::wifi, {&state, 1});
}

bool BridgeTalk::tell_status(ConnectStatus status) {
  const char fields[2] = {connection_, static_cast<char>(status)};
  return RecordWriter::write(stream_, RecordType::status, {fields, sizeof fields});
}

bool BridgeTalk::tell_ended() {
  return RecordWriter::write(stream_, RecordType::ended, {&connection_, 1});
}

void BridgeTalk::tell_granted() {
  // Not byte by byte, unless the hosted board may wait for it.
  if (to_grant_ == 0 || (to_grant_ < out_bytes / 4 && out_begin_ != out_end_)) return;
  char fields[3] = {connection_};
  put_u16(fields + 1, to_grant_);
  if (RecordWriter::write(stream_, RecordType::granted, {fields, sizeof fields})) to_grant_ = 0;
}

bool BridgeTalk::tell_report(const BridgeReport& report) {
  char fields[16];
  put_u32(fields, report.wifi_connects);
  put_u32(fields + 4, report.connects);
  put_u32(fields + 8, report.uptime_s);
  put_u32(fields + 12, report.free_bytes);
  return RecordWriter::write(stream_, RecordType::report, {fields, sizeof fields});
}

std::size_t BridgeTalk::data_room() const {
  constexpr std::size_t overhead = record_header_bytes + 1;
  const std::size_t room = stream_.writable();
  if (room <= overhead) return 0;
  return room - overhead < max_record_bytes - 1 ? room - overhead : max_record_bytes - 1;
}

void BridgeTalk::tell_data(std::string_view bytes) {
  RecordWriter::write(stream_, RecordType::data, {&connection_, 1}, bytes);
}

void BridgeTalk::take_data() {
  const std::string_view bytes = reader_.data(stream_);
  const std::string_view rest = reader_.rest();
  if (active_ && !rest.empty() && rest[0] == connection_) {
    if (out_begin_ != 0) {
      std::memmove(out_, out_ + out_begin_, static_cast<std::size_t>(out_end_ - out_begin_));
      out_end_ = static_cast<std::uint16_t>(out_end_ - out_begin_);
      out_begin_ = 0;
    }
    if (bytes.size() > out_bytes - out_end_) {
      broke_credit_ = true;
    } else {
      std::memcpy(out_ + out_end_, bytes.data(), bytes.size());
      out_end_ = static_cast<std::uint16_t>(out_end_ + bytes.size());
    }
  }
  reader_.consume_data(stream_, bytes.size());
}

void BridgeTalk::forget_connection() {
  out_begin_ = out_end_ = 0;
  to_grant_ = 0;
  broke_credit_ = false;
}

std::uint32_t BridgeTalk::read_report_period(std::string_view rest) {
  return rest.size() >= 4 ? get_u32(rest.data()) : 0;
}

std::uint16_t BridgeTalk::read_port(std::string_view rest) {
  return get_u16(rest.data() + 1);
}

void BridgeTalk::copy_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
}

}  // namespace tautline::bridge
