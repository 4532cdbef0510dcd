#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event_queue.hpp"
#include "model.hpp"
#include "tautline/server/shard.hpp"

namespace tautline::sim {

struct Context;

/// The server: the shipped Shard, the loop that lib/server runs around it, and an application that reads and writes.
class ServerProcess final : public ShardObserver {
 public:
  explicit ServerProcess(Context& context);

  void start();
  /// The process is gone. `silently`: so is its machine, and nobody is told.
  void kill(bool silently);
  void begin_stop();
  void freeze();
  void wake();
  bool is_running() const { return shard_ != nullptr; }
  bool is_frozen() const { return frozen_; }
  bool is_stopping() const { return is_running() && shard_->stopping(); }
  /// An orderly stop has come to its end: the process exits.
  bool has_stopped() const { return stopped_; }
  void end_stop();

  void on_syn(std::uint32_t connection);
  void on_readable(int socket);
  void on_writable(int socket);
  void on_timer(std::uint32_t serial);
  void on_wake_event();
  void write(std::uint32_t id);
  void resume_reading(std::uint32_t id);
  void calm_down();
  void audit();

  bool is_open(std::uint32_t id) const { return sessions_[id].link != nullptr && sessions_[id].link->conn != nullptr; }
  bool is_idle(std::uint32_t id) const;
  /// Qos lines of this stream that wait in the inbox.
  std::uint32_t waiting_in_inbox(std::uint32_t id, std::uint32_t stream);
  Reader& reader(std::uint32_t id) { return sessions_[id].reader; }
  std::uint32_t stream(std::uint32_t id) const { return sessions_[id].stream; }
  std::uint32_t first_seq(std::uint32_t id) const { return sessions_[id].first_seq; }
  static std::string id_name(std::uint32_t id) { return "door-" + std::to_string(id); }
  bool told_closing(std::uint32_t id) const { return sessions_[id].closed_in_order; }

  // ---- ShardObserver
  bool take_line(Link& link, std::string_view line) override;
  void lines_arrived(Link& link) override;
  void lines_acknowledged(Link& link) override;
  void link_up(Link& link) override;
  void link_down(Link& link, Reason reason) override;
  void wants_attention() override {}
  void log(LogLevel level, const std::string& message) override;

 private:
  /// One client id as this life of the server knows it.
  struct Session {
    Link* link = nullptr;
    Reader reader;
    std::uint32_t stream = 0;
    std::uint32_t first_seq = 1;
    std::uint32_t unread_plain = 0;
    Time open_since = 0;
    int socket = -1;
    bool reads_at_once = false;  ///< through take_line(), without the inbox
    bool reading_paused = false;
    bool open_at_stop = false;
    bool closed_in_order = false;
  };

  std::uint32_t clock() const;
  static std::uint32_t entropy(void* context);
  void end_batch();
  void catch_up();
  void read_lines(Session& session);
  void read(Session& session, std::string_view line);
  std::uint32_t id_of(const Session& session) const { return static_cast<std::uint32_t>(&session - sessions_.data()); }
  Session& session_of(Link& link) { return *static_cast<Session*>(link.user); }
  bool busy();
  void defer(int socket, bool writable);
  void let_links_go();

  Context& context_;
  std::unique_ptr<Shard> shard_;
  std::vector<Session> sessions_;
  struct Deferred {
    int socket;
    std::uint32_t serial;
    enum class What : std::uint8_t { syn, readable, writable } what;
  };
  std::vector<Deferred> deferred_;
  Time timer_at_ = 0;
  Time awake_since_ = 0;
  Time busy_until_ = 0;
  std::uint32_t timer_serial_ = 0;
  std::uint32_t clock_offset_ = 0;
  std::uint32_t generation_seconds_ = 0;
  bool frozen_ = false;
  bool stopped_ = false;
  bool wake_pending_ = false;
};

}  // namespace tautline::sim
