#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tautline/core/protocol_1.hpp"
#include "tautline/core/protocol_2.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/server/heap_queue.hpp"
#include "tautline/server/timer_wheel.hpp"

namespace tautline {

struct Conn;

/// Tags of lines in inbox and outbox.
constexpr std::uint8_t tag_qos = 0;
constexpr std::uint8_t tag_plain = 1;

/// The lasting relation between one client id and the server: what stays while connections come and go.
struct Link {
  std::string id;
  LinkNumbers numbers;
  std::unique_ptr<Link1Numbers> numbers_1;  ///< only if the client speaks protocol 1
  HeapQueue inbox;                          ///< received, not taken by the application
  HeapQueue outbox;                         ///< written, not acknowledged; its front is base()
  Conn* conn = nullptr;                     ///< the open connection
  void* user = nullptr;                     ///< the layer above: operations that wait on this link
  std::uint32_t connects = 0;               ///< times the link came up
  std::uint32_t dropped_plain = 0;          ///< qos=False lines that found no slot
  std::uint32_t peer_max_payload = 0;       ///< n of the last connection; 0: not known yet
  std::uint8_t protocol = 0;                ///< 1 or 2 once the client has connected (numbers_1 is set for 1)
  bool parted = false;                      ///< orderly stop: the client heard the last line and closed
  bool handed_out = false;                  ///< the application holds the front of the inbox

  /// Lines that the application has not seen. (The one it holds it has seen, though it may still be at work on it.)
  std::uint32_t unread() const { return inbox.size() - (handed_out ? 1U : 0U); }
  /// Number of the oldest line in the outbox, in either protocol.
  std::uint32_t base() const { return numbers_1 ? numbers_1->base : numbers.base; }
  std::uint32_t unacknowledged() const { return numbers_1 ? numbers_1->unacknowledged() : numbers.unacknowledged(); }
  /// Did the client acknowledge the line that write() gave this number?
  bool is_acknowledged(std::uint32_t seq) const {
    return numbers_1 ? numbers_1->is_acknowledged(seq) : before(seq, numbers.base);
  }
};

/// One TCP connection. Idle, it holds no buffer of its own.
struct Conn : Timer {
  enum class State : std::uint8_t {
    free,
    unidentified,  ///< its first line has not come yet
    protocol_1,
    protocol_2,
    parting,      ///< a last line is on its way, then FIN
    half_closed,  ///< we sent FIN and wait for the peer's
    closed,       ///< the socket is gone; freed at the end of the batch
  };

  Protocol2 two;
  std::unique_ptr<Protocol1> one;
  Link* link = nullptr;
  std::unique_ptr<Link> provisional;    ///< the record of an id that has none, until its GO
  std::unique_ptr<std::string> tail;    ///< the unfinished line of the last read
  std::unique_ptr<std::string> unsent;  ///< bytes that the socket did not take, or qos=False lines: sent first
  std::uint32_t accepted_at_ms = 0;
  std::uint32_t blocked_since_ms = 0;
  std::uint32_t parting_since_ms = 0;
  std::uint32_t serial = 0;  ///< tells a reused Conn from its predecessor
  int socket = -1;
  State state = State::free;
  bool dirty = false;
  bool unfinished = false;
  bool blocked = false;  ///< the socket takes nothing until it is writable again
  bool greeted = false;  ///< it said "TL": it understands BYE
  bool paused = false;   ///< protocol 1: not read while the inbox has no room
  bool hung_up = false;  ///< the peer closed or reset: what it sent before is still read
};

}  // namespace tautline
