#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/core/backoff.hpp"
#include "tautline/core/event.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/limits.hpp"
#include "tautline/core/line_queue.hpp"
#include "tautline/core/line_rules.hpp"
#include "tautline/core/protocol_1.hpp"
#include "tautline/core/protocol_2.hpp"

namespace tautline {

/// TCP connect, counted for each address that is tried.
constexpr std::uint32_t connect_limit_ms = 2000;
/// Finding the addresses of a host name.
constexpr std::uint32_t resolve_limit_ms = 5000;
/// WiFi that is not up after this is told to start over.
constexpr std::uint32_t wifi_limit_ms = 10000;
/// WiFi that was seen down counts as up when it stayed up for this long: a station is often dropped right after it
/// joined. Counted from the change to up, so a network that is up at the first look makes nobody wait.
constexpr std::uint32_t wifi_stable_ms = 3000;
/// After so many failed connects in a row WiFi is cycled: the station may hang in a state that only this clears.
constexpr std::uint8_t failed_connects_before_wifi_cycle = 3;

/// Which protocol a client speaks. `automatic`: protocol 2, and protocol 1 once a server has answered as one of
/// protocol 1 would.
enum class Dialect : std::uint8_t { automatic = 0, protocol_1 = 1, protocol_2 = 2 };

/// Where the client is on its way to the server.
enum class LinkState : std::uint8_t {
  wifi_down,   ///< waits for the network interface
  waiting,     ///< waits before the next attempt to connect
  connecting,  ///< resolves the name, connects TCP
  handshake,   ///< TCP is up, the protocol is not yet
  open,        ///< lines flow
  closing,     ///< told to close: sends what is due
  ending,      ///< the connection is over: sends a BYE if it can, then closes
  closed,      ///< closed for good by this side
};

/// A short fixed English text: "shaking hands".
const char* to_string(LinkState state);

/// What the host (the program around the LinkClient) has to do next.
enum class Step : std::uint8_t {
  wait,        ///< nothing before deadline_ms(), the next bytes or the next call of the application
  connect,     ///< open a TCP connection, the server's name resolved anew; report to connect_progress()
  close,       ///< close the TCP connection, or the attempt, then call closed()
  cycle_wifi,  ///< disconnect the network interface and connect it again; then report to wifi_is() at once
};

/// How a TCP connection attempt stands.
enum class ConnectStatus : std::uint8_t {
  resolving,    ///< looks for the addresses of the name
  connecting,   ///< waits for the server's answer
  connected,    ///< done
  unresolved,   ///< the name has no address
  unreachable,  ///< nobody answers, or there is no way there
  refused,      ///< the server's host answered with RST: the network is well, the server does not run
};

/// What write() did.
struct WriteResult {
  WriteStatus status = WriteStatus::ok;  ///< `ok`: accepted
  std::uint32_t ticket = 0;              ///< for acknowledged(); meaningful for an accepted qos line
};

/// What stays the same for the life of a client. The id's characters must outlive the client.
struct LinkSettings {
  std::string_view id;                    ///< as is_valid_id() wants it
  ReceiveLimits limits;                   ///< own window, longest line in either direction, own timeout
  Dialect dialect = Dialect::protocol_2;  ///< others only if protocol 1 is compiled in
};

/// The caller's memory for one client; link_buffer_sizes() tells how much of each.
struct LinkBuffers {
  /// One piece of memory.
  struct Storage {
    char* data = nullptr;  ///< outlives the client
    std::size_t size = 0;  ///< in bytes
  };
  Storage queue;    ///< lines to send, kept until acknowledged
  Storage inbox;    ///< lines received and not yet taken
  Storage receive;  ///< bytes received, not yet a line
  Storage output;   ///< bytes produced, not yet sent
};

/// The least sizes for these limits; the receive and output buffers may be larger (fewer system calls).
struct LinkBufferSizes {
  std::size_t queue;    ///< of LinkBuffers::queue, in bytes
  std::size_t inbox;    ///< of LinkBuffers::inbox
  std::size_t receive;  ///< of LinkBuffers::receive
  std::size_t output;   ///< of LinkBuffers::output
};

/// Memory for `queued_lines` and `window` lines of `max_line` bytes.
constexpr LinkBufferSizes link_buffer_sizes(std::size_t queued_lines, std::size_t window, std::size_t max_line) {
  const std::size_t line = max_line + max_line_overhead;
  const std::size_t longest = line > max_handshake_bytes ? line : max_handshake_bytes;
  return {LineQueue::bytes_for(queued_lines, max_line), LineQueue::bytes_for(window + 1, max_line), longest + 1,
          longest + 1};
}

/// Eight bytes that a device may keep over its reboots (flash, RTC memory). With them no line of the server is taken
/// twice; without them lines that were not acknowledged before the reboot come again.
struct KeptNumbers {
  std::uint32_t sid = 0;  ///< the server's record that `ack` is about
  std::uint32_t ack = 0;  ///< the last line that was taken
};

namespace client_detail {

/// What a client that also speaks protocol 1 remembers beside.
template <bool with_protocol_1>
struct Protocol1Part {
  Protocol1 protocol_1;
  Link1Numbers numbers_1;         ///< base and next as in LinkNumbers
  std::string_view paused_line;   ///< received, but the inbox had no room; in the receive buffer
  bool speaking_1 = false;        ///< the present or next connection speaks protocol 1
  bool protocol_2_known = false;  ///< automatic: the server was last seen to speak protocol 2
};
template <>
struct Protocol1Part<false> {};

}  // namespace client_detail

/// The client's side of a link without its socket, clock or randomness: the queue of lines to send, the inbox, the
/// protocol, and the state machine that connects, judges, closes and tries again.
///
/// The host drives it (BasicClient does; a simulator can, too):
///
///     link.wifi_is(up, now);
///     link.connect_progress(status, now);      while is_connecting()
///     read, received(count, now)               while wants_bytes(), until nothing more is there; or peer_closed()
///     link.tick(now);                          after reading: a host that wakes late must not judge silence first
///     send output(now), sent(count, now)       until output() is empty or the transport takes no more
///     do what next_step(now) says              until it says wait
///
/// All times are milliseconds of one monotonic clock, compared by difference; the host calls at least once in 2^31 ms.
/// Nothing here blocks, allocates or throws. `with_protocol_1` decides whether protocol 1 is compiled in.
template <bool with_protocol_1>
class BasicLinkClient : private client_detail::Protocol1Part<with_protocol_1> {
 public:
  /// `settings` must outlive the client. limits.max_payload is also the longest line this side can send.
  BasicLinkClient(const LinkSettings& settings, const LinkBuffers& buffers);
  BasicLinkClient(const BasicLinkClient&) = delete;
  BasicLinkClient& operator=(const BasicLinkClient&) = delete;

  // ---- for the application ----------------------------------------------------------------------

  /// Queues a line; one final newline is accepted, any other is refused. Never blocks.
  /// qos: kept until the server has taken responsibility for it; `would_block` when the queue is full.
  /// Not qos: sent at most once, at once; `would_block` when the link is down or its output is full.
  /// `ordered`, for qos lines on protocol 1: not sent before every earlier line is acknowledged, which is what keeps
  /// the order at peers that discard what they have no room for. Protocol 2 keeps the order in any case.
  WriteResult write(std::string_view line, bool qos = true, bool ordered = false);

  /// Has the server taken responsibility for the line with this ticket? Valid for the last 2^31 lines.
  bool acknowledged(std::uint32_t ticket) const;

  /// Lines written and not yet acknowledged.
  std::uint32_t unacknowledged() const { return queue_.size(); }

  /// The next received line, if there is one. It is taken, that is acknowledged to the server, when the application
  /// calls readline() again or accept(), not before; until then its bytes stay valid, also through an outage.
  bool readline(std::string_view& line);
  /// Takes the line that readline() handed out, if there is one: the application is done with it.
  void accept();
  /// Would readline() give a line?
  bool has_line() const { return inbox_.size() > (holding_ ? 1U : 0U); }

  /// Longest line that write() accepts now: the agreed maximum, or the own one before the server named its.
  std::size_t max_line() const;

  /// Ends the link from this side: what is due is sent (a last status line), then the connection is closed. Lines not
  /// acknowledged are lost: a program that minds polls until unacknowledged() is 0 first.
  void close(std::uint32_t now_ms);

  /// Is the link up?
  bool is_open() const { return state_ == LinkState::open; }
  /// Where it is on its way to the server.
  LinkState state() const { return state_; }
  /// Why the link is down, or why it last was.
  Reason last_reason() const { return reason_; }
  /// How many times the link came up.
  std::uint32_t connects() const { return connects_; }
  /// Qos=False lines that arrived when there was no slot for them.
  std::uint32_t dropped_plain_lines() const { return dropped_plain_lines_; }
  /// The server has acknowledged nothing for ten timeouts while lines wait: its application does not read.
  bool stalled() const { return stalled_; }
  /// Signs of life received, modulo 256: a heartbeat LED toggles when it changes.
  std::uint8_t keepalives() const { return keepalives_; }
  /// What the present or next connection speaks.
  bool speaks_protocol_1() const;
  /// What to keep over a reboot. To be asked after accept() and kept together with the effect of the line, before the
  /// next poll(), which may tell the server. False: nothing was agreed with a server yet.
  bool numbers_to_keep(KeptNumbers& kept) const;
  /// Once, before the first poll(): goes on where an earlier life of the device stopped.
  void resume(const KeptNumbers& kept);

  /// The session state of docs/protocol.md.
  const LinkNumbers& numbers() const { return numbers_; }

  // ---- for the host -----------------------------------------------------------------------------

  /// Has the network interface an address? Told before every other call of a turn.
  void wifi_is(bool up, std::uint32_t now_ms);

  /// Does it wait for connect_progress()?
  bool is_connecting() const { return state_ == LinkState::connecting; }
  /// How the attempt that Step::connect asked for stands.
  void connect_progress(ConnectStatus status, std::uint32_t now_ms);
  /// The present address was tried for connect_limit_ms. A host that has another one tries it and says so with
  /// another_address(); else the attempt ends with tick().
  bool connect_timed_out(std::uint32_t now_ms) const;
  /// The host began to try another address of the server.
  void another_address(std::uint32_t now_ms) { timer_ms_ = now_ms + connect_limit_ms; }

  /// Should the host read now? False without a connection, and when a full inbox holds up protocol 1, which has no
  /// other way to tell.
  bool wants_bytes() const;
  /// Where to put received bytes; while wants_bytes() there is room for at least one.
  char* receive_space() { return receive_.free_space(); }
  /// How many bytes receive_space() has room for.
  std::size_t receive_room() const { return receive_.free_bytes(); }
  /// `count` bytes were put into receive_space().
  void received(std::size_t count, std::uint32_t now_ms);
  /// FIN or RST.
  void peer_closed() { fail(Reason::peer_closed); }

  /// Judges the timers. Call after reading.
  void tick(std::uint32_t now_ms);

  /// The bytes to send next; empty if there are none. Valid until any other call.
  std::string_view output(std::uint32_t now_ms);
  /// The transport took `count` of them; 0: it takes none now.
  void sent(std::size_t count, std::uint32_t now_ms);

  /// What the host has to do now; after each step it asks again.
  Step next_step(std::uint32_t now_ms);
  /// After Step::close. `random`: any uniformly distributed number, for the jitter of the next attempt.
  void closed(std::uint32_t now_ms, std::uint32_t random);
  /// The application's bad_wifi or bad_server said stop: closed for good; last_reason() stays.
  void give_up();

  /// When the host has to call again at the latest, if nothing else happens. `now_ms`, if something is due.
  std::uint32_t deadline_ms(std::uint32_t now_ms) const;

 private:
  using Part1 = client_detail::Protocol1Part<with_protocol_1>;

  bool is_connected() const { return state_ >= LinkState::handshake && state_ <= LinkState::ending; }
  bool has_output(std::uint32_t now_ms) const;
  WriteStatus check_line(std::string_view line) const;
  WriteStatus queue_line(std::string_view line, std::uint8_t tag, std::uint32_t& ticket);
  WriteStatus send_plain(std::string_view line);
  void start_handshake(std::uint32_t now_ms);
  void receive_lines(std::uint32_t now_ms);
  void receive_line(std::string_view line, std::uint32_t now_ms);
  void receive_line_1(std::string_view line, std::uint32_t now_ms);
  void read_on(std::uint32_t now_ms);
  void act_on(const Input& input);
  void opened();
  bool has_plain_slot(std::size_t bytes) const;
  void take_plain_line(std::string_view payload);
  void drop_inbox();
  void release_acknowledged();
  void fail(Reason reason);
  void wait_until(std::uint32_t at_ms);
  void wait_for_wifi(std::uint32_t now_ms);
  void judge_connection(std::uint32_t now_ms);
  void judge_failure();

  const LinkSettings& settings_;
  LineQueue queue_;
  LineQueue inbox_;
  LineBuffer receive_;
  LinkNumbers numbers_;
  Protocol2 protocol_;
  Backoff backoff_;
  char* output_;
  BufferIndex output_size_;
  BufferIndex output_begin_ = 0;
  BufferIndex output_end_ = 0;
  BufferIndex agreed_max_line_;
  std::uint32_t timer_ms_ = 0;    ///< when the present state ends, for the states that end by time
  std::uint32_t blocked_ms_ = 0;  ///< with blocked_: when the transport last took bytes
  std::uint32_t connects_ = 0;
  std::uint32_t dropped_plain_lines_ = 0;
  bool plain_line_waits_ = false;     ///< a qos=False line found no slot: the application gets a turn to read
  bool plain_line_waited_ = false;    ///< ... since an earlier turn
  bool plain_line_had_turn_ = false;  ///< ... and got it
  LinkState state_ = LinkState::wifi_down;
  Reason reason_ = Reason::none;
  std::uint8_t failed_connects_ = 0;
  std::uint8_t keepalives_ = 0;
  bool started_ = false;    ///< the first wifi_is() has come
  bool resolving_ = false;  ///< connecting: the name has no address yet
  bool was_open_ = false;   ///< this connection got as far as open
  bool blocked_ = false;    ///< the transport took less than it was given
  bool final_ = false;      ///< told to close for good
  bool wifi_cycle_due_ = false;
  bool stalled_ = false;
  bool holding_ = false;  ///< the front of the inbox is in the application's hands ...
  bool stale_ = false;    ///< ... and belongs to a session that is forgotten: taking it acknowledges nothing
};

extern template class BasicLinkClient<false>;
extern template class BasicLinkClient<true>;

/// Protocol 2 only: what a device links.
using LinkClient = BasicLinkClient<false>;
/// Protocols 2 and 1.
using DualLinkClient = BasicLinkClient<true>;

}  // namespace tautline
