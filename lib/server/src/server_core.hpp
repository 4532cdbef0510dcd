#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "tautline/server/detail/core_calls.hpp"
#include "tautline/server/server.hpp"
#include "tautline/store/store_writer.hpp"

namespace tautline::detail {

/// Operations of the application that wait on one link. Exists only while there are any.
struct LinkWaiters {
  List<ReadWaiting> readers;
  List<WriteWaiting> writers;         ///< wait for room, or (qos=False) for the link
  List<WriteWaiting> unacknowledged;  ///< queued; wait for the client
  List<WriteWaiting> unstored;        ///< queued; wait for the store
  List<UpWaiting> up;
  List<EffectWaiting> effect;  ///< at most one

  bool idle() const {
    return readers.empty() && writers.empty() && unacknowledged.empty() && unstored.empty() && up.empty() &&
           effect.empty();
  }
};

/// Joins a shard to epoll and to an Asio executor, and the waiting operations to the shard's events.
///
/// One edge-triggered epoll set holds all connections. Its descriptor, itself readable when an event waits, is watched
/// by Asio: a wake-up takes one batch of events, ends the batch and only then asks Asio to watch again. Draining the
/// set until it is empty would starve everything else on the executor.
class ServerCore final : public Network,
                         public ShardObserver,
                         public ShardStore,
                         public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(asio::any_io_executor executor, ServerOptions options);
  ~ServerCore() override;

  /// Begins to listen. Throws std::system_error.
  void open();
  /// The Server is gone: closes everything, completes everything.
  void shut_down();
  void stop_listening();
  void close_all();
  std::uint16_t port() const { return port_; }
  std::string endpoint() const;

  const std::string& store_problem() const { return store_problem_; }
  const asio::any_io_executor& executor() const { return executor_; }
  Shard& shard() { return shard_; }
  Connection connection(Link& link) { return {*this, link}; }

  bool try_read(Link& link, std::string_view& line);
  Shard::Written try_write(Link& link, std::string_view line, WriteOptions options);
  void start_read(Link& link, ReadWaiting& waiting);
  void start_write(Link& link, WriteWaiting& waiting);
  void abort_write(Link& link, WriteWaiting& waiting);
  void start_effect(Link& link, StoreEffect effect, EffectWaiting& waiting);
  void start_up(Link& link, UpWaiting& waiting);
  void start_arrival(const std::string& id, const std::vector<std::string>& peers, bool all_expected,
                     ArrivalWaiting& waiting);
  void start_stop(StopWaiting& waiting);
  void set_line_handler(std::function<void(const Connection&, std::string_view)> handler);

  // Network
  std::ptrdiff_t receive(int socket, char* data, std::size_t size) override;
  std::ptrdiff_t send(int socket, const char* data, std::size_t size) override;
  void shutdown_send(int socket) override;
  void close(int socket) override;
  std::string peer_name(int socket) override;

  // ShardObserver
  bool take_line(Link& link, std::string_view line) override;
  void lines_arrived(Link& link) override;
  void lines_acknowledged(Link& link) override;
  void link_up(Link& link) override;
  void link_down(Link& link, Reason reason) override;
  void lines_stored(Link& link) override;
  void lines_dropped(Link& link, std::uint32_t kept, std::uint32_t count) override;
  void link_taken_over(Link& link) override;
  void effect_done(Link& link, const std::exception_ptr& error, bool taken_over) override;
  void wants_attention() override;
  void log(LogLevel level, const std::string& message) override;

  // ShardStore
  void submit(std::vector<LinkUpdate> batch, bool urgent) override;

 private:
  class GoOnAfterException;
  static constexpr int events_per_wake = 256;
  static constexpr int accepts_per_wake = 64;

  static LinkWaiters* waiters(Link& link) { return static_cast<LinkWaiters*>(link.user); }
  static LinkWaiters& make_waiters(Link& link);
  static void release_waiters_if_idle(Link& link);

  /// Milliseconds of the monotonic clock.
  static std::uint32_t clock_ms();
  void watch();
  void on_events();
  void run_pending();
  void after_batch();
  void rest_if_done();
  void accept_some(std::uint32_t now_ms);
  void pause_listening();
  void listen_to(int listener, bool enable);
  void arm_timer();
  void on_timer();
  /// The visitor may call the application, which may make links.
  template <typename Visit>
  void for_each_link(Visit visit) {
    std::vector<Link*> links;
    shard_.for_each_link([&](Link& link) { links.push_back(&link); });
    for (Link* const link : links) visit(*link);
  }
  void open_store();
  void on_stored(std::vector<LinkUpdate> batch, std::vector<UpdateResult> results);
  void on_store_health(const std::string& problem);
  void finish_stop_if_done();
  void serve_readers(Link& link);
  void serve_writers(Link& link);
  void serve_writers_soon(Link& link);
  bool attempt_write(Link& link, WriteWaiting& waiting, Completion completion);
  void serve_arrivals(Link& link);
  int open_listener(const std::string& address, std::uint16_t port);

  asio::any_io_executor executor_;
  ServerOptions options_;
  /// With `verbose`: a socket that was reset no longer tells its peer, and the log must. (The shard closes sockets.)
  std::unordered_map<int, std::string> peer_names_;
  Shard shard_;
  int epoll_ = -1;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  asio::posix::stream_descriptor epoll_watch_;
  asio::steady_timer timer_;
  asio::steady_timer accept_timer_;
  asio::steady_timer stop_timer_;  ///< a store that stands still must not keep the server from stopping
  std::unique_ptr<StoreWriter> store_writer_;
  std::string store_problem_;
  std::uint32_t timer_deadline_ms_ = 0;
  bool timer_armed_ = false;
  bool pending_posted_ = false;
  bool shut_down_ = false;
  bool stop_begun_ = false;
  bool stop_overdue_ = false;
  bool refuse_writers_ = false;  ///< a stop has begun: who waits to write is told so after this batch
  List<ArrivalWaiting> arrivals_;
  List<StopWaiting> stops_;
  std::vector<Link*> waiting_plain_;  ///< links whose writers are to be served after this batch
  std::function<void(const Connection&, std::string_view)> line_handler_;
  int next_event_ = 0;  ///< of events_, not handled yet
  int event_count_ = 0;
  std::array<epoll_event, events_per_wake> events_;
};

}  // namespace tautline::detail
