// The operations of the application that wait, and the shard's events that complete them.

#include <algorithm>
#include <chrono>

#include <asio/post.hpp>

#include "server_core.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::detail {

LinkWaiters& ServerCore::make_waiters(Link& link) {
  if (link.user == nullptr) link.user = new LinkWaiters;
  return *waiters(link);
}

void ServerCore::release_waiters_if_idle(Link& link) {
  LinkWaiters* const waiting = waiters(link);
  if (waiting == nullptr || !waiting->idle()) return;
  delete waiting;
  link.user = nullptr;
}

// ---- reading ------------------------------------------------------------------------------------

bool ServerCore::try_read(Link& link, std::string_view& line) {
  const LinkWaiters* const waiting = waiters(link);
  if (waiting != nullptr && !waiting->readers.empty()) return false;
  return shard_.next_line(link, line);
}

void ServerCore::start_read(Link& link, ReadWaiting& waiting) {
  std::string_view line;
  if (shut_down_) {
    waiting.complete(Completion::posted, asio::error::operation_aborted, {});
  } else if (try_read(link, line)) {
    waiting.complete(Completion::posted, {}, std::string(line));
  } else {
    make_waiters(link).readers.push_back(waiting);
  }
}

bool ServerCore::take_line(Link& link, std::string_view line) {
  if (!line_handler_) return false;
  const LinkWaiters* const waiting = waiters(link);
  if (waiting != nullptr && !waiting->readers.empty()) return false;
  line_handler_(connection(link), line);
  return true;
}

void ServerCore::lines_arrived(Link& link) {
  serve_readers(link);
}

void ServerCore::serve_readers(Link& link) {
  std::string_view line;
  // A resumed reader may do anything: everything is looked up anew each time.
  while (!shut_down_) {
    LinkWaiters* const waiting = waiters(link);
    if (waiting == nullptr || waiting->readers.empty()) break;
    if (!shard_.next_line(link, line)) return;
    waiting->readers.pop_front()->complete(Completion::in_place, {}, std::string(line));
  }
  release_waiters_if_idle(link);
  // Lines that came before there was a handler, from the store, or qos=False lines.
  while (line_handler_ && !shut_down_ && try_read(link, line)) {
    line_handler_(connection(link), line);
    shard_.accept_line(link);
  }
}

// ---- writing ------------------------------------------------------------------------------------

Shard::Written ServerCore::try_write(Link& link, std::string_view line, WriteOptions options) {
  const LinkWaiters* const waiting = waiters(link);
  if (waiting != nullptr && !waiting->writers.empty()) return {WriteStatus::would_block, 0};
  return shard_.write(link, line, options);
}

/// True: the operation has left the list of writers.
bool ServerCore::attempt_write(Link& link, WriteWaiting& waiting, Completion completion) {
  const Shard::Written written = shard_.write(link, waiting.line, waiting.options);
  const bool refuse = waiting.options.qos && options_.when_full == WhenFull::refuse;
  if (written.status == WriteStatus::would_block && !refuse) return false;
  const bool to_be_stored = waiting.options.qos && shard_.has_store();
  waiting.unlink();
  if (written.status == WriteStatus::would_block) {
    waiting.complete(completion, Error::queue_full);
  } else if (written.status != WriteStatus::ok) {
    waiting.complete(completion, make_error_code(written.status));
  } else if (waiting.options.qos && (waiting.options.wait || to_be_stored)) {
    waiting.queued = true;
    waiting.seq = written.seq;
    waiting.line = std::string();
    LinkWaiters& waiters = make_waiters(link);
    (waiting.options.wait ? waiters.unacknowledged : waiters.unstored).push_back(waiting);
  } else {
    waiting.complete(completion, {});
  }
  return true;
}

void ServerCore::start_write(Link& link, WriteWaiting& waiting) {
  if (shut_down_) {
    waiting.complete(Completion::posted, Error::closed);
    return;
  }
  const LinkWaiters* const present = waiters(link);
  const bool behind_others = present != nullptr && !present->writers.empty();
  if (!behind_others && attempt_write(link, waiting, Completion::posted)) return;
  make_waiters(link).writers.push_back(waiting);
  if (!waiting.options.qos) waiting_plain_.push_back(&link);
}

void ServerCore::lines_acknowledged(Link& link) {
  if (LinkWaiters* const waiting = waiters(link)) {
    // In protocol 1 a later line may be acknowledged before an earlier one.
    const bool in_order = !link.numbers_1;
    WriteWaiting* writer = waiting->unacknowledged.front();
    List<WriteWaiting> done;
    while (writer != nullptr) {
      WriteWaiting* const next = waiting->unacknowledged.after(writer);
      if (link.is_acknowledged(writer->seq)) {
        writer->unlink();
        done.push_back(*writer);
      } else if (in_order) {
        break;
      }
      writer = next;
    }
    while (WriteWaiting* const completed = done.pop_front()) completed->complete(Completion::in_place, {});
  }
  serve_writers(link);
}

void ServerCore::serve_writers(Link& link) {
  while (!shut_down_) {
    LinkWaiters* const waiting = waiters(link);
    if (waiting == nullptr) return;
    WriteWaiting* const writer = waiting->writers.front();
    if (writer == nullptr) break;
    if (attempt_write(link, *writer, Completion::in_place)) continue;
    if (!writer->options.qos && link.conn != nullptr) waiting_plain_.push_back(&link);
    return;
  }
  release_waiters_if_idle(link);
}

void ServerCore::abort_write(Link& link, WriteWaiting& waiting) {
  const bool was_queued = waiting.queued;
  abort(waiting, was_queued ? make_error_code(Error::delivery_pending) : asio::error::operation_aborted);
  // Others may have waited behind it only. Served later: this is called from within the application's cancellation.
  if (!was_queued) serve_writers_soon(link);
}

/// After this batch, or soon.
void ServerCore::serve_writers_soon(Link& link) {
  const LinkWaiters* const waiting = waiters(link);
  if (waiting == nullptr || waiting->writers.empty()) return;
  waiting_plain_.push_back(&link);
  wants_attention();
}

// ---- the store ----------------------------------------------------------------------------------

void ServerCore::open_store() {
  shard_.restore(options_.store->take_over());
  store_writer_ = std::make_unique<StoreWriter>(
      options_.store, [weak = weak_from_this(), executor = executor_](const std::string& problem) {
        asio::post(executor, [weak, problem] {
          const auto self = weak.lock();
          if (self && !self->shut_down_) self->on_store_health(problem);
        });
      });
}

void ServerCore::on_store_health(const std::string& problem) {
  store_problem_ = problem;
  if (problem.empty()) {
    log(LogLevel::warning, "the store works again: acknowledgements go on");
  } else {
    log(LogLevel::error, "nothing is acknowledged until the store can commit: " + problem);
  }
}

/// From within the shard, on the server's executor.
void ServerCore::submit(std::vector<LinkUpdate> batch, bool urgent) {
  if (!store_writer_) return;
  store_writer_->submit(std::move(batch), urgent,
                        [weak = weak_from_this(), executor = executor_](std::vector<LinkUpdate> stored,
                                                                        std::vector<UpdateResult> results) {
                          asio::post(executor,
                                     [weak, stored = std::move(stored), results = std::move(results)]() mutable {
                                       const auto self = weak.lock();
                                       if (self && !self->shut_down_)
                                         self->on_stored(std::move(stored), std::move(results));
                                     });
                        });
}

void ServerCore::lines_stored(Link& link) {
  if (LinkWaiters* const waiting = waiters(link)) {
    List<WriteWaiting> done;
    while (WriteWaiting* const writer = waiting->unstored.front()) {
      if (!link.is_stored(writer->seq)) break;
      writer->unlink();
      done.push_back(*writer);
    }
    while (WriteWaiting* const completed = done.pop_front()) completed->complete(Completion::in_place, {});
  }
  lines_acknowledged(link);
}

void ServerCore::lines_dropped(Link& link, std::uint32_t kept, std::uint32_t count) {
  if (LinkWaiters* const waiting = waiters(link)) {
    while (WriteWaiting* const writer = waiting->unacknowledged.front()) {
      if (!before(writer->seq, kept)) break;
      writer->unlink();
      writer->complete(Completion::posted, Error::dropped);
    }
  }
  serve_writers_soon(link);  // who waits for room, if it was not a write that made it
  if (options_.on_dropped && !shut_down_) options_.on_dropped(connection(link), count);
}

void ServerCore::link_taken_over(Link& link) {
  LinkWaiters* const waiting = waiters(link);
  if (waiting == nullptr) return;
  for (List<WriteWaiting>* list : {&waiting->unacknowledged, &waiting->unstored}) {
    while (WriteWaiting* const writer = list->pop_front()) {
      writer->complete(Completion::posted, link.is_stored(writer->seq) ? Error::delivery_pending : Error::taken_over);
    }
  }
  waiting_plain_.push_back(&link);  // who waits for room is told after this batch
}

void ServerCore::start_effect(Link& link, StoreEffect effect, EffectWaiting& waiting) {
  if (shut_down_) {
    waiting.complete(Completion::posted, asio::error::operation_aborted, {});
  } else if (!shard_.accept_line(link, std::move(effect))) {
    waiting.complete(Completion::posted, asio::error::invalid_argument, {});
  } else {
    make_waiters(link).effect.push_back(waiting);
  }
}

void ServerCore::effect_done(Link& link, const std::exception_ptr& error, bool taken_over) {
  if (LinkWaiters* const waiting = waiters(link)) {
    if (EffectWaiting* const effect = waiting->effect.pop_front()) {
      if (taken_over) {
        effect->complete(Completion::posted, Error::taken_over, {});
      } else {
        effect->complete(Completion::in_place, {}, error);
      }
    }
  }
  serve_readers(link);
}

// ---- links come and go --------------------------------------------------------------------------

void ServerCore::start_up(Link& link, UpWaiting& waiting) {
  if (shut_down_) {
    waiting.complete(Completion::posted, asio::error::operation_aborted);
  } else if (link.conn != nullptr) {
    waiting.complete(Completion::posted, {});
  } else {
    make_waiters(link).up.push_back(waiting);
  }
}

void ServerCore::link_up(Link& link) {
  if (options_.on_link) options_.on_link(connection(link), true);
  while (LinkWaiters* const waiting = link.conn == nullptr ? nullptr : waiters(link)) {
    UpWaiting* const up = waiting->up.pop_front();
    if (up == nullptr) break;
    up->complete(Completion::in_place, {});
  }
  lines_acknowledged(link);
  serve_arrivals(link);
}

void ServerCore::link_down(Link& link, Reason) {
  if (options_.when_full == WhenFull::drop_oldest) serve_writers_soon(link);  // from now on older lines give way
  if (options_.on_link && !shut_down_) options_.on_link(connection(link), false);
}

void ServerCore::start_arrival(const std::string& id, const std::vector<std::string>& peers, bool all_expected,
                               ArrivalWaiting& waiting) {
  std::vector<std::string> wanted = peers;
  if (wanted.empty() && all_expected) wanted = shard_.expected();
  if (!id.empty() || !all_expected) wanted.push_back(id);
  for (const std::string& name : wanted) {
    Link* const link = shard_.find_or_create(name);
    if (link == nullptr) {
      waiting.complete(Completion::posted, Error::unknown_client, {});
      return;
    }
    if (link->connects == 0) waiting.missing.push_back(link);
    if (name == id) waiting.result = link;
  }
  if (shut_down_) {
    waiting.complete(Completion::posted, asio::error::operation_aborted, {});
  } else if (!waiting.missing.empty()) {
    arrivals_.push_back(waiting);
  } else if (waiting.result == nullptr) {
    waiting.complete(Completion::posted, {}, {});
  } else {
    waiting.complete(Completion::posted, {}, connection(*waiting.result));
  }
}

void ServerCore::serve_arrivals(Link& link) {
  if (link.connects != 1) return;
  List<ArrivalWaiting> done;
  ArrivalWaiting* waiting = arrivals_.front();
  while (waiting != nullptr) {
    ArrivalWaiting* const next = arrivals_.after(waiting);
    auto& missing = waiting->missing;
    missing.erase(std::remove(missing.begin(), missing.end(), &link), missing.end());
    if (missing.empty()) {
      waiting->unlink();
      done.push_back(*waiting);
    }
    waiting = next;
  }
  while (ArrivalWaiting* const arrived = done.pop_front()) {
    std::optional<Connection> result;
    if (arrived->result != nullptr) result = connection(*arrived->result);
    arrived->complete(Completion::in_place, {}, result);
  }
}

void ServerCore::start_stop(StopWaiting& waiting) {
  if (shut_down_) {
    waiting.complete(Completion::posted, asio::error::operation_aborted, shard_.stop_report());
    return;
  }
  stops_.push_back(waiting);
  wants_attention();  // which may find that there is nothing to wait for
  if (stop_begun_) return;
  stop_begun_ = true;
  stop_listening();
  shard_.begin_stop(clock_ms());
  refuse_writers_ = true;
  stop_timer_.expires_after(std::chrono::milliseconds(2 * options_.timeout_ms));
  stop_timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
    const auto self = weak.lock();
    if (!self || error || self->shut_down_) return;
    self->stop_overdue_ = true;
    self->after_batch();
  });
}

void ServerCore::set_line_handler(std::function<void(const Connection&, std::string_view)> handler) {
  // Not at once: this may be called by the very handler that is replaced.
  asio::post(executor_, [weak = weak_from_this(), handler = std::move(handler)]() mutable {
    const auto self = weak.lock();
    if (!self || self->shut_down_) return;
    self->line_handler_ = std::move(handler);
    self->for_each_link([&](Link& link) { self->serve_readers(link); });  // lines that came before
  });
}

// ---- what the templates call --------------------------------------------------------------------

const asio::any_io_executor& executor_of(const ServerCore& core) {
  return core.executor();
}
Shard& shard_of(ServerCore& core) {
  return core.shard();
}
Link* find_connected(ServerCore& core, std::string_view id) {
  Link* const link = core.shard().find(id);
  return link != nullptr && (link->connects != 0 || link->protocol != 0) ? link : nullptr;
}
bool try_read(ServerCore& core, Link& link, std::string_view& line) {
  return core.try_read(link, line);
}
Shard::Written try_write(ServerCore& core, Link& link, std::string_view line, WriteOptions options) {
  return core.try_write(link, line, options);
}
void start_read(ServerCore& core, Link& link, ReadWaiting& waiting) {
  core.start_read(link, waiting);
}
void start_write(ServerCore& core, Link& link, WriteWaiting& waiting) {
  core.start_write(link, waiting);
}
void abort_write(ServerCore& core, Link& link, WriteWaiting& waiting) {
  core.abort_write(link, waiting);
}
void start_effect(ServerCore& core, Link& link, StoreEffect effect, EffectWaiting& waiting) {
  core.start_effect(link, std::move(effect), waiting);
}
std::string problem_of(const ServerCore& core, const Link& link) {
  if (!core.store_problem().empty()) return core.store_problem();
  return link.store && !link.store->owned ? "another server with the same store has taken the link over" : "";
}
void start_up(ServerCore& core, Link& link, UpWaiting& waiting) {
  core.start_up(link, waiting);
}
void start_arrival(ServerCore& core, const std::string& id, const std::vector<std::string>& peers, bool all_expected,
                   ArrivalWaiting& waiting) {
  core.start_arrival(id, peers, all_expected, waiting);
}
void start_stop(ServerCore& core, StopWaiting& waiting) {
  core.start_stop(waiting);
}

}  // namespace tautline::detail
