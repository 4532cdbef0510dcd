#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/record.hpp"
#include "tautline/client/client.hpp"

namespace tautline::bridge {

/// What the hosted board tells the bridge at the begin of each session. Texts end with NUL and outlive the link.
struct HostedSettings {
  const char* ssid = "";                  ///< at most max_ssid_bytes; longer ones are cut
  const char* pw = "";                    ///< at most max_password_bytes; longer ones are cut
  std::uint32_t report_every_ms = 60000;  ///< how often the bridge reports; 0: never
};

/// The wifi and transport seams of a Client, at the hosted board's end of a stream: what the client asks for is done by
/// the Bridge at the other end, with its network. HostedPort makes a port of it.
///
/// All that the bridge knows comes from here and is said again in each session, so a bridge that has restarted is as
/// good as before: for the client its network was down, and its connection ended.
class HostedLink {
 public:
  /// Both outlive the link.
  HostedLink(ByteStream& stream, const HostedSettings& settings) : stream_(stream), settings_(settings) {}
  HostedLink(const HostedLink&) = delete;
  HostedLink& operator=(const HostedLink&) = delete;

  /// After the channel's poll(): looks at what has come, up to bytes of the connection that nobody has read yet.
  void receive();
  /// Before the channel's poll(): says what could not be said when it was asked for.
  void send();

  // ---- the wifi seam -------------------------------------------------------------------------------

  /// See BasicClient: connects with what the bridge remembers, if `prefer_stored` and if it does, else with the
  /// settings.
  void connect_wifi(bool prefer_stored);
  /// Down, until an attempt succeeded.
  void disconnect_wifi();
  /// False also while there is no bridge.
  bool wifi_is_up() const { return wifi_up_; }

  // ---- the transport seam --------------------------------------------------------------------------

  /// `host` outlives the attempt. One that is longer than max_host_bytes has no address.
  void connect(const char* host, std::uint16_t port);
  /// How the attempt stands.
  ConnectStatus progress() const { return status_; }
  /// Asks the bridge for the next address; it answers ConnectStatus::unreachable if there is none.
  bool next_address();
  /// Bytes of the connection.
  IoResult read(char* data, std::size_t size);
  /// Takes as many as the bridge has granted and the stream has room for.
  IoResult write(const char* data, std::size_t size);
  /// Also an attempt; harmless when closed.
  void close();

  // ---- reports -------------------------------------------------------------------------------------

  /// Has the bridge reported since the last call?
  bool take_report(BridgeReport& report);
  /// The stream below.
  const ByteStream& stream() const { return stream_; }

 private:
  enum Pending : std::uint8_t {
    pending_report_every = 1,
    pending_wifi = 2,
    pending_close = 4,
    pending_open = 8,
    pending_next_address = 16,
  };

  void begin_session();
  void lose_connection();
  bool say(Pending what);
  bool say_wifi();
  bool say_open();
  void act(RecordType type);
  bool is_ours(std::string_view rest) const { return active_ && !rest.empty() && rest[0] == connection_; }

  ByteStream& stream_;
  const HostedSettings& settings_;
  RecordReader reader_;
  BridgeReport report_;
  const char* host_ = nullptr;
  std::uint32_t session_ = 0;  ///< of the stream, as last seen
  std::uint32_t granted_ = 0;  ///< bytes that may be sent
  std::uint16_t port_ = 0;
  char connection_ = 0;  ///< a number for each attempt, so that what is late is known
  char closed_ = 0;      ///< the one to close
  std::uint8_t pending_ = 0;
  ConnectStatus status_ = ConnectStatus::unreachable;
  bool was_up_ = false;  ///< the stream, as last seen
  bool active_ = false;  ///< there is a connection or an attempt
  bool ended_ = false;   ///< it was closed by the server, or lost with the bridge
  bool wifi_wanted_ = false;
  bool prefer_stored_ = false;
  bool wifi_up_ = false;
  bool has_report_ = false;
};

}  // namespace tautline::bridge
