#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/client/link_client.hpp"
#include "tautline/core/serial.hpp"

namespace tautline {

/// TCP port of a server that says nothing else.
constexpr std::uint16_t default_port = 8123;
/// Silence after which a link is down, if nothing else is said. Server and clients should agree.
constexpr std::uint32_t default_timeout_ms = 1500;
/// Longer than any call of poll() should be away, shorter than anybody wants to wait for a hung board.
constexpr std::uint32_t watchdog_ms = 20000;

/// Called on every change: the link came up (true, Reason::none), went down, or is still down for another reason. The
/// reason of an outage: Reason::wifi, the server unreachable (unreachable, unresolved), silent (silent, blocked),
/// refused (id, busy, version, size and the other BYE codes), superseded, ended by the peer (peer_closed, closing) or
/// by close() (local_close). It runs inside poll() and may write, read and close.
using StateCallback = void (*)(void* argument, bool up, Reason reason);

/// What an application says about its link. Texts end with NUL and must outlive the client.
struct ClientConfig {
  const char* my_id = "";                         ///< 1 to 32 of letters, digits, "-", "_", ".", "/", ":"
  const char* server = "";                        ///< host name or address
  std::uint16_t port = default_port;              ///< TCP port of the server
  std::uint32_t timeout_ms = default_timeout_ms;  ///< silence after which the connection is given up
  const char* ssid = "";                          ///< for when what the board remembers fails; empty: only that
  const char* pw = "";                            ///< password of that WiFi
  StateCallback conn_cb = nullptr;                ///< null: nobody is told
  void* conn_cb_argument = nullptr;               ///< first argument of conn_cb
  bool verbose = false;                           ///< tell the port's log about every change
  bool led = false;                               ///< toggle the port's LED on each keepalive received
  bool wdog = false;                              ///< use the port's watchdog; see BasicClient
  Dialect protocol = Dialect::protocol_2;         ///< others only with a port that has speaks_protocol_1
};

/// How much memory a client has: one line is at most `max_line` bytes, up to `window` lines may be on the way from the
/// server before the application takes them, up to `queued_lines` of full length wait to be acknowledged.
/// `io_bytes`: size of the receive and output buffers; more means fewer system calls. 0: the least that works.
template <std::size_t max_line_bytes = 128, std::size_t window_lines = 4, std::size_t queued_line_count = 8,
          std::size_t io_buffer_bytes = 0>
struct Sizes {
  static constexpr std::size_t max_line = max_line_bytes;         ///< bytes, either direction
  static constexpr std::size_t window = window_lines;             ///< lines received, not taken
  static constexpr std::size_t queued_lines = queued_line_count;  ///< lines written, not acknowledged
  static constexpr std::size_t io_bytes = io_buffer_bytes;        ///< bytes of each buffer
};

/// What a transport's read or write did. No bytes and not closed: it would block.
struct IoResult {
  std::size_t bytes = 0;  ///< read or taken
  bool closed = false;    ///< FIN, RST or another end of the connection
};

/// First-connection policy, the default: keep trying for ever, as after any later outage.
struct KeepTrying {
  /// WiFi did not come up within wifi_limit_ms. True: try again; false: the client closes for good.
  bool bad_wifi() { return true; }
  /// The server was not reached, or ended the connection before it was open.
  bool bad_server(Reason) { return true; }
};

/// First-connection policy of the original: WiFi is tried for ever, a bad server is reported (status closed,
/// last_reason()) and the client stops.
struct StopIfServerFails {
  /// As KeepTrying::bad_wifi().
  bool bad_wifi() { return true; }
  /// As KeepTrying::bad_server().
  bool bad_server(Reason) { return false; }
};

/// A link to the server, driven by poll(): the LinkClient together with a port's socket, WiFi, randomness, watchdog and
/// LED, in buffers of the caller's. Client adds the buffers.
///
/// `Port` has these members (ports/posix is an example; nothing is virtual, nothing may block):
///
///     static constexpr bool speaks_protocol_1;             is protocol 1 compiled in?
///     bool wifi.connect_stored();    starts with the credentials the board remembers, writes nothing; false: has none
///     wifi.connect(ssid, pw);        starts with these; writes them to flash only if they differ from what is there
///     wifi.disconnect();             from now on is_up() is false until an attempt succeeded
///     bool wifi.is_up();             has an address; WiFi that was lost comes back by itself if it can
///     transport.connect(const char* host, std::uint16_t port);             starts; the name is resolved anew
///     ConnectStatus transport.progress();
///     bool transport.next_address();                       tries the next one, if there is one; else false
///     IoResult transport.read(char*, std::size_t); IoResult transport.write(const char*, std::size_t);
///     transport.close();                                   also an attempt to connect; harmless when closed
///     std::uint32_t random.next();
///     watchdog.start(ms); watchdog.feed();                 not fed for so long: it resets the board
///     bool watchdog.stop();                                false: this one cannot be stopped
///     led.toggle();
///     log.state(LinkState, Reason);                        called with config.verbose
///
/// WiFi. Each attempt has wifi_limit_ms; before the next one WiFi is disconnected. The first attempt uses what the
/// board remembers, which wears no flash. While the link was never up, ssid and pw take turns with it after each failed
/// attempt; later what worked is used. WiFi that was seen down is trusted after it stayed up for wifi_stable_ms; one
/// that is up at the first look (Linux, a board that connects by itself) is trusted at once.
///
/// Watchdog, with ClientConfig::wdog. It starts when the link is up for the first time: a board that was never
/// configured right is not reset for ever. From then on each poll() feeds it, also in an outage, if the clock moved
/// since the one before; poll() then asks to be called again within a quarter of watchdog_ms. close() stops it where it
/// can be stopped; else poll() goes on feeding it, and a board that stops polling is reset.
///
/// `First` decides about failures before the link was up for the first time; it is never called afterwards.
template <class Port, class First = KeepTrying>
class BasicClient {
 public:
  /// What link() gives.
  using Link = BasicLinkClient<Port::speaks_protocol_1>;

  /// Starts WiFi; the rest happens in poll(). Port and buffers must outlive the client.
  BasicClient(Port& port, const ClientConfig& config, const ReceiveLimits& limits, const LinkBuffers& buffers,
              First first = {});
  BasicClient(const BasicClient&) = delete;
  BasicClient& operator=(const BasicClient&) = delete;

  /// Does everything that is due and returns when to call again at the latest (a time of the same clock as `now_ms`).
  /// Call it also when the transport has bytes, and after write(), readline() or accept(). Never blocks.
  std::uint32_t poll(std::uint32_t now_ms);
  /// The time poll() returned; the time of the last poll() if a call since then left something to do at once.
  std::uint32_t deadline_ms() const {
    const std::uint32_t deadline = link_.deadline_ms(now_ms_);
    return watchdog_runs_ ? earlier(deadline, now_ms_ + watchdog_ms / 4) : deadline;
  }

  /// Queues a line and never blocks; see BasicLinkClient::write().
  WriteResult write(std::string_view line, bool qos = true, bool ordered = false) {
    return link_.write(line, qos, ordered);
  }
  /// Has the server taken responsibility for the line with this ticket? Valid for the last 2^31 lines.
  bool acknowledged(std::uint32_t ticket) const { return link_.acknowledged(ticket); }
  /// Lines written and not yet acknowledged.
  std::uint32_t unacknowledged() const { return link_.unacknowledged(); }

  /// The next line, if there is one, and takes the line before it; see BasicLinkClient::readline().
  bool readline(std::string_view& line) { return link_.readline(line); }
  /// Takes the line that readline() handed out: the application is done with it.
  void accept() { link_.accept(); }

  /// See BasicLinkClient::numbers_to_keep().
  bool numbers_to_keep(KeptNumbers& kept) const { return link_.numbers_to_keep(kept); }
  /// See BasicLinkClient::resume().
  void resume(const KeptNumbers& kept) { link_.resume(kept); }

  /// Is the link up?
  bool status() const { return link_.is_open(); }
  /// As status().
  bool operator()() const { return status(); }
  /// Where the client is on its way to the server.
  LinkState state() const { return link_.state(); }
  /// Why the link is down, or why it last was.
  Reason last_reason() const { return link_.last_reason(); }
  /// How many times the link came up.
  std::uint32_t connects() const { return link_.connects(); }
  /// Longest line that write() accepts now: the agreed maximum, or the own one before the server named its.
  std::size_t max_line() const { return link_.max_line(); }

  /// Sends a last status line and closes, for good; also stops the watchdog where it can be stopped. poll() finishes
  /// it: call it until state() is LinkState::closed.
  void close();
  /// Does the watchdog wait to be fed? After close(): it cannot be stopped.
  bool watchdog_runs() const { return watchdog_runs_; }

  /// The logic behind, for counters that have no short cut here.
  const Link& link() const { return link_; }
  /// As given to the constructor.
  const ClientConfig& config() const { return config_; }

 private:
  void read_all();
  void flush();
  void step(Step step);
  void connect_wifi();
  void cycle_wifi();
  void report();
  void tell(bool up, Reason reason);
  bool is_servers_fault() const { return link_.state() != LinkState::closed && link_.last_reason() != Reason::wifi; }

  static constexpr int max_reads_per_poll = 16;
  static constexpr int max_steps_per_poll = 8;

  Port& port_;
  const ClientConfig config_;
  const LinkSettings settings_;
  Link link_;
  std::uint32_t now_ms_ = 0;
  LinkState reported_state_ = LinkState::wifi_down;
  Reason reported_reason_ = Reason::none;  ///< none: up, or nothing was told yet
  std::uint8_t reported_connects_ = 0;     ///< modulo 256
  std::uint8_t reported_keepalives_ = 0;
  bool uses_given_wifi_ = false;  ///< ssid and pw, not what the board remembers
  bool watchdog_runs_ = false;
  First first_;
};

template <class Port, class First>
BasicClient<Port, First>::BasicClient(Port& port, const ClientConfig& config, const ReceiveLimits& limits,
                                      const LinkBuffers& buffers, First first)
    : port_(port),
      config_(config),
      settings_{config.my_id, limits, config.protocol},
      link_(settings_, buffers),
      first_(first) {
  connect_wifi();
}

template <class Port, class First>
std::uint32_t BasicClient<Port, First>::poll(std::uint32_t now_ms) {
  // With a clock that stands still no limit is ever reached: that is no progress, even if poll() runs.
  const bool progress = now_ms != now_ms_;
  now_ms_ = now_ms;
  link_.wifi_is(port_.wifi.is_up(), now_ms);
  if (link_.is_connecting()) {
    link_.connect_progress(port_.transport.progress(), now_ms);
    if (link_.connect_timed_out(now_ms) && port_.transport.next_address()) link_.another_address(now_ms);
  }
  read_all();
  link_.tick(now_ms);
  flush();
  // After a step there may be another one; the bound only guards against a port that fails at once, for ever.
  for (int steps = 0; steps < max_steps_per_poll; ++steps) {
    const Step next = link_.next_step(now_ms);
    if (next == Step::wait) break;
    step(next);
  }
  report();
  if (watchdog_runs_ && progress) port_.watchdog.feed();
  return deadline_ms();
}

template <class Port, class First>
void BasicClient<Port, First>::read_all() {
  for (int reads = 0; reads < max_reads_per_poll && link_.wants_bytes(); ++reads) {
    const std::size_t room = link_.receive_room();
    const IoResult result = port_.transport.read(link_.receive_space(), room);
    if (result.bytes != 0) link_.received(result.bytes, now_ms_);
    if (result.closed) link_.peer_closed();
    if (result.closed || result.bytes < room) break;
  }
}

template <class Port, class First>
void BasicClient<Port, First>::flush() {
  while (true) {
    const std::string_view bytes = link_.output(now_ms_);
    if (bytes.empty()) return;
    const IoResult result = port_.transport.write(bytes.data(), bytes.size());
    link_.sent(result.bytes, now_ms_);
    if (result.closed) link_.peer_closed();
    if (result.closed || result.bytes < bytes.size()) return;
  }
}

template <class Port, class First>
void BasicClient<Port, First>::step(Step step) {
  const bool first_time = link_.connects() == 0;
  switch (step) {
    case Step::wait: break;
    case Step::connect: port_.transport.connect(config_.server, config_.port); break;
    case Step::close:
      port_.transport.close();
      link_.closed(now_ms_, port_.random.next());
      if (first_time && is_servers_fault() && !first_.bad_server(link_.last_reason())) link_.give_up();
      break;
    case Step::cycle_wifi:
      // The reason tells a WiFi that does not come up from one that is only suspected.
      if (first_time && link_.last_reason() == Reason::wifi) {
        if (!first_.bad_wifi()) return link_.give_up();
        if (config_.ssid[0] != '\0') uses_given_wifi_ = !uses_given_wifi_;
      }
      cycle_wifi();
      break;
  }
}

template <class Port, class First>
void BasicClient<Port, First>::connect_wifi() {
  if (uses_given_wifi_ || !port_.wifi.connect_stored()) port_.wifi.connect(config_.ssid, config_.pw);
}

template <class Port, class First>
void BasicClient<Port, First>::cycle_wifi() {
  port_.wifi.disconnect();
  connect_wifi();
  // Looked at now, or a WiFi that is back before the next poll would not have been seen down, and so not be watched
  // until it is stable.
  link_.wifi_is(port_.wifi.is_up(), now_ms_);
}

template <class Port, class First>
void BasicClient<Port, First>::report() {
  for (; reported_keepalives_ != link_.keepalives(); ++reported_keepalives_) {
    if (config_.led) port_.led.toggle();
  }
  if (config_.verbose && reported_state_ != link_.state()) port_.log.state(link_.state(), link_.last_reason());
  reported_state_ = link_.state();
  const bool up = link_.is_open();
  if (up && config_.wdog && !watchdog_runs_) {
    watchdog_runs_ = true;
    port_.watchdog.start(watchdog_ms);
  }
  // A link may come up and fall within one poll: both are told.
  const auto connects = static_cast<std::uint8_t>(link_.connects());
  if (reported_connects_ != connects) {
    reported_connects_ = connects;
    tell(true, Reason::none);
  }
  if (!up && link_.last_reason() != reported_reason_) tell(false, link_.last_reason());
}

template <class Port, class First>
void BasicClient<Port, First>::tell(bool up, Reason reason) {
  reported_reason_ = reason;
  if (config_.conn_cb != nullptr) config_.conn_cb(config_.conn_cb_argument, up, reason);
}

template <class Port, class First>
void BasicClient<Port, First>::close() {
  link_.close(now_ms_);
  if (watchdog_runs_) watchdog_runs_ = !port_.watchdog.stop();
}

/// The buffers of a Client. A base of it, so that they exist before the logic that uses them.
template <class BufferSizes>
class ClientBuffers {
 protected:
  static constexpr LinkBufferSizes sizes =
      link_buffer_sizes(BufferSizes::queued_lines, BufferSizes::window, BufferSizes::max_line);
  static_assert(BufferSizes::window >= min_window && BufferSizes::window <= max_window, "a window is 1 to 1024 lines");
  static_assert(BufferSizes::max_line >= min_payload_limit && BufferSizes::max_line <= LineQueue::max_line_bytes,
                "the protocol asks for lines of at least 32 bytes");
  static_assert(sizes.queue <= max_buffer_bytes && sizes.inbox <= max_buffer_bytes &&
                    sizes.receive <= max_buffer_bytes && BufferSizes::io_bytes <= max_buffer_bytes,
                "64 KB in each buffer of a microcontroller");
  static_assert(BufferSizes::queued_lines >= 1, "a line waits in the queue until it is acknowledged");

  static constexpr std::size_t at_least(std::size_t least, std::size_t wish) { return wish > least ? wish : least; }

  LinkBuffers buffers() {
    return {{queue_, sizeof queue_}, {inbox_, sizeof inbox_}, {receive_, sizeof receive_}, {output_, sizeof output_}};
  }

 private:
  char queue_[sizes.queue] = {};
  char inbox_[sizes.inbox] = {};
  char receive_[at_least(sizes.receive, BufferSizes::io_bytes)] = {};
  char output_[at_least(sizes.output, BufferSizes::io_bytes)] = {};
};

/// BasicClient with its own buffers, as an object of static size:
///
///     posix::Port port;
///     tautline::Client<posix::Port> client(port, config);
///     while (true) {
///       client.poll(port.now_ms());
///       std::string_view line;
///       while (client.readline(line)) handle(line);
///       port.wait(client.deadline_ms());
///     }
template <class Port, class BufferSizes = Sizes<>, class First = KeepTrying>
class Client : private ClientBuffers<BufferSizes>, public BasicClient<Port, First> {
 public:
  /// The port, and the texts that the configuration points to, must outlive the client.
  explicit Client(Port& port, const ClientConfig& config, First first = {})
      : BasicClient<Port, First>(port, config, {BufferSizes::window, BufferSizes::max_line, config.timeout_ms},
                                 this->buffers(), first) {}
};

}  // namespace tautline
