#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/core/serial.hpp"
#include "tautline/server/shard.hpp"

/// Tests of the shard read as scripts: bytes go in, bytes come out, the clock is a variable.
namespace tautline::test {

/// The network, the clock, the epoll loop and the layer above a shard, all in memory. Events are edge-triggered: bytes
/// that the shard leaves unread are not announced again.
class ShardScript : public Network, public ShardObserver {
 public:
  static constexpr std::uint32_t timeout_ms = 1000;

  static ShardOptions small_options() {
    ShardOptions options;
    options.receive = {4, 64, timeout_ms};
    options.expected = {"door", "lamp"};
    options.inbox_lines = 8;
    options.outbox_lines = 16;
    options.outbox_bytes = 1024;
    options.first_generation = 100;
    return options;
  }

  explicit ShardScript(ShardOptions options = small_options(), std::uint32_t start_ms = 0, ShardStore* store = nullptr)
      : now_ms(start_ms), shard(std::move(options), *this, *this, &ShardScript::next_entropy, this, start_ms, store) {}

  struct Socket {
    Conn* conn = nullptr;
    std::string unread;                  ///< sent by the peer, not yet read by the shard
    std::string received;                ///< sent by the shard, not yet looked at by the test
    std::size_t room = ~std::size_t{0};  ///< bytes that the shard may send before the socket is full
    bool peer_ended = false;
    bool reset = false;
    bool ended = false;   ///< the shard sent FIN
    bool closed = false;  ///< the shard closed the socket
    unsigned sends = 0;   ///< successful calls of send() since take()
  };

  // ---- the peer's side

  int connect() {
    const int id = static_cast<int>(sockets.size());
    sockets.emplace_back();
    socket(id).conn = shard.accepted(id, now_ms);
    shard.end_batch(now_ms);
    settle();
    return id;
  }
  /// One segment: what the shard reads in one go.
  void send(int id, std::string_view bytes) {
    socket(id).unread += bytes;
    announce(id, false);
  }
  /// What the peer received since the last call.
  std::string take(int id) {
    socket(id).sends = 0;
    return std::exchange(socket(id).received, {});
  }
  void end(int id) {
    socket(id).peer_ended = true;
    announce(id, true);
  }
  void reset(int id) {
    socket(id).reset = true;
    announce(id, true);
  }
  void limit_room(int id, std::size_t bytes) { socket(id).room = bytes; }
  /// The peer takes bytes again.
  void make_room(int id, std::size_t bytes = ~std::size_t{0}) {
    socket(id).room = bytes;
    if (Conn* const conn = socket(id).conn) shard.writable(*conn, now_ms);
    shard.end_batch(now_ms);
    settle();
  }
  bool is_closed(int id) { return socket(id).closed; }
  bool is_ended(int id) { return socket(id).ended; }

  /// A client of protocol 2 that connects and opens: hello, GO. Its HI and the server's GO are checked off.
  int open(const std::string& client, const std::string& ack_start_epoch = "- 0 -",
           const std::string& options = "w=4 n=64 t=1000") {
    const int id = connect();
    send(id, "TL2 " + client + " " + options + "\n");
    const std::string hi = take(id);
    EXPECT_EQ(hi.substr(0, 3), "HI ") << hi;
    send(id, "GO " + hi.substr(3, hi.find(' ', 3) - 3) + " " + ack_start_epoch + "\n");
    const std::string go = take(id);
    EXPECT_EQ(go.substr(0, 3), "GO ") << go;
    return id;
  }

  // ---- the clock

  /// Time passes; timers fire when they are due.
  void advance(std::uint32_t ms) {
    const std::uint32_t until = now_ms + ms;
    while (shard.has_deadline() && at_or_before(shard.next_deadline_ms(), until)) {
      now_ms = later(now_ms, shard.next_deadline_ms());
      shard.run_timers(now_ms);
      shard.end_batch(now_ms);
      settle();
    }
    now_ms = until;
  }
  /// Time passes while the server sleeps (SIGSTOP); then it wakes up and its timers come first.
  void sleep_through(std::uint32_t ms) {
    now_ms += ms;
    shard.run_timers(now_ms);
    shard.end_batch(now_ms);
    settle();
  }

  // ---- the application's side

  /// The event loop's turn after the application did something.
  void settle() {
    for (int turn = 0; shard.has_unfinished() || attention; ++turn) {
      ASSERT_LT(turn, 1000) << "the shard always has something unfinished: it would spin";
      attention = false;
      shard.run_unfinished(now_ms);
      shard.end_batch(now_ms);
    }
  }
  Link& link(std::string_view client) {
    Link* const found = shard.find_or_create(client);
    EXPECT_NE(found, nullptr);
    return *found;
  }
  Shard::Written write(std::string_view client, std::string_view line, WriteOptions options = {}) {
    const Shard::Written written = shard.write(link(client), line, options);
    settle();
    return written;
  }
  /// The next line, or nothing; the one before it is taken.
  std::optional<std::string> read(std::string_view client) {
    std::string_view line;
    const bool there = shard.next_line(link(client), line);
    std::optional<std::string> result;
    if (there) result = std::string(line);
    settle();
    return result;
  }
  void accept(std::string_view client) {
    shard.accept_line(link(client));
    settle();
  }
  void begin_stop() {
    shard.begin_stop(now_ms);
    settle();
  }
  void close_all() {
    shard.close_all(now_ms);
    settle();
  }

  bool logged(std::string_view text) const {
    for (const std::string& line : logs) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
  std::string log_text() const {
    std::string all;
    for (const std::string& line : logs) all += line + "\n";
    return all;
  }
  unsigned open_sockets() const {
    unsigned count = 0;
    for (const Socket& each : sockets) count += each.closed ? 0 : 1;
    return count;
  }

  // ---- Network

  std::ptrdiff_t receive(int id, char* data, std::size_t size) override {
    Socket& from = socket(id);
    EXPECT_FALSE(from.closed);
    if (from.reset) return broken;
    if (from.unread.empty()) return from.peer_ended ? ended : would_block;
    const std::size_t count = from.unread.copy(data, size);
    from.unread.erase(0, count);
    return static_cast<std::ptrdiff_t>(count);
  }
  std::ptrdiff_t send(int id, const char* data, std::size_t size) override {
    Socket& to = socket(id);
    EXPECT_FALSE(to.closed);
    EXPECT_FALSE(to.ended) << "sent after FIN: " << std::string(data, size);
    if (to.reset) return broken;
    const std::size_t count = std::min(size, to.room);
    if (count == 0) return would_block;
    to.room -= count;
    to.received.append(data, count);
    ++to.sends;
    return static_cast<std::ptrdiff_t>(count);
  }
  void shutdown_send(int id) override { socket(id).ended = true; }
  void close(int id) override {
    EXPECT_FALSE(socket(id).closed);
    socket(id).closed = true;
    socket(id).conn = nullptr;
  }
  std::string peer_name(int id) override { return "peer " + std::to_string(id); }

  // ---- ShardObserver

  bool take_line(Link& link, std::string_view line) override { return on_taken && on_taken(link, line); }
  void lines_arrived(Link& link) override {
    ++arrivals;
    if (on_arrived) on_arrived(link);
  }
  void lines_acknowledged(Link& link) override {
    if (on_acknowledged) on_acknowledged(link);
  }
  void link_up(Link& link) override {
    changes += "+" + std::string(link.id());
    if (on_up) on_up(link);
  }
  void link_down(Link& link, Reason reason) override {
    changes += "-" + std::string(link.id()) + "(" + to_string(reason) + ")";
    if (on_down) on_down(link);
  }
  void wants_attention() override { attention = true; }
  void log(LogLevel, const std::string& message) override { logs.push_back(message); }

  Socket& socket(int id) { return sockets.at(static_cast<std::size_t>(id)); }

  std::uint32_t now_ms;
  std::uint32_t entropy = 7001;  ///< the next sid
  std::vector<Socket> sockets;
  std::vector<std::string> logs;
  std::string changes;  ///< of links: "+door-door(silent)"
  unsigned arrivals = 0;
  bool attention = false;
  std::function<void(Link&)> on_arrived, on_acknowledged, on_up, on_down;
  std::function<bool(Link&, std::string_view)> on_taken;
  Shard shard;

 private:
  static std::uint32_t next_entropy(void* self) { return static_cast<ShardScript*>(self)->entropy++; }
  void announce(int id, bool hung_up) {
    if (Conn* const conn = socket(id).conn) shard.readable(*conn, hung_up, now_ms);
    shard.end_batch(now_ms);
    settle();
  }
};

}  // namespace tautline::test
