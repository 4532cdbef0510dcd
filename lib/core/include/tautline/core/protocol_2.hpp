#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/core/event.hpp"
#include "tautline/core/keepalive.hpp"
#include "tautline/core/limits.hpp"
#include "tautline/core/line_queue.hpp"
#include "tautline/core/wire_2.hpp"

namespace tautline {

/// The numbers of a link that outlive its connections. On a client they live in RAM; on a server they are the store's
/// record of that client. docs/protocol.md, "State".
struct LinkNumbers {
  std::uint32_t generation = 0;  ///< of the newest connection that opened; on a server the fencing token (`cur`)
  std::uint32_t epoch = 0;       ///< one life of the client
  std::uint32_t sid = 0;         ///< one life of the server's record
  std::uint32_t rx = 0;          ///< last line received in order
  std::uint32_t ack = 0;         ///< last line that this side took responsibility for; never after rx
  std::uint32_t base = 1;        ///< oldest line not acknowledged by the peer
  std::uint32_t next = 1;        ///< number of the next line to be written
  bool epoch_known = false;
  bool sid_known = false;
  bool rx_known = false;  ///< client: rx and ack mean something (the GO carries an ack, not "-")

  /// Lines written and not acknowledged.
  std::uint32_t unacknowledged() const { return next - base; }
};

/// One connection that speaks protocol 2, on either side: bytes in, bytes out, no socket, clock or memory of its own.
///
/// The host feeds complete lines to receive(), acts on each Input, and after a batch of lines calls produce() until it
/// returns 0 and sends the bytes. It calls poll() at deadline_ms(). All times are of one monotonic clock in
/// milliseconds, compared by difference. A connection that failed needs start_*() again. One whose link was taken over
/// by a newer connection fails with Reason::superseded at its next receive_from_client(), poll() or produce(), which
/// then writes the BYE; produce() can also fail with Reason::size. The host looks at phase() after each.
///
/// The rule names (H1 ... R3, K) are those of docs/protocol.md.
class Protocol2 {
 public:
  enum class Phase : std::uint8_t {
    idle,         ///< no connection
    hello_sent,   ///< client: waits for HI
    go_sent,      ///< client: waits for the server's GO
    hello_heard,  ///< server: HI is due or sent, waits for the client's GO
    open,
    failed,
  };

  /// Client, on a fresh TCP connection: writes hello at `out` (max_handshake_bytes + 1 of room) and returns its end.
  char* start_client(char* out, std::string_view id, const ReceiveLimits& own, std::uint32_t now_ms);

  /// Server, on a valid hello of an id that may be served. `accepted_at_ms`: when TCP accepted; the handshake's time
  /// counts from there.
  void start_server(const LinkNumbers& numbers, const wire_2::Hello& hello, const ReceiveLimits& own,
                    std::uint32_t accepted_at_ms);

  /// One complete line without LF. While not open, a client calls receive_from_server() and a server
  /// receive_from_client(); both forward to receive_open() once open. (Two entries, so that a device links only one.)
  Input receive_from_server(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms);
  Input receive_from_client(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms);
  Input receive_open(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms);

  /// After Event::line: the host has the line. Advances rx; the acknowledgement follows acknowledge().
  void accept(LinkNumbers& numbers);

  /// This side takes responsibility for all lines up to `ack` (R3): a status line becomes due. Ignored if `ack` is not
  /// after the present one; must not be after rx.
  void acknowledge(LinkNumbers& numbers, std::uint32_t ack);

  /// May a qos=False line take a slot, when `queued` of `capacity` slots are in use? (Not one that the window
  /// promises.)
  bool has_plain_slot(const LinkNumbers& numbers, std::uint32_t queued, std::uint32_t capacity) const;

  /// Ends the connection from this side: a BYE with this code becomes due (open or half open), nothing else is sent.
  void fail(Reason reason);
  /// Before an orderly end: makes one last status line due even if nothing changed.
  void request_status() { pending_ |= pending_status; }

  /// Writes as many due lines as fit to `out` and returns the number of bytes. Call with at least max_handshake_bytes +
  /// 1 of room; a data line is written when it fits whole. `queue` holds the unacknowledged lines; its front is
  /// numbers.base.
  std::size_t produce(LinkNumbers& numbers, LineQueue& queue, char* out, std::size_t room, std::uint32_t now_ms);

  /// The same for a client: without what a server says in its handshake. (Two entries, so that a device links only
  /// one.)
  std::size_t produce_to_server(LinkNumbers& numbers, LineQueue& queue, char* out, std::size_t room,
                                std::uint32_t now_ms);

  /// Would produce() write something?
  bool has_output(const LinkNumbers& numbers) const;

  Due poll(const LinkNumbers& numbers, std::uint32_t now_ms);
  std::uint32_t deadline_ms() const;
  /// When silence will be judged, if nothing is received before.
  std::uint32_t silent_at_ms() const { return keepalive_.silent_at_ms(); }

  Phase phase() const { return phase_; }
  bool is_open() const { return phase_ == Phase::open; }
  std::uint32_t generation() const { return generation_; }
  /// What the peer can receive. Before it said so: what the protocol assumes.
  std::uint32_t peer_max_payload() const { return peer_max_payload_; }
  std::uint32_t peer_window() const { return peer_window_; }
  Reason failure() const { return failure_; }
  std::uint32_t opened_at_ms() const { return opened_at_ms_; }

 private:
  enum Pending : std::uint8_t {
    pending_hi = 1,
    pending_client_go = 2,
    pending_server_go = 4,
    pending_handshake = pending_hi | pending_client_go | pending_server_go,
    pending_bye = 8,
    pending_resend = 16,
    pending_status = 32,
  };

  Input fail_with(Reason reason);
  Input peer_said_bye(std::string_view after_bye);
  void adopt_peer_limits(const ReceiveLimits& limits);
  void open(LinkNumbers& numbers, std::uint32_t sent, std::uint32_t now_ms);
  Input receive_hi(LinkNumbers& numbers, std::string_view line);
  Input receive_server_go(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms);
  Input receive_client_go(LinkNumbers& numbers, const wire_2::ClientGo& go, std::uint32_t now_ms);
  Input on_data(const LinkNumbers& numbers, std::uint32_t seq, std::string_view payload);
  Input on_status(LinkNumbers& numbers, std::uint32_t ack, std::uint32_t sent);
  Input on_resend(const LinkNumbers& numbers, std::uint32_t seq);
  bool may_send_data(const LinkNumbers& numbers) const;
  bool fenced(const LinkNumbers& numbers) const;
  char* put_client_go(const LinkNumbers& numbers, char* out);
  char* put_servers_handshake(const LinkNumbers& numbers, char* out);
  char* put_open_lines(const LinkNumbers& numbers, LineQueue& queue, char* out, const char* end, std::uint32_t now_ms);

  Keepalive keepalive_;
  std::uint32_t generation_ = 0;
  std::uint32_t cursor_ = 1;  ///< next line to send
  std::uint32_t sent_ = 0;    ///< highest line sent on this connection
  BufferIndex peer_max_payload_ = ReceiveLimits{}.max_payload;
  BufferIndex own_max_payload_ = ReceiveLimits{}.max_payload;
  std::uint32_t opened_at_ms_ = 0;
  std::uint32_t progress_at_ms_ = 0;  ///< last time the peer acknowledged something or nothing was waiting
  std::uint16_t peer_window_ = 1;
  std::uint16_t own_window_ = 1;
  Phase phase_ = Phase::idle;
  std::uint8_t pending_ = 0;
  Reason failure_ = Reason::none;
  bool gap_reported_ = false;  ///< `nak`: an R for the present gap is out
  bool stall_reported_ = false;
};

}  // namespace tautline
