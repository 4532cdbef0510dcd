#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tautline/core/event.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/limits.hpp"
#include "tautline/core/line_rules.hpp"
#include "tautline/server/link.hpp"
#include "tautline/server/link_table.hpp"
#include "tautline/server/timer_wheel.hpp"

/// The server without sockets: registry, links, takeover, inbox, outbox and timers. lib/server joins it to epoll and
/// Asio; the simulator joins the same objects to a simulated network, clock and randomness.
namespace tautline {

/// How much a line of the log matters; `debug` and `info` only come with ServerOptions::verbose.
enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// The operating system as a shard sees it. Sockets are numbers that the implementation gives out.
class Network {
 public:
  static constexpr std::ptrdiff_t ended = 0;         ///< receive: the peer closed
  static constexpr std::ptrdiff_t would_block = -1;  ///< nothing there, or no room
  static constexpr std::ptrdiff_t broken = -2;       ///< reset, or another error

  virtual ~Network() = default;
  /// Bytes received (at least 1), or one of the constants.
  virtual std::ptrdiff_t receive(int socket, char* data, std::size_t size) = 0;
  /// Bytes taken (at least 1), would_block or broken.
  virtual std::ptrdiff_t send(int socket, const char* data, std::size_t size) = 0;
  virtual void shutdown_send(int socket) = 0;
  virtual void close(int socket) = 0;
  /// The peer's address and port, for the log.
  virtual std::string peer_name(int socket) = 0;
};

/// What a shard tells the layer above. Called from within the shard's functions: an observer may call write(),
/// next_line(), accept_line() and close_all() from here, and must not destroy the shard.
class ShardObserver {
 public:
  virtual ~ShardObserver() = default;
  /// A qos line that could be taken at once, without the inbox: true if the application took it. The bytes are valid
  /// during the call. Asked only when no earlier line waits.
  virtual bool take_line(Link& /*link*/, std::string_view /*line*/) { return false; }
  /// The inbox of the link got lines; once per read, not per line.
  virtual void lines_arrived(Link& link) = 0;
  /// Lines of the outbox were acknowledged: ask link.is_acknowledged().
  virtual void lines_acknowledged(Link& link) = 0;
  virtual void link_up(Link& link) = 0;
  virtual void link_down(Link& link, Reason reason) = 0;
  /// With a store: lines that were written became durable: ask link.is_stored(), and link.is_acknowledged().
  virtual void lines_stored(Link& /*link*/) {}
  /// Lines of the outbox with numbers before `kept` were given up by the mailbox's rules, `count` of them.
  virtual void lines_dropped(Link& /*link*/, std::uint32_t /*kept*/, std::uint32_t /*count*/) {}
  /// Another server has taken the record over: lines that are not durable yet (link.is_stored()) are not in it, the
  /// others are that server's now. Told before anything of the link changes; must not call the shard.
  virtual void link_taken_over(Link& /*link*/) {}
  /// What accept_line() with an effect came to; null: the line is consumed. `taken_over`: nothing was done.
  virtual void effect_done(Link& /*link*/, const std::exception_ptr& /*error*/, bool /*taken_over*/) {}
  /// There is output to flush or a timer to arm: call end_batch() soon. Only outside a batch.
  virtual void wants_attention() = 0;
  virtual void log(LogLevel level, const std::string& message) = 0;
};

/// Where a shard's changes go if it has a store. The host hands each batch to the store, in order, and gives batch and
/// results back to Shard::on_stored(), in the same order, never from within submit().
class ShardStore {
 public:
  virtual ~ShardStore() = default;
  /// `urgent`: an acknowledgement, a GO or a write waits for it.
  virtual void submit(std::vector<LinkUpdate> batch, bool urgent) = 0;
};

/// What happens to a line that finds the outbox of its link full.
enum class WhenFull : std::uint8_t {
  pause,        ///< write() waits for room; try_write() says would_block
  refuse,       ///< write() fails with Error::queue_full
  drop_oldest,  ///< the oldest lines make room, counted and reported, while the client is away; else as pause
};

/// Names a line for good: what an application may de-duplicate on.
struct LineIdentity {
  std::uint32_t sid = 0;    ///< one life of the link's record
  std::uint32_t epoch = 0;  ///< one life of the client; 0 on protocol 1
  std::uint32_t seq = 0;    ///< number of the line

  friend bool operator==(const LineIdentity&, const LineIdentity&) = default;
};

struct ShardOptions {
  /// What this side receives: w, n and t of protocol 2; timeout_ms is also the timeout of protocol 1.
  ReceiveLimits receive{64, 1024, 1500};
  std::vector<std::string> expected;          ///< ids that may connect, in any order
  bool admit_unexpected = false;              ///< any other valid id may connect too
  std::vector<std::string> allow_protocol_1;  ///< ids that may fall back from protocol 2 to protocol 1
  std::uint32_t inbox_lines = 256;            ///< per link; at least twice the window
  std::uint32_t outbox_lines = 1024;          ///< per link
  std::size_t outbox_bytes = 256 * 1024;      ///< per link
  WhenFull when_full = WhenFull::pause;       ///< the outbox
  /// Lines for a client that is away are dropped, counted and reported, when they are older. 0: never.
  std::uint32_t outbox_max_age_s = 0;
  std::function<std::int64_t()> unix_seconds = {};  ///< the clock of ages; default: the system's
  std::uint32_t max_links = 100'000;                ///< ids that this shard keeps a record of
  std::uint32_t max_connections = 50'000;
  std::uint32_t max_unidentified = 1'000;  ///< connections that have not said who they are; the oldest makes room
  std::uint32_t first_generation = 1;      ///< unix seconds: later than any generation of an earlier process
  bool verbose = false;                    ///< log each line and each connection
};

/// A problem with the options, in words, or empty.
std::string check_options(const ShardOptions& options);

/// What an orderly stop left behind. With a store these lines are in it, to be read and sent after the next start.
struct StopReport {
  std::uint32_t unacknowledged = 0;  ///< lines written for clients that did not acknowledge them
  std::uint32_t unread = 0;          ///< lines acknowledged to clients that the application did not take
  /// Clients that have connected and were not there to hear BYE and close. What such a client did not hear acknowledged
  /// it sends again, to a server that has forgotten it: lines that the application has seen may come twice. 0 with a
  /// store, which forgets nothing.
  std::uint32_t not_parted = 0;
};

/// One thread's share of a server. Not thread-safe. Every function with `now_ms` takes the same monotonic clock.
///
/// The host calls accepted(), readable() and writable() as the network reports (edge-triggered), run_timers() at
/// next_deadline_ms(), and end_batch() after each batch of these: that is when output leaves, once per connection.
class Shard {
 public:
  /// `entropy` seeds session ids (sid): 32 unpredictable bits from the system per call.
  using Entropy = std::uint32_t (*)(void* context);

  Shard(ShardOptions options, Network& network, ShardObserver& observer, Entropy entropy, void* entropy_context,
        std::uint32_t now_ms, ShardStore* store = nullptr);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // ---- network and time
  /// A new connection; the shard owns the socket from here. Null: refused and closed.
  Conn* accepted(int socket, std::uint32_t now_ms);
  /// `hung_up`: the network said that the peer closed or reset; everything is read up to that.
  void readable(Conn& conn, bool hung_up, std::uint32_t now_ms);
  void writable(Conn& conn, std::uint32_t now_ms);
  void run_timers(std::uint32_t now_ms);
  void end_batch(std::uint32_t now_ms);
  bool has_deadline() const { return !wheel_.empty(); }
  std::uint32_t next_deadline_ms() const { return wheel_.next_ms(); }
  /// Some connections had more to read or to send than their share of a batch: call run_unfinished() and end_batch()
  /// again soon, after giving others a turn.
  bool has_unfinished() const { return !unfinished_.empty() || !dirty_.empty() || !answers_.empty(); }
  void run_unfinished(std::uint32_t now_ms);

  // ---- links
  Link* find(std::string_view id);
  /// The link of that id, made if there is none; null if the id is neither expected nor admitted, or at max_links.
  Link* find_or_create(std::string_view id);
  bool is_expected(std::string_view id) const;
  const std::vector<std::string>& expected() const { return options_.expected; }
  const ShardOptions& options() const { return options_; }

  /// Queues a qos line, or sends a qos=False line at once if the link is up. One final newline is accepted.
  struct Written {
    WriteStatus status = WriteStatus::ok;
    std::uint32_t seq = 0;  ///< with ok and qos: ask link.is_acknowledged(seq)
  };
  Written write(Link& link, std::string_view line, WriteOptions options = {});
  /// The longest payload that write() accepts now: the peer's limit once it is known.
  std::uint32_t max_payload(const Link& link) const;

  /// Takes the line handed out before, if any, and hands out the next; false if there is none. The bytes stay valid
  /// until the next call for this link or accept_line().
  bool next_line(Link& link, std::string_view& line);
  /// Takes the line handed out: it has been dealt with.
  void accept_line(Link& link);
  /// The line handed out, if it has an identity: only qos lines of a shard with a store.
  LineIdentity line_identity(Link& link) const;

  // ---- the store
  bool has_store() const { return store_ != nullptr; }
  /// Before the first connection: the links as the store has them, which take_over() made this server's.
  void restore(const std::vector<StoredLink>& links);
  /// Before the end: submits what has not been submitted yet.
  void flush_store() { submit_changes(true); }
  /// A batch that was submitted is durable.
  void on_stored(std::vector<LinkUpdate> batch, std::vector<UpdateResult> results, std::uint32_t now_ms);
  /// Takes the line handed out in one transaction with the effect; observer.effect_done() tells. Until then no line of
  /// this link is handed out. False: no line is handed out, it has no identity, or there is no store.
  bool accept_line(Link& link, StoreEffect effect);
  /// Lines of a link that were given up.
  struct Dropped {
    std::uint32_t plain = 0;  ///< qos=False lines that found no slot
    std::uint32_t old = 0;    ///< by the mailbox: too old, or in the way of newer ones
  };
  Dropped dropped(const Link& link) const;
  /// Gives up the oldest line of the outbox. Only while the client is away, and on protocol 1 only a line that was
  /// never sent; false: not possible.
  bool drop_oldest(Link& link);

  // ---- stopping
  /// Closes every connection at once, with a BYE; links and queues stay.
  void close_all(std::uint32_t now_ms);
  /// Begins an orderly stop: no more lines are accepted; each connection ends when the application has read its inbox
  /// and the client has acknowledged its lines, or at the latest after one timeout.
  void begin_stop(std::uint32_t now_ms);
  bool stopping() const { return stopping_; }
  bool stopped() const { return stopping_ && open_connections_ == 0; }
  /// Is everything that happened durable?
  bool store_is_idle() const { return batches_in_flight_ == 0 && changed_.empty(); }
  StopReport stop_report() const;

  template <typename Visit>
  void for_each_link(Visit visit) {
    links_.for_each(visit);
  }
  std::uint32_t connection_count() const { return open_connections_; }
  std::uint32_t link_count() const { return static_cast<std::uint32_t>(links_.size()); }

 private:
  // shard_input.cpp
  void read(Conn& conn, bool hung_up, std::uint32_t now_ms);
  void receive_lines(Conn& conn, LineBuffer& buffer, std::uint32_t now_ms);
  void run_lines(Conn& conn, LineBuffer& buffer, std::uint32_t now_ms);
  void identify(Conn& conn, std::string_view line, std::uint32_t now_ms);
  void identify_protocol_1(Conn& conn, std::string_view id, std::uint32_t now_ms);
  void on_input(Conn& conn, const Input& input, std::string_view line, std::uint32_t now_ms);
  void on_opened(Conn& conn, std::uint32_t now_ms);
  void go(Conn& conn, std::uint32_t now_ms);
  void go_1(Conn& conn, std::uint32_t now_ms);
  bool release_acknowledged(Link& link);
  void on_overlong(Conn& conn, std::uint32_t now_ms);
  bool fits_protocol_1(Link& link);
  void on_failed(Conn& conn, const Input& input, std::string_view line, std::uint32_t now_ms);
  bool has_plain_slot(const Conn& conn) const;
  void drop_plain(Link& link);
  void log_overlong(const Conn& conn, std::size_t bytes);
  void come_up(Conn& conn, std::uint32_t now_ms);
  void grant_credit(Link& link);
  std::size_t longest_line(const Conn& conn) const;
  bool reading_paused(const Conn& conn) const;
  static std::uint32_t inbox_lines(const Link& link);
  void resume_reading(Conn& conn);

  // shard_output.cpp
  void mark_dirty(Conn& conn);
  void flush(Conn& conn, std::uint32_t now_ms);
  void on_output_failed(Conn& conn, std::uint32_t now_ms);
  std::size_t produce(Conn& conn, char* out, std::size_t room, std::uint32_t now_ms);
  static bool speaks_protocol_2(const Conn& conn);
  bool may_have_output(const Conn& conn) const;
  bool has_output(Conn& conn, std::uint32_t now_ms);
  bool send_bytes(Conn& conn, const char* data, std::size_t size, std::uint32_t now_ms);
  void on_timer(Conn& conn, std::uint32_t now_ms);
  void check_link(Conn& conn, std::uint32_t now_ms);
  Due poll_protocol(Conn& conn, std::uint32_t now_ms);
  void arm(Conn& conn, std::uint32_t now_ms);
  std::uint32_t deadline_of(const Conn& conn) const;

  // shard_store.cpp
  struct Answers {
    std::vector<LinkUpdate> batch;
    std::vector<UpdateResult> results;
    std::size_t next = 0;  ///< not told yet, or not all of it:
    unsigned step = 0;
    bool applied = false;  ///< and these two: of `next`, known after its first step
    bool lines_came = false;
  };
  void note(Link& link, bool urgent);
  void submit_changes(bool all = false);
  void receive_into_store(Conn& conn, std::string_view payload);
  std::uint32_t write_into_store(Link& link, std::string_view payload, std::uint8_t tag, bool wait);
  void run_answers(std::uint32_t now_ms);
  void on_answer(Answers& answers, std::uint32_t now_ms);
  void take_result(Link& link, Answers& answers, std::size_t i, std::uint32_t now_ms);
  bool apply(Link& link, const LinkUpdate& update);
  void finish_effect(Link& link, const UpdateResult& result);
  void finish_opening(Link& link, std::uint32_t now_ms);
  void take_record(Link& link, const StoredLink& record);
  void clear_lines(Link& link);
  void lose_record(Link& link, const UpdateResult& result, std::uint32_t now_ms);
  void wait_for_store(Conn& conn, std::uint32_t now_ms);
  static Conn* opening_of(const Link& link);
  void end_opening(Link& link, std::uint32_t now_ms);
  static bool numbers_changed(const Link& link);

  // shard_mailbox.cpp
  void remember_age(Link& link, std::int64_t written);
  bool make_room(Link& link, std::size_t bytes);
  bool can_drop(const Link& link) const;
  void drop_front(Link& link);
  bool is_full(const Link& link, std::size_t bytes) const;
  void expire_lines(Link& link);
  void report_dropped(Link& link, std::uint32_t count);
  std::int64_t unix_seconds() const;

  // shard.cpp
  void part(Conn& conn, Reason reason, std::uint32_t now_ms);
  void close(Conn& conn, Reason reason);
  Link* detach(Conn& conn, Reason reason);
  template <typename Visit>
  void for_each_conn(Visit visit) {
    for (std::size_t block = 0; block < conns_.size(); ++block) {
      for (Conn& conn : *conns_[block]) visit(conn);
    }
  }
  void make_room_for_unidentified();
  bool may_connect(std::string_view id) const;
  std::unique_ptr<Link> make_link(std::string_view id);
  bool adopt_provisional(Conn& conn);
  void pop_taken(Link& link);
  void part_if_finished(Conn& conn, std::uint32_t now_ms);
  void release_closed();
  void attention();
  void log(LogLevel level, const std::string& message) { observer_.log(level, message); }
  std::string name_of(const Conn& conn) const;

  ShardOptions options_;
  Network& network_;
  ShardObserver& observer_;
  Entropy entropy_;
  void* entropy_context_;
  ShardStore* store_;
  TimerWheel wheel_;
  LinkTable links_;
  static constexpr std::size_t conns_per_block = 32;
  using ConnBlock = std::array<Conn, conns_per_block>;
  std::vector<std::unique_ptr<ConnBlock>> conns_;  ///< stable addresses; reused through free_
  std::vector<Conn*> free_;
  std::vector<Conn*> closed_;      ///< freed at the end of the batch: an event of this batch may still name them
  std::vector<Conn*> dirty_;       ///< have output
  std::vector<Conn*> unfinished_;  ///< have unread bytes
  std::deque<std::pair<Conn*, std::uint32_t>> unidentified_;  ///< in order of arrival, with the serial of the Conn
  std::uint32_t next_serial_ = 1;
  std::uint32_t open_connections_ = 0;
  std::uint32_t stop_deadline_ms_ = 0;
  bool stopping_ = false;
  bool in_batch_ = false;
  bool lines_came_ = false;     ///< the read that is under way put lines into the inbox
  std::vector<Link*> changed_;  ///< have something for the store
  bool changes_urgent_ = false;
  unsigned batches_in_flight_ = 0;
  std::deque<Answers> answers_;  ///< of the store
  struct Age {
    std::uint32_t before;  ///< lines with numbers before this one, not in an earlier Age ...
    std::int64_t written;  ///< ... were written then, in unix seconds
  };
  std::unordered_map<const Link*, Dropped> dropped_;
  std::unordered_map<Link*, std::deque<Age>> ages_;  ///< only with outbox_max_age_s
  std::vector<char> input_;  ///< one read buffer for all connections: an unfinished line moves to its Conn
  std::vector<char> output_;
};

}  // namespace tautline
