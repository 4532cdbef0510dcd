#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "tautline/core/protocol_1.hpp"
#include "tautline/core/protocol_2.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/server/heap_queue.hpp"
#include "tautline/server/timer_wheel.hpp"
#include "tautline/store/session_store.hpp"

namespace tautline {

struct Conn;
struct LinkStore;

/// Tags of lines in inbox and outbox.
constexpr std::uint8_t tag_qos = 0;
constexpr std::uint8_t tag_plain = 1;

/// With a store, a qos line of the inbox stands behind its identity: sid, epoch, seq.
constexpr std::size_t identity_bytes = 3 * sizeof(std::uint32_t);

/// The lasting relation between one client id and the server: what stays while connections come and go. The id stands
/// behind the record in the same piece of memory: tens of thousands of links wait most of the time.
struct Link {
  static std::unique_ptr<Link> make(std::string_view id);
  std::string_view id() const { return {reinterpret_cast<const char*>(this + 1), id_bytes}; }

  LinkNumbers numbers;
  std::unique_ptr<Link1Numbers> numbers_1;  ///< only if the client speaks protocol 1
  HeapQueue inbox;                          ///< received, not taken by the application; with a store: and durable
  HeapQueue outbox;                         ///< written, not acknowledged; its front is base(); with a store: durable
  std::unique_ptr<LinkStore> store;         ///< only with a store: what is on its way there
  Conn* conn = nullptr;                     ///< the open connection
  void* user = nullptr;                     ///< the layer above: operations that wait on this link
  std::uint32_t connects = 0;               ///< times the link came up
  std::uint32_t peer_max_payload = 0;       ///< n of the last connection; 0: not known yet
  std::uint8_t id_bytes = 0;
  std::uint8_t protocol = 0;  ///< 1 or 2 once the client has connected (numbers_1 is set for 1)
  bool parted = false;        ///< orderly stop: the client heard the last line and closed
  bool handed_out = false;    ///< the application holds the front of the inbox
  bool replacing = false;     ///< a connection opens, while the application hears that the old one ends

  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  /// Not with its size: the id belongs to it.
  static void operator delete(void* link) { ::operator delete(link); }

  /// Lines that the application has not seen. (The one it holds it has seen, though it may still be at work on it.)
  std::uint32_t unread() const { return inbox.size() - (handed_out ? 1U : 0U); }
  /// Number of the oldest line in the outbox, in either protocol.
  std::uint32_t base() const { return numbers_1 ? numbers_1->base : numbers.base; }
  std::uint32_t unacknowledged() const { return numbers_1 ? numbers_1->unacknowledged() : numbers.unacknowledged(); }
  std::uint32_t next() const { return numbers_1 ? numbers_1->next : numbers.next; }
  /// Did the client acknowledge the line that write() gave this number? With a store: and is that recorded?
  bool is_acknowledged(std::uint32_t seq) const;
  /// Is the line that write() gave this number in the outbox for good? Without a store it always is.
  bool is_stored(std::uint32_t seq) const { return before(seq, next()); }
  /// Lines written or received that are not durable yet.
  std::uint32_t unstored() const;

 private:
  Link();
};

/// What is on its way from a link to the store, and what the store has of it. At most two updates are submitted at a
/// time; what happens meanwhile is collected in `update`.
struct LinkStore {
  LinkUpdate update;                    ///< of what happened since the last one was submitted
  std::uint32_t generation = 0;         ///< of the record, after what was submitted
  std::uint32_t sid = 0;                ///< likewise
  std::uint32_t submitted = 0;          ///< updates so far
  std::uint32_t answered = 0;           ///< of them
  std::uint32_t generation_update = 0;  ///< the last of them that changed the generation
  std::uint32_t ignored = 0;            ///< of those not answered: made for a record that was replaced
  std::uint32_t receiving = 0;          ///< lines from the client that are not durable yet
  std::uint32_t writing = 0;            ///< lines for the client that are not durable yet
  std::uint32_t stored_epoch = 0;       ///< these two: what may be acknowledged to the client
  std::uint32_t stored_rx = 0;          ///< last line from the client that is durable
  std::uint32_t stored_base = 1;        ///< a write that waits may return when its line is before this one
  std::uint32_t waited_before = 1;      ///< some write waits for the lines before this one
  std::size_t writing_bytes = 0;        ///< of the lines of `writing`
  std::uint32_t arrivals_1 = 0;         ///< numbers the lines of protocol 1, which have no number that lasts
  Conn* opening = nullptr;              ///< connection whose GO waits for the record ...
  std::uint32_t opening_serial = 0;
  std::uint32_t opening_update = 0;  ///< ... with this update
  bool recorded = false;             ///< there is a record, or an update that makes one was submitted
  bool owned = true;                 ///< the record is ours: no other server has written since we last read or wrote it
  bool claiming = false;             ///< not owned, but an update on its way may make it ours again
  bool changed = false;              ///< `update` has something
  bool effect_pending = false;
};

/// What a connection holds only sometimes.
struct ConnExtra {
  std::string tail;                   ///< the unfinished line of the last read
  std::string unsent;                 ///< bytes that the socket did not take, or qos=False lines: sent first
  std::unique_ptr<Link> provisional;  ///< the record of an id that has none, until its GO
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

  // These first: they fit into the end of Timer.
  State state = State::free;
  bool dirty : 1 = false;
  bool unfinished : 1 = false;
  bool blocked : 1 = false;  ///< the socket takes nothing until it is writable again
  bool greeted : 1 = false;  ///< it said "TL": it understands BYE
  bool paused : 1 = false;   ///< not read: protocol 1 while the inbox has no room, or while it is opening
  bool hung_up : 1 = false;  ///< the peer closed or reset: what it sent before is still read
  bool opening : 1 = false;  ///< its GO waits for the store; nothing is read or sent meanwhile

  Protocol2 two;
  std::unique_ptr<Protocol1> one;
  Link* link = nullptr;
  std::unique_ptr<ConnExtra> held;
  std::uint32_t since_ms = 0;  ///< when it was accepted or, once it parts, began to part
  std::uint32_t blocked_since_ms = 0;
  std::uint32_t serial = 0;  ///< tells a reused Conn from its predecessor
  int socket = -1;

  std::string_view tail() const { return held ? std::string_view(held->tail) : std::string_view(); }
  bool has_unsent() const { return held && !held->unsent.empty(); }
  /// To put something there; release_extra() when it was taken out.
  ConnExtra& extra() {
    if (!held) held = std::make_unique<ConnExtra>();
    return *held;
  }
  void release_extra() {
    if (held && held->tail.empty() && held->unsent.empty() && !held->provisional) held.reset();
  }
};

}  // namespace tautline
