#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace bench {

/// Room for bytes to send; shared by all connections of a load, empty again after each turn of one.
struct Out {
  char* at;
  char* end;
  std::size_t room() const { return static_cast<std::size_t>(end - at); }
  /// The caller has made sure that there is room.
  void add(std::string_view bytes) {
    std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
  }
};

/// What the load says on one connection, and what it understands: one class per protocol and role. So the same load
/// drives the bare transport, Tautline and other programs, and a ratio is one of servers.
class Speaker {
 public:
  /// A turn (greeting, answers to one read, or one message) never needs more room than this.
  static constexpr std::size_t max_turn_bytes = 128 * 1024;

  Speaker() = default;
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;
  virtual ~Speaker() = default;

  /// The first words on a new connection.
  virtual void greet(Out& out) = 0;
  /// Takes what arrived and writes answers. Returns how many bytes it used; the rest, less than a message, comes again
  /// with more. Throws std::runtime_error if the server says what it should not.
  virtual std::size_t receive(std::string_view bytes, Out& out) = 0;
  /// Writes one message. Called only when ready().
  virtual void write(Out& out) = 0;

  /// Is the greeting over?
  bool ready() const { return ready_; }
  std::uint32_t sent() const { return sent_; }
  std::uint32_t acknowledged() const { return acknowledged_; }
  /// Messages received.
  std::uint64_t delivered() const { return delivered_; }

 protected:
  bool ready_ = false;
  std::uint32_t sent_ = 0;
  std::uint32_t acknowledged_ = 0;
  std::uint64_t delivered_ = 0;
};

}  // namespace bench
