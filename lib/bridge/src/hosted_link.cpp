#include "tautline/bridge/hosted_link.hpp"

#include <cstring>

#include "bytes.hpp"

namespace tautline::bridge {
namespace {

/// Of data in one record: what a packet has room for.
constexpr std::size_t max_data_bytes = max_record_bytes - 1;

std::string_view cut(const char* text, std::size_t most) {
  const std::size_t size = std::strlen(text);
  return {text, size < most ? size : most};
}

}  // namespace

// ---- sessions -----------------------------------------------------------------------------------

void HostedLink::begin_session() {
  session_ = stream_.sessions();
  lose_connection();
  pending_ = static_cast<std::uint8_t>(pending_report_every | (wifi_wanted_ ? pending_wifi : 0));
}

void HostedLink::lose_connection() {
  reader_.restart();
  wifi_up_ = false;
  pending_ = 0;
  granted_ = 0;
  if (!active_) return;
  status_ = ConnectStatus::unreachable;
  ended_ = true;
}

void HostedLink::receive() {
  if (stream_.sessions() != session_) begin_session();
  if (was_up_ && !stream_.is_up()) lose_connection();
  was_up_ = stream_.is_up();
  if (!was_up_) return;
  RecordType type{};
  while (true) {
    if (reader_.data_left() != 0) {
      if (is_ours(reader_.rest())) return;  // for read()
      const std::size_t count = reader_.data(stream_).size();
      if (count == 0) return;
      reader_.consume_data(stream_, count);
    } else if (reader_.next(stream_, type)) {
      act(type);
    } else {
      return;
    }
  }
}

void HostedLink::act(RecordType type) {
  const std::string_view rest = reader_.rest();
  const bool ours = is_ours(rest);
  switch (type) {
    case RecordType::wifi: wifi_up_ = wifi_wanted_ && !rest.empty() && rest[0] != 0; break;
    case RecordType::status:
      // An attempt that ended on this side in the meantime stays so.
      if (ours && rest.size() >= 2 && !ended_) {
        const auto status = static_cast<std::uint8_t>(rest[1]);
        if (status <= static_cast<std::uint8_t>(ConnectStatus::refused)) status_ = static_cast<ConnectStatus>(status);
      }
      break;
    case RecordType::ended:
      if (ours) ended_ = true;
      break;
    case RecordType::granted:
      if (ours && rest.size() >= 3) granted_ += get_u16(rest.data() + 1);
      break;
    case RecordType::report:
      if (rest.size() < 16) break;
      report_ = {get_u32(rest.data()), get_u32(rest.data() + 4), get_u32(rest.data() + 8), get_u32(rest.data() + 12)};
      has_report_ = true;
      break;
    default: break;  // of a later version
  }
}

// ---- what is to be said -------------------------------------------------------------------------

void HostedLink::send() {
  // In this order: the old connection is closed before the next is opened.
  for (const Pending what : {pending_report_every, pending_wifi, pending_close, pending_open, pending_next_address}) {
    if ((pending_ & what) == 0) continue;
    if (!say(what)) return;
    pending_ = static_cast<std::uint8_t>(pending_ & ~what);
  }
}

bool HostedLink::say(Pending what) {
  switch (what) {
    case pending_report_every: {
      char period[4];
      put_u32(period, settings_.report_every_ms);
      return RecordWriter::write(stream_, RecordType::report_every, {period, sizeof period});
    }
    case pending_wifi: return say_wifi();
    case pending_close: return RecordWriter::write(stream_, RecordType::close, {&closed_, 1});
    case pending_open: return say_open();
    case pending_next_address: return RecordWriter::write(stream_, RecordType::next_address, {&connection_, 1});
  }
  return true;
}

bool HostedLink::say_wifi() {
  if (!wifi_wanted_) return RecordWriter::write(stream_, RecordType::wifi_off, {});
  const std::string_view ssid = cut(settings_.ssid, max_ssid_bytes);
  char head[2 + max_ssid_bytes] = {static_cast<char>(prefer_stored_), static_cast<char>(ssid.size())};
  std::memcpy(head + 2, ssid.data(), ssid.size());
  return RecordWriter::write(stream_, RecordType::wifi_on, {head, 2 + ssid.size()},
                             cut(settings_.pw, max_password_bytes));
}

bool HostedLink::say_open() {
  char head[3] = {connection_};
  put_u16(head + 1, port_);
  return RecordWriter::write(stream_, RecordType::open, {head, sizeof head}, host_);
}

// ---- the seams ----------------------------------------------------------------------------------

void HostedLink::connect_wifi(bool prefer_stored) {
  wifi_wanted_ = true;
  prefer_stored_ = prefer_stored;
  pending_ |= pending_wifi;
}

void HostedLink::disconnect_wifi() {
  wifi_wanted_ = false;
  wifi_up_ = false;
  pending_ |= pending_wifi;
}

void HostedLink::connect(const char* host, std::uint16_t port) {
  close();
  host_ = host;
  port_ = port;
  ++connection_;
  active_ = true;
  status_ = ConnectStatus::connecting;
  if (!stream_.is_up()) return lose_connection();
  if (std::strlen(host) > max_host_bytes) {
    status_ = ConnectStatus::unresolved;
    ended_ = true;
    return;
  }
  status_ = ConnectStatus::resolving;
  pending_ |= pending_open;
}

bool HostedLink::next_address() {
  if (!active_ || ended_) return false;
  pending_ |= pending_next_address;
  return true;
}

IoResult HostedLink::read(char* data, std::size_t size) {
  IoResult result;
  if (!active_) return {0, true};
  // A record may begin behind the one that was read to its end.
  for (receive(); result.bytes < size && is_ours(reader_.rest()) && reader_.data_left() != 0; receive()) {
    std::string_view bytes = reader_.data(stream_);
    if (bytes.empty()) break;
    if (bytes.size() > size - result.bytes) bytes = {bytes.data(), size - result.bytes};
    std::memcpy(data + result.bytes, bytes.data(), bytes.size());
    result.bytes += bytes.size();
    reader_.consume_data(stream_, bytes.size());
  }
  result.closed = ended_ && reader_.data_left() == 0;
  return result;
}

IoResult HostedLink::write(const char* data, std::size_t size) {
  IoResult result;
  if (!active_ || ended_) return {0, true};
  while (result.bytes < size && granted_ != 0) {
    std::size_t count = size - result.bytes;
    if (count > granted_) count = granted_;
    if (count > max_data_bytes) count = max_data_bytes;
    constexpr std::size_t overhead = record_header_bytes + 1;
    if (stream_.writable() <= overhead) break;
    if (count > stream_.writable() - overhead) count = stream_.writable() - overhead;
    if (!RecordWriter::write(stream_, RecordType::data, {&connection_, 1}, {data + result.bytes, count})) break;
    granted_ -= static_cast<std::uint32_t>(count);
    result.bytes += count;
  }
  return result;
}

void HostedLink::close() {
  if (!active_) return;
  active_ = false;
  // One that was never opened, or went with the bridge, need not be closed.
  if ((pending_ & pending_open) == 0 && stream_.is_up() && !(ended_ && status_ == ConnectStatus::unreachable)) {
    closed_ = connection_;
    pending_ |= pending_close;
  }
  pending_ = static_cast<std::uint8_t>(pending_ & ~(pending_open | pending_next_address));
  ended_ = false;
  granted_ = 0;
  status_ = ConnectStatus::unreachable;
}

bool HostedLink::take_report(BridgeReport& report) {
  if (!has_report_) return false;
  has_report_ = false;
  report = report_;
  return true;
}

}  // namespace tautline::bridge
