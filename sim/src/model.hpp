#pragma once

#include <cstdarg>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "event_queue.hpp"
#include "line.hpp"
#include "tautline/core/event.hpp"

namespace tautline::sim {

/// Which promise was broken.
enum class Broken : std::uint8_t {
  lost,        ///< a line that had to be delivered was skipped, or is missing at the end
  duplicated,  ///< a line was delivered again where the protocol says exactly once
  reordered,
  corrupted,  ///< bytes that nobody wrote
  early,      ///< a write returned before the line was in the other side's keeping
  memory,     ///< a queue or a buffer beyond its bound
  detection,  ///< an outage found too early or too late
  recovery,   ///< no link, or lines still waiting, a good while after the last fault
  window,     ///< more lines on their way than the peer gave credit for
  status,     ///< no status line for a quarter of the peer's timeout
  reason,     ///< a connection ended for a reason that correct peers never have
  spinning,   ///< a process asks for the present moment again and again
  report,     ///< an orderly stop reported something else than what happened
  stream,     ///< a stream between hosted board and bridge handed out bytes that are not of its session
  internal,   ///< a number of the library contradicts what the model counted
};
const char* to_string(Broken broken);

struct Violation : std::runtime_error {
  Violation(Broken b, const std::string& text) : std::runtime_error(text), broken(b) {}
  Broken broken;
};

/// Neither side breaks the rules here, and no record is rolled back: these reasons must not occur.
bool is_misunderstanding(Reason reason);

/// R3 and H5: status lines may be late by no more than a process looks late at its timers.
constexpr Time status_slack_ms = 50;

[[noreturn]] void violated(Broken broken, const char* format, ...) __attribute__((format(printf, 2, 3)));

/// The lines of one writer: one life of a device, or one life of the server towards one id.
struct Stream {
  std::uint32_t id = 0;  ///< index of the client id
  bool from_device = false;
  bool over = false;            ///< the writer is gone
  std::uint32_t written = 0;    ///< lines numbered 1 ... written
  std::uint32_t acked = 0;      ///< whose writes returned, as the writer knows
  std::uint32_t delivered = 0;  ///< highest handed to the reading application, in whichever life
  std::uint32_t taken = 0;      ///< server's lines: highest that the device's application is done with
  std::uint32_t stored = 0;     ///< device's lines: highest that was in the store when its server was gone
  std::uint32_t died = 0;       ///< device's lines: highest that was in an inbox when its server was killed
  std::uint32_t plain_written = 0;
  std::uint32_t plain_read = 0;  ///< highest
  /// Device's lines: the server that had taken some of them is gone. Of what it took, lines may come again that the
  /// device does not know to be acknowledged, but none up to `acked_then`.
  bool may_repeat = false;
  std::uint32_t acked_then = 0;
};

/// Where one reading application stands: one life of a device, or one life of the server for one id.
struct Reader {
  std::uint32_t stream = 0;  ///< of the last line; 0: none
  std::uint32_t number = 0;
  std::uint32_t plain_stream = 0;
  std::uint32_t plain_number = 0;
};

struct ModelCounters {
  std::uint64_t delivered[2] = {};  ///< qos lines read by [0] devices, [1] servers
  std::uint64_t plain[2] = {};
  std::uint64_t repeated = 0;      ///< delivered again where the protocol allows it
  std::uint64_t effects = 0;       ///< lines dealt with in the transaction that consumed them
  std::uint64_t handed_again = 0;  ///< after a server was gone, with the same identity
  std::uint64_t died = 0;          ///< acknowledged and unread in a RAM-only server that was killed
};

/// What must be true of every line, from docs/protocol.md, "Guarantees", for a server that keeps its records in RAM,
/// and for one that has a store.
class Model {
 public:
  Model(LineShape shape, bool shared_id) : shape_(shape), shared_id_(shared_id) { streams_.emplace_back(); }

  std::uint32_t add_stream(std::uint32_t id, bool from_device);
  Stream& stream(std::uint32_t index) { return streams_[index]; }
  const std::deque<Stream>& streams() const { return streams_; }
  const LineShape& shape() const { return shape_; }
  bool shared_id() const { return shared_id_; }

  std::string_view next_line(std::uint32_t stream, bool plain);
  void wrote(std::uint32_t stream, bool plain);

  void read(Reader& reader, std::uint32_t id, bool by_server, std::string_view line);
  /// A device's application is done with the last line that it read.
  void took(const Reader& reader);

  /// The device's write of this line returned: is it in the server's keeping? `in_inbox`: lines of this stream there.
  void device_acked(std::uint32_t stream, std::uint32_t acked, std::uint32_t in_inbox);
  void server_acked(std::uint32_t stream, std::uint32_t acked);

  /// This line was unread in the inbox of a server that is killed.
  void dies(std::uint32_t id, Reader& reader, std::string_view line);
  /// With a store. This line was unread in the inbox of a server that is gone, and will be in that of the next.
  void survives(std::uint32_t id, Reader& reader, std::string_view line);
  /// With a store: of a server's lines so many are in it, the rest never was written.
  void forget_unstored(std::uint32_t stream, std::uint32_t stored);

  /// The server's life is over. `cleanly`: this device had its last acknowledgement and nothing was left unread.
  void server_gone(std::uint32_t device_stream, bool cleanly);

  /// Everything has been drained: the last word on every line.
  void check_end() const;

  ModelCounters counters;

 private:
  void read_plain(Reader& reader, std::uint32_t index, std::uint32_t number);
  void read_numbered(Reader& reader, std::uint32_t index, std::uint32_t number, bool by_server);
  LineName name_in_inbox(const Reader& reader, std::uint32_t id, std::string_view line) const;
  void check_first(const Reader& reader, std::uint32_t index, std::uint32_t number, bool by_server) const;
  LineName name_of_empty(const Reader& reader, std::uint32_t id, bool by_server) const;

  LineShape shape_;
  bool shared_id_;
  std::deque<Stream> streams_;  ///< [0] is nobody's
  char line_[max_simulated_payload] = {};
};

}  // namespace tautline::sim
