#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/record.hpp"
#include "tautline/client/client.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {

/// What a bridge's program may say about it.
struct BridgeOptions {
  std::uint32_t (*free_bytes)() = nullptr;  ///< memory left, for the reports; null: nobody knows
  bool wdog = false;                        ///< use the port's watchdog (watchdog_ms), from the first session on
  /// How often an attempt, and a network that is to come up, are looked at: not every port wakes its program for them.
  std::uint32_t look_again_ms = 10;
};

/// The logic of a Bridge that does not depend on the port: what is to be told to the hosted board.
class BridgeTalk {
 public:
  /// The stream outlives it.
  explicit BridgeTalk(ByteStream& stream) : stream_(stream) {}

 protected:
  /// Room for bytes on their way to the server; all of it is granted to the hosted board at the begin.
  static constexpr std::size_t out_bytes = 512;

  /// RecordType::wifi. As the others: false, if the stream has no room for it now.
  bool tell_wifi(bool up);
  /// RecordType::status.
  bool tell_status(ConnectStatus status);
  /// RecordType::ended.
  bool tell_ended();
  /// RecordType::granted, if it is worth a record; what was told is no longer in to_grant_.
  void tell_granted();
  /// RecordType::report.
  bool tell_report(const BridgeReport& report);
  /// Bytes that a data record has room for now.
  std::size_t data_room() const;
  /// At most so many bytes.
  void tell_data(std::string_view bytes);
  /// Takes what there is of the data record at hand; what is not of the present connection is dropped.
  void take_data();
  /// Before a new one.
  void forget_connection();

  /// The field of RecordType::report_every.
  static std::uint32_t read_report_period(std::string_view rest);
  /// The field of RecordType::open.
  static std::uint16_t read_port(std::string_view rest);
  /// With a NUL behind it, for which there must be room.
  static void copy_text(char* out, std::string_view text);

  ByteStream& stream_;           ///< to the hosted board
  RecordReader reader_;          ///< of what it asks for
  char out_[out_bytes] = {};     ///< to the server, from out_begin_ to out_end_
  std::uint16_t out_begin_ = 0;  ///< see out_
  std::uint16_t out_end_ = 0;    ///< see out_
  std::uint16_t to_grant_ = 0;   ///< bytes of room that the hosted board does not know of yet
  char connection_ = 0;          ///< the hosted board's number for it
  bool active_ = false;          ///< there is a connection or an attempt
  bool broke_credit_ = false;    ///< more came than was granted
};

/// A board with a network that carries the link of one without: it does what a HostedLink at the other end of the
/// stream asks for. It knows nothing of lines or of the protocol, and keeps nothing: all configuration comes from the
/// hosted board, in each session. A session that ends closes the connection to the server.
///
/// `Port` is that of a Client (see BasicClient); wifi, transport and, if asked for, watchdog are used. The program's
/// loop:
///
///     channel.poll(now_ms());
///     bridge.poll(now_ms());
///     channel.poll(now_ms());              what the bridge said leaves in this turn
///     wait until the channel's or the bridge's deadline, or until something comes on either side; not at all while
///     bridge.is_behind()
template <class Port>
class Bridge : private BridgeTalk {
 public:
  /// Port and stream outlive the bridge.
  Bridge(Port& port, ByteStream& stream, const BridgeOptions& options = {})
      : BridgeTalk(stream), port_(port), options_(options) {}
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  /// Does everything that is due and returns when to call again at the latest; the channel has a deadline of its own.
  /// Call it also when the stream or the transport has bytes.
  std::uint32_t poll(std::uint32_t now_ms);

  /// Has the stream changed since poll() looked at it? Then nothing else may wake the program for it.
  bool is_behind() const { return stream_.changes() != seen_changes_; }

  /// Is a hosted board there?
  bool has_board() const { return stream_.is_up(); }
  /// Is there a connection to the server?
  bool is_connected() const { return active_ && told_status_ == ConnectStatus::connected; }
  /// What the next report says.
  const BridgeReport& report() const { return report_; }

 private:
  static constexpr int max_reads_per_poll = 16;

  void begin_session();
  void take_records(std::uint32_t now_ms);
  void act(RecordType type, std::uint32_t now_ms);
  void connect_wifi(std::string_view rest);
  void open(std::string_view rest);
  void close();
  void watch_wifi();
  void watch_attempt();
  void send_on();
  void read_on();
  void end();
  void report_if_due(std::uint32_t now_ms);

  Port& port_;
  const BridgeOptions options_;
  BridgeReport report_;
  std::uint32_t session_ = 0;
  std::uint32_t last_ms_ = 0;
  std::uint32_t uptime_ms_ = 0;  ///< below one second: the rest is in report_
  std::uint32_t report_every_ms_ = 0;
  std::uint32_t report_at_ms_ = 0;
  std::uint16_t seen_changes_ = 0;  ///< of the stream
  ConnectStatus told_status_ = ConnectStatus::unreachable;
  bool started_ = false;
  bool wifi_wanted_ = false;
  bool wifi_was_up_ = false;
  bool wifi_told_ = false;  ///< ... and the hosted board knows
  bool ended_ = false;      ///< the server has closed the connection, which is still to be told
  bool over_ = false;       ///< ... and was told: nothing more is sent or read
  bool no_address_left_ = false;
  bool watchdog_runs_ = false;
  char ssid_[max_ssid_bytes + 1] = {};
  char pw_[max_password_bytes + 1] = {};
  char host_[max_host_bytes + 1] = {};
};

template <class Port>
std::uint32_t Bridge<Port>::poll(std::uint32_t now_ms) {
  if (started_) uptime_ms_ += now_ms - last_ms_;
  started_ = true;
  const bool progress = now_ms != last_ms_;
  last_ms_ = now_ms;
  report_.uptime_s += uptime_ms_ / 1000;
  uptime_ms_ %= 1000;

  seen_changes_ = stream_.changes();
  if (!stream_.is_up() || stream_.sessions() != session_) close();
  if (stream_.is_up()) {
    if (stream_.sessions() != session_) begin_session();
    take_records(now_ms);
    watch_wifi();
    watch_attempt();
    send_on();
    read_on();
    end();
    report_if_due(now_ms);
  }
  if (watchdog_runs_ && progress) port_.watchdog.feed();
  std::uint32_t at = now_ms + watchdog_ms / 4;
  // One that is due waits for a session, or for room in the stream, and so for the channel.
  if (report_every_ms_ != 0 && before(now_ms, report_at_ms_)) at = earlier(at, report_at_ms_);
  const bool looks = (active_ && told_status_ < ConnectStatus::connected) || (wifi_wanted_ && !wifi_was_up_);
  return looks ? earlier(at, now_ms + options_.look_again_ms) : at;
}

template <class Port>
void Bridge<Port>::begin_session() {
  session_ = stream_.sessions();
  reader_.restart();
  wifi_wanted_ = wifi_told_ = false;
  report_every_ms_ = 0;
  if (!options_.wdog || watchdog_runs_) return;
  watchdog_runs_ = true;
  port_.watchdog.start(watchdog_ms);
}

template <class Port>
void Bridge<Port>::take_records(std::uint32_t now_ms) {
  RecordType type{};
  while (true) {
    if (reader_.data_left() != 0) {
      const std::size_t before = reader_.data_left();
      take_data();
      if (reader_.data_left() == before) return;
    } else if (reader_.next(stream_, type)) {
      act(type, now_ms);
    } else {
      return;
    }
  }
}

template <class Port>
void Bridge<Port>::act(RecordType type, std::uint32_t now_ms) {
  const std::string_view rest = reader_.rest();
  const bool ours = active_ && !rest.empty() && rest[0] == connection_;
  switch (type) {
    case RecordType::wifi_on: connect_wifi(rest); break;
    case RecordType::wifi_off:
      wifi_wanted_ = wifi_told_ = wifi_was_up_ = false;
      port_.wifi.disconnect();
      break;
    case RecordType::report_every:
      report_every_ms_ = read_report_period(rest);
      report_at_ms_ = now_ms + report_every_ms_;
      break;
    case RecordType::open: open(rest); break;
    case RecordType::next_address:
      if (ours && !port_.transport.next_address()) no_address_left_ = true;
      break;
    case RecordType::close:
      if (ours) send_on();  // the client's last words
      if (ours) close();
      break;
    default: break;  // of a later version
  }
}

template <class Port>
void Bridge<Port>::connect_wifi(std::string_view rest) {
  if (rest.size() < 2) return;
  const auto ssid_bytes = static_cast<unsigned char>(rest[1]);
  if (ssid_bytes > max_ssid_bytes || rest.size() < 2U + ssid_bytes ||
      rest.size() > 2U + ssid_bytes + max_password_bytes)
    return;
  const std::string_view ssid(rest.data() + 2, ssid_bytes);
  const std::string_view pw(ssid.data() + ssid_bytes, rest.size() - 2U - ssid_bytes);
  // A hosted board that has restarted finds its network as it was; one that asks again wants it made anew.
  const bool as_it_was = !wifi_wanted_ && ssid == ssid_ && pw == pw_ && port_.wifi.is_up();
  if (wifi_wanted_) port_.wifi.disconnect();
  copy_text(ssid_, ssid);
  copy_text(pw_, pw);
  if (!as_it_was && (rest[0] == 0 || !port_.wifi.connect_stored())) port_.wifi.connect(ssid_, pw_);
  wifi_wanted_ = true;
  wifi_told_ = false;
}

template <class Port>
void Bridge<Port>::open(std::string_view rest) {
  if (rest.size() < 3 || rest.size() > 3 + max_host_bytes) return;
  close();
  forget_connection();
  connection_ = rest[0];
  copy_text(host_, {rest.data() + 3, rest.size() - 3});
  active_ = true;
  ended_ = over_ = no_address_left_ = false;
  told_status_ = ConnectStatus::resolving;
  port_.transport.connect(host_, read_port(rest));
}

template <class Port>
void Bridge<Port>::close() {
  if (active_) port_.transport.close();
  active_ = false;
}

template <class Port>
void Bridge<Port>::watch_wifi() {
  if (!wifi_wanted_) return;
  const bool up = port_.wifi.is_up();
  if (up && !wifi_was_up_) ++report_.wifi_connects;
  if (up != wifi_was_up_) wifi_told_ = false;
  wifi_was_up_ = up;
  if (!wifi_told_) wifi_told_ = tell_wifi(up);
}

template <class Port>
void Bridge<Port>::watch_attempt() {
  if (!active_ || told_status_ >= ConnectStatus::connected) return;
  const ConnectStatus status = no_address_left_ ? ConnectStatus::unreachable : port_.transport.progress();
  if (status == told_status_ || !tell_status(status)) return;
  told_status_ = status;
  if (status != ConnectStatus::connected) return;
  ++report_.connects;
  to_grant_ = out_bytes;
}

template <class Port>
void Bridge<Port>::send_on() {
  if (!is_connected()) return;
  if (broke_credit_) ended_ = true;  // some of the bytes are gone
  while (out_begin_ != out_end_ && !ended_ && !over_) {
    const std::size_t waiting = static_cast<std::size_t>(out_end_ - out_begin_);
    const IoResult result = port_.transport.write(out_ + out_begin_, waiting);
    out_begin_ = static_cast<std::uint16_t>(out_begin_ + result.bytes);
    to_grant_ = static_cast<std::uint16_t>(to_grant_ + result.bytes);
    if (result.closed) ended_ = true;
    if (result.closed || result.bytes < waiting) break;
  }
  tell_granted();
}

template <class Port>
void Bridge<Port>::read_on() {
  for (int reads = 0; reads < max_reads_per_poll && is_connected() && !ended_ && !over_; ++reads) {
    const std::size_t room = data_room();
    if (room == 0) return;
    char bytes[max_record_bytes];
    const IoResult result = port_.transport.read(bytes, room);
    if (result.bytes != 0) tell_data({bytes, result.bytes});
    if (result.closed) ended_ = true;
    if (result.bytes < room) return;
  }
}

template <class Port>
void Bridge<Port>::end() {
  if (!active_ || !ended_ || over_) return;
  over_ = tell_ended();
}

template <class Port>
void Bridge<Port>::report_if_due(std::uint32_t now_ms) {
  if (report_every_ms_ == 0 || before(now_ms, report_at_ms_)) return;
  constexpr std::uint32_t unknown = 0xFFFFFFFFU;
  report_.free_bytes = options_.free_bytes != nullptr ? options_.free_bytes() : unknown;
  if (tell_report(report_)) report_at_ms_ = now_ms + report_every_ms_;
}

}  // namespace tautline::bridge
