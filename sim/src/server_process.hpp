#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "event_queue.hpp"
#include "model.hpp"
#include "sim_store.hpp"
#include "tautline/server/shard.hpp"

namespace tautline::sim {

struct Context;

/// The server: the shipped Shard, the loop that lib/server runs around it, and an application that reads and writes.
class ServerProcess final : public ShardObserver {
 public:
  explicit ServerProcess(Context& context);

  /// False: the store cannot be opened now, the process has ended again.
  bool start();
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
  /// The store has finished a batch.
  void on_stored();
  SimStore* store() { return store_.get(); }
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
  /// Lines of the server that the client acknowledged, as the wire says.
  std::uint32_t released(std::uint32_t id);
  static std::string id_name(std::uint32_t id) { return "door-" + std::to_string(id); }
  bool told_closing(std::uint32_t id) const { return sessions_[id].closed_in_order; }

  // ---- ShardObserver
  bool take_line(Link& link, std::string_view line) override;
  void lines_arrived(Link& link) override;
  void lines_acknowledged(Link& link) override;
  void link_up(Link& link) override;
  void link_down(Link& link, Reason reason) override;
  void lines_stored(Link& link) override { lines_acknowledged(link); }
  void link_taken_over(Link& link) override;
  void effect_done(Link& link, const std::exception_ptr& error, bool taken_over) override;
  void wants_attention() override {}
  void log(LogLevel level, const std::string& message) override;

 private:
  /// A line that the application has dealt with. With a store it may be handed out again, with the same identity, if
  /// the server did not live to record that.
  struct Handled {
    LineIdentity identity;
    std::size_t hash = 0;
    std::uint32_t readings = 0;
    bool for_good = false;  ///< in the transaction that consumed it: it never comes again
  };
  /// One client id as this life of the server knows it; with a store, as all of them together know it.
  struct Session {
    Link* link = nullptr;
    Reader reader;
    std::uint32_t stream = 0;
    std::uint32_t first_seq = 1;
    std::uint32_t unread_plain = 0;
    std::deque<Handled> handled;  ///< latest last
    std::uint32_t readings = 0;   ///< times the inbox was read from the store
    std::uint32_t released = 0;   ///< most of its own lines that the client ever acknowledged
    Time open_since = 0;
    int socket = -1;
    Deed deed;                 ///< on its way to the store together with the end of its line
    std::size_t deeds = 0;     ///< known to be done
    bool writes_down = false;  ///< deals with lines in the transaction that consumes them
    bool deed_pending = false;
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

  // server_store.cpp
  void resume(std::uint32_t id);
  void learn_deeds(Session& session);
  void done(Session& session, const Deed& deed);
  bool was_handled(Session& session, std::string_view line);
  static Handled* find_handled(Session& session, const LineIdentity& identity);
  /// Calls with(line) for each qos line of the inbox that the application has not dealt with.
  template <typename With>
  void for_each_unread(Session& session, With with);
  std::uint32_t acknowledged_for_good(Session& session);

  Context& context_;
  std::unique_ptr<SimStore> store_;
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
  std::uint32_t inbox_lines_ = 0;
  std::uint32_t outbox_lines_ = 0;
  bool frozen_ = false;
  bool stopped_ = false;
  bool wake_pending_ = false;
};

}  // namespace tautline::sim
