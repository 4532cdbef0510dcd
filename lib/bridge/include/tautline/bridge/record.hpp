#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/bridge/byte_stream.hpp"

namespace tautline::bridge {

/// What hosted board and bridge tell each other over the stream: a byte for the type, a byte for the length of the
/// rest, the rest. docs/bridge.md lists the fields. The values are letters, so that a dump can be read.
enum class RecordType : std::uint8_t {
  // board > bridge
  wifi_on = 'W',       ///< prefer stored credentials? (1), length of the ssid (1), ssid, password
  wifi_off = 'w',      ///<
  report_every = 'P',  ///< milliseconds (4); 0: never
  open = 'O',          ///< connection (1), TCP port (2), host
  next_address = 'N',  ///< connection (1)
  close = 'X',         ///< connection (1)
  // both ways
  data = 'D',  ///< connection (1), bytes
  // bridge > board
  wifi = 'I',     ///< has the network interface an address? (1)
  status = 'C',   ///< connection (1), ConnectStatus (1)
  ended = 'E',    ///< connection (1): the server has closed it
  granted = 'G',  ///< connection (1), so many more bytes may be sent on it (2)
  report = 'R',   ///< BridgeReport, four numbers (4 each)
};

/// Type and length.
constexpr std::size_t record_header_bytes = 2;
/// What follows them at most: a record fits into the least receive buffer of a stream.
constexpr std::size_t max_record_bytes = max_packet_payload - record_header_bytes;
/// Of a network's name and its password, as 802.11 has them.
constexpr std::size_t max_ssid_bytes = 32;
/// See max_ssid_bytes.
constexpr std::size_t max_password_bytes = 64;
/// Of a server's name.
constexpr std::size_t max_host_bytes = 128;

/// How the bridge fares.
struct BridgeReport {
  std::uint32_t wifi_connects = 0;  ///< how many times its network came up
  std::uint32_t connects = 0;       ///< how many times the server was reached
  std::uint32_t uptime_s = 0;       ///< since it started
  std::uint32_t free_bytes = 0;     ///< of memory; all ones where nobody knows
};

/// A record put together.
class RecordWriter {
 public:
  /// Whole or not at all: false if the stream has no room for it now.
  static bool write(ByteStream& stream, RecordType type, std::string_view first, std::string_view second = {});
};

/// Takes a stream apart into records. A record of bytes for a connection (RecordType::data) is handed out as soon as it
/// begins; all others when they are complete.
class RecordReader {
 public:
  /// At the begin of a session.
  void restart() { data_left_ = 0; }
  /// The next record: its type, and in rest() what follows; of RecordType::data only the connection. False: not there
  /// yet, or bytes of the data record before are left.
  bool next(ByteStream& stream, RecordType& type);
  /// Valid until next().
  std::string_view rest() const { return {rest_, rest_bytes_}; }

  /// Bytes of the data record still to be taken.
  std::size_t data_left() const { return data_left_; }
  /// Those of them that are there, in one piece.
  std::string_view data(const ByteStream& stream) const {
    const std::string_view bytes = stream.readable();
    return {bytes.data(), bytes.size() < data_left_ ? bytes.size() : data_left_};
  }
  /// The caller is done with so many of them.
  void consume_data(ByteStream& stream, std::size_t count);

 private:
  std::uint8_t data_left_ = 0;
  std::uint8_t rest_bytes_ = 0;
  char rest_[max_record_bytes] = {};
};

}  // namespace tautline::bridge
