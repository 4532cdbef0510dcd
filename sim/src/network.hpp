#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "event_queue.hpp"
#include "profile.hpp"
#include "random.hpp"
#include "tautline/server/shard.hpp"

namespace tautline::sim {

/// What one direction of a connection, or the way between a device and the server, does with bytes.
enum class Path : std::uint8_t {
  clear,
  held,       ///< bytes wait and come when the path is clear again, as TCP repeats them
  swallowing  ///< bytes are gone and so is the connection, but nobody is told
};

/// Sees what each side sends.
class WireWatch {
 public:
  virtual ~WireWatch() = default;
  /// A data line of protocol 2 begins to leave.
  virtual void sends_data(std::uint32_t device, bool by_server, std::uint32_t seq) = 0;
};

/// Finds the lines in bytes that come in any pieces.
struct LineScan {
  bool at_line_start = true;

  /// Calls on_data(seq) and on_status() for the lines that begin here.
  template <class OnData, class OnStatus>
  void look_at(const char* data, std::size_t size, OnData on_data, OnStatus on_status) {
    const char* const end = data + size;
    for (const char* p = data; p != end;) {
      if (at_line_start && *p == 'D') {
        std::uint32_t seq = 0;
        const auto parsed = std::from_chars(p + 1, end, seq);
        if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == ' ') on_data(seq);
      }
      if (at_line_start && *p == 'A') on_status();
      const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      at_line_start = lf != nullptr;
      if (lf == nullptr) break;
      p = lf + 1;
    }
  }
};

struct NetworkConditions {
  Range delay_ms{1, 50};
  std::uint32_t chunk_permille = 0;
  std::uint32_t line_loss_permille = 0;  ///< now: faults turn it on and off
};

/// TCP as both sides see it: byte streams that keep their order, come late, in pieces, in part or not at all. A socket
/// is 2 * connection + side.
class SimNetwork final : public Network {
 public:
  static constexpr unsigned client_side = 0;
  static constexpr unsigned server_side = 1;

  struct Counters {
    std::uint64_t lines[2] = {};         ///< complete lines read, by reading side
    std::uint64_t status_lines[2] = {};  ///< of these, "A ack sent"
    std::uint64_t lines_lost = 0;        ///< removed inside a connection by the line-loss fault
    std::uint64_t connections = 0;
    std::uint64_t resets = 0;
  };

  /// One direction, named after the side that reads it.
  struct Pipe {
    struct Segment {
      Time at;
      std::uint32_t end;  ///< of the stream, counted from its start
    };
    static constexpr unsigned max_segments = 32;

    std::string bytes;       ///< from `base` on
    std::uint32_t base = 0;  ///< position of bytes[0]
    std::uint32_t written = 0;
    std::uint32_t arrived = 0;
    std::uint32_t consumed = 0;
    std::array<Segment, max_segments> segments{};
    std::uint32_t first_segment = 0;
    std::uint32_t segment_count = 0;
    std::uint32_t room = 65536;  ///< bytes that may be written and not yet read
    Time last_at = 0;
    Time last_line_at = 0;    ///< when the reader got the last LF
    Time last_status_at = 0;  ///< when the writer last sent a status line, or could not
    Path path = Path::clear;
    bool event_pending = false;
    bool fin_written = false;
    bool reset_written = false;  ///< the end of the stream is a reset
    bool end_arrived = false;
    bool reset = false;  ///< the reader sees an error
    bool writer_waits = false;
    bool at_line_start = true;  ///< of the writer
    LineScan sent;
    bool reads_line_start = true;  ///< of the reader
    bool cut_line = false;         ///< the rest of the present line is lost too
  };

  struct Connection {
    std::array<Pipe, 2> pipes;  ///< by the side that reads
    std::array<bool, 2> open{};
    Conn* conn = nullptr;  ///< the server's
    std::uint32_t device = 0;
    std::uint32_t serial = 0;
    bool in_use = false;
    bool accepted = false;
    bool late = false;  ///< what it holds comes after the fault is over
  };

  SimNetwork(EventQueue& events, Random& random, const Time& now) : events_(events), random_(random), now_(now) {}

  // ---- tautline::Network
  std::ptrdiff_t receive(int socket, char* data, std::size_t size) override;
  std::ptrdiff_t send(int socket, const char* data, std::size_t size) override;
  void shutdown_send(int socket) override;
  void close(int socket) override;
  std::string peer_name(int socket) override { return "device " + std::to_string(of(socket).device); }

  // ---- for the world
  std::uint32_t start_connection(std::uint32_t device, std::uint32_t room);
  Connection& connection(std::uint32_t index) { return connections_[index]; }
  Connection& of(int socket) { return connections_[static_cast<std::uint32_t>(socket) / 2]; }
  Pipe& incoming(int socket) { return of(socket).pipes[side_of(socket)]; }
  static unsigned side_of(int socket) { return static_cast<unsigned>(socket) % 2; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(connections_.size()); }
  static int socket_of(std::uint32_t connection, unsigned side) { return static_cast<int>(2 * connection + side); }

  /// Handles EventKind::arrival. True: the reading side has something to look at.
  bool on_arrival(std::uint32_t pipe, std::uint32_t serial);

  /// Faults. After swallowing there is no way back.
  void set_path(std::uint32_t connection, unsigned reader, Path path);
  void reset_side(std::uint32_t connection, unsigned side);
  /// The machine of this side is gone: its socket is closed and tells nobody.
  void vanish(int socket);

  /// Are complete lines waiting to be read?
  bool has_waiting_line(int socket);
  std::uint32_t delay() {
    return static_cast<std::uint32_t>(random_.between(conditions.delay_ms.low, conditions.delay_ms.high));
  }

  NetworkConditions conditions;
  Counters counters;
  WireWatch* watch = nullptr;
  bool clients_are_bridges = false;  ///< they only pass on what others send: nobody looks

 private:
  void schedule(std::uint32_t pipe_index, Pipe& pipe);
  void add_segment(std::uint32_t pipe_index, Pipe& pipe, std::uint32_t end);
  void append(Pipe& pipe, const char* data, std::size_t size);
  void look_at(int socket, Pipe& pipe, const char* data, std::size_t size);
  void wake_writer(int writer_socket, Pipe& pipe);
  void release_if_unused(std::uint32_t index);

  EventQueue& events_;
  Random& random_;
  const Time& now_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_serial_ = 1;
};

}  // namespace tautline::sim
