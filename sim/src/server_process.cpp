#include "server_process.hpp"

#include <algorithm>
#include <cstring>

#include "world.hpp"

namespace tautline::sim {
namespace {

/// Rounds of unfinished work in one batch before the server counts as spinning.
constexpr unsigned max_rounds = 100'000;

}  // namespace

ServerProcess::ServerProcess(Context& context) : context_(context), sessions_(context.ids) {
  if (context.profile.store == StoreKind::none) return;
  store_ = std::make_unique<SimStore>(context, context.profile.store);
  for (Session& session : sessions_) session.stream = context.model->add_stream(id_of(session), false);
}

std::uint32_t ServerProcess::clock() const {
  return static_cast<std::uint32_t>(context_.now) + clock_offset_;
}

std::uint32_t ServerProcess::entropy(void* context) {
  return static_cast<std::uint32_t>(static_cast<Context*>(context)->random.next());
}

template <typename With>
void ServerProcess::for_each_unread(Session& session, With with) {
  Link& link = *session.link;
  LineQueue& inbox = link.inbox.lines();
  for (std::uint32_t i = link.handed_out && !session.deed_pending ? 1 : 0; i < link.inbox.size(); ++i) {
    inbox.seek(i);
    if (inbox.cursor_tag() != tag_qos) continue;
    std::string_view line = inbox.at_cursor();
    if (store_) {
      std::uint32_t numbers[3];
      static_assert(sizeof numbers == identity_bytes);
      std::memcpy(numbers, line.data(), sizeof numbers);
      line.remove_prefix(identity_bytes);
      if (find_handled(session, {numbers[0], numbers[1], numbers[2]}) != nullptr) continue;
    }
    with(line);
  }
}

// ---- lives
// -------------------------------------------------------------------------------------------------------------

bool ServerProcess::start() {
  std::vector<StoredLink> links;
  try {
    if (store_) links = store_->open();
    for (Session& session : sessions_) {
      if (store_) learn_deeds(session);
    }
  } catch (const StoreError& error) {
    context_.trace("server cannot start: %s", error.what());
    if (!error.may_pass()) violated(Broken::internal, "the store says that this cannot pass: %s", error.what());
    store_->process_gone(store_->has_no_power());
    return false;
  }
  clock_offset_ = static_cast<std::uint32_t>(context_.random.next());
  ShardOptions options;
  options.receive = context_.server_limits;
  for (std::uint32_t id = 0; id < context_.ids; ++id) options.expected.push_back(id_name(id));
  if (inbox_lines_ == 0 || !store_) {  // what is in a store was accepted under the same bounds
    inbox_lines_ = 2 * options.receive.window + static_cast<std::uint32_t>(context_.random.spread(0, 64));
    outbox_lines_ = static_cast<std::uint32_t>(context_.random.spread(1, 64));
  }
  options.inbox_lines = inbox_lines_;
  options.outbox_lines = outbox_lines_;
  // The machine's clock, which now and then is set back.
  if (generation_seconds_ == 0) {
    generation_seconds_ =
        context_.profile.near_wrap ? 0U - static_cast<std::uint32_t>(context_.random.spread(1, 100)) : 1'700'000'000;
  } else {
    generation_seconds_ += static_cast<std::uint32_t>(context_.random.spread(1, 1000));
    if (context_.random.permille(100))
      generation_seconds_ -= static_cast<std::uint32_t>(context_.random.spread(1, 2000));
  }
  options.first_generation = generation_seconds_;
  options.unix_seconds = [this] { return static_cast<std::int64_t>(1'700'000'000 + context_.now / 1000); };
  const std::string problem = check_options(options);
  if (!problem.empty()) violated(Broken::internal, "options: %s", problem.c_str());
  context_.trace("server starts: window %u, inbox %u, outbox %u, timeout %u ms", options.receive.window,
                 options.inbox_lines, options.outbox_lines, options.receive.timeout_ms);
  shard_ = std::make_unique<Shard>(options, context_.network, *this, entropy, &context_, clock(), store_.get());
  shard_->restore(std::move(links));
  for (std::uint32_t id = 0; id < context_.ids; ++id) {
    Session& session = sessions_[id];
    if (store_) {
      resume(id);
      continue;
    }
    session = Session{};
    session.link = shard_->find_or_create(id_name(id));
    session.link->user = &session;
    session.reads_at_once = context_.random.permille(300);
    session.stream = context_.model->add_stream(id, false);
    if (context_.profile.near_wrap) {
      session.first_seq = 0U - static_cast<std::uint32_t>(context_.random.spread(1, 2000));
      session.link->numbers.base = session.link->numbers.next = session.first_seq;
    }
  }
  deferred_.clear();
  frozen_ = stopped_ = wake_pending_ = false;
  awake_since_ = context_.now;
  return true;
}

/// What this life leaves behind: lines that die in its inboxes, or are in the store.
void ServerProcess::let_links_go() {
  for (Session& session : sessions_) {
    Reader left = session.reader;
    for_each_unread(session, [&](std::string_view line) {
      if (store_) {
        context_.model->survives(id_of(session), left, line);
      } else {
        context_.model->dies(id_of(session), session.reader, line);
      }
    });
    if (!store_) context_.model->stream(session.stream).over = true;
    session.link = nullptr;
  }
  for (std::uint32_t i = 0; i < context_.network.size(); ++i) {
    const SimNetwork::Connection& connection = context_.network.connection(i);
    if (connection.in_use && connection.open[SimNetwork::server_side] && !connection.accepted) {
      context_.network.close(SimNetwork::socket_of(i, SimNetwork::server_side));
    }
  }
  deferred_.clear();
  frozen_ = false;
  ++timer_serial_;
  timer_at_ = 0;
}

void ServerProcess::kill(bool silently) {
  if (!shard_) return;
  context_.trace("server %s", silently ? "machine crashes" : "is killed");
  for (std::uint32_t i = 0; silently && i < context_.network.size(); ++i) {
    const SimNetwork::Connection& connection = context_.network.connection(i);
    if (!connection.in_use || !connection.open[SimNetwork::server_side]) continue;
    if (context_.random.permille(500)) context_.network.set_path(i, SimNetwork::client_side, Path::swallowing);
    context_.network.vanish(SimNetwork::socket_of(i, SimNetwork::server_side));
  }
  let_links_go();
  shard_.reset();
  if (store_) store_->process_gone(silently);
  ++context_.counters.server_kills;
}

void ServerProcess::begin_stop() {
  if (!shard_ || shard_->stopping()) return;
  context_.trace("server begins an orderly stop");
  for (Session& session : sessions_) session.open_at_stop = session.link->conn != nullptr;
  shard_->begin_stop(clock());
  for (Session& session : sessions_) {
    session.reading_paused = false;
    read_lines(session);
  }
  end_batch();
}

void ServerProcess::end_stop() {
  const StopReport report = shard_->stop_report();
  std::uint32_t unread = 0;
  std::uint32_t unacknowledged = 0;
  for (Session& session : sessions_) {
    const Stream& stream = context_.model->stream(session.stream);
    const std::uint32_t left = session.link->inbox.size() - (session.link->handed_out ? 1 : 0);
    unread += left;
    unacknowledged += store_ ? session.link->outbox.size() : stream.written - stream.acked;
    session.closed_in_order = session.open_at_stop && left == 0;
  }
  if (report.unread != unread || report.unacknowledged != unacknowledged) {
    violated(Broken::report, "the stop reported %u unread and %u unacknowledged lines, there are %u and %u",
             report.unread, report.unacknowledged, unread, unacknowledged);
  }
  context_.trace("server has stopped: %u unread, %u unacknowledged", unread, unacknowledged);
  let_links_go();
  shard_.reset();
  if (store_) store_->process_gone(false);
  stopped_ = false;
  ++context_.counters.server_stops;
}

void ServerProcess::freeze() {
  if (shard_) frozen_ = true;
}

void ServerProcess::wake() {
  if (!frozen_) return;
  frozen_ = false;
  awake_since_ = context_.now;
  context_.trace("server wakes");
  catch_up();
}

// ---- the loop around the shard
// ---------------------------------------------------------------------------------------------

bool ServerProcess::busy() {
  if (frozen_ || wake_pending_) return true;
  const std::uint32_t lag = context_.lag();
  if (lag == 0) return false;
  wake_pending_ = true;
  context_.events.push(context_.now + lag, EventKind::server_wake, 0);
  return true;
}

void ServerProcess::on_wake_event() {
  wake_pending_ = false;
  if (shard_ && !frozen_) catch_up();
}

/// Everything that the network reported meanwhile, in any order, the timers before or after.
void ServerProcess::catch_up() {
  std::vector<Deferred> turn;
  turn.swap(deferred_);
  const bool timers_first = context_.random.permille(300);
  if (timers_first) shard_->run_timers(clock());
  for (std::size_t i = turn.size(); i > 1; --i) std::swap(turn[i - 1], turn[context_.random.below(i)]);
  // A connection is accepted before its bytes are seen.
  while (auto finished = store_ ? store_->take_finished() : std::nullopt) {
    shard_->on_stored(std::move(finished->batch), std::move(finished->results), clock());
  }
  std::stable_partition(turn.begin(), turn.end(), [](const Deferred& d) { return d.what == Deferred::What::syn; });
  for (const Deferred& d : turn) {
    SimNetwork::Connection& connection = context_.network.of(d.socket);
    if (connection.serial != d.serial) continue;
    if (d.what == Deferred::What::syn) {
      if (!connection.open[SimNetwork::server_side]) continue;
      connection.accepted = true;
      connection.conn = shard_->accepted(d.socket, clock());
      if (connection.conn != nullptr)
        shard_->readable(*connection.conn, context_.network.incoming(d.socket).end_arrived, clock());
    } else if (connection.conn != nullptr) {
      if (d.what == Deferred::What::readable) {
        shard_->readable(*connection.conn, context_.network.incoming(d.socket).end_arrived, clock());
      } else {
        shard_->writable(*connection.conn, clock());
      }
    }
  }
  if (!timers_first) shard_->run_timers(clock());
  end_batch();
}

void ServerProcess::on_syn(std::uint32_t index) {
  const int socket = SimNetwork::socket_of(index, SimNetwork::server_side);
  SimNetwork::Connection& connection = context_.network.connection(index);
  connection.open[SimNetwork::server_side] = true;
  if (busy()) {
    deferred_.push_back({socket, connection.serial, Deferred::What::syn});
    return;
  }
  connection.accepted = true;
  connection.conn = shard_->accepted(socket, clock());
  end_batch();
}

void ServerProcess::on_readable(int socket) {
  SimNetwork::Connection& connection = context_.network.of(socket);
  if (!shard_ || !connection.accepted) return;  // accepting it will read
  if (busy()) {
    deferred_.push_back({socket, connection.serial, Deferred::What::readable});
    return;
  }
  if (connection.conn == nullptr) return;
  shard_->readable(*connection.conn, connection.pipes[SimNetwork::server_side].end_arrived, clock());
  end_batch();
}

void ServerProcess::on_writable(int socket) {
  SimNetwork::Connection& connection = context_.network.of(socket);
  if (!shard_ || connection.conn == nullptr) return;
  if (busy()) {
    deferred_.push_back({socket, connection.serial, Deferred::What::writable});
    return;
  }
  shard_->writable(*connection.conn, clock());
  end_batch();
}

void ServerProcess::on_timer(std::uint32_t serial) {
  if (serial != timer_serial_ || !shard_) return;
  timer_at_ = 0;
  if (busy()) return;  // timers run when it wakes
  shard_->run_timers(clock());
  end_batch();
}

void ServerProcess::end_batch() {
  shard_->end_batch(clock());
  for (unsigned round = 0; shard_->has_unfinished(); ++round) {
    if (round > max_rounds) violated(Broken::spinning, "the server has unfinished work without end");
    shard_->run_unfinished(clock());
    shard_->end_batch(clock());
  }
  if (shard_->stopped() && shard_->store_is_idle()) stopped_ = true;
  if (!shard_->has_deadline()) return;
  const auto ahead = static_cast<std::int32_t>(shard_->next_deadline_ms() - clock());
  const Time at = context_.now + static_cast<Time>(std::max(ahead, 1));
  if (timer_at_ != 0 && timer_at_ <= at && timer_at_ > context_.now) return;
  timer_at_ = at;
  context_.events.push(at, EventKind::server_timer, 0, ++timer_serial_);
}

void ServerProcess::log(LogLevel level, const std::string& message) {
  (void)level;
  if (context_.tracing) context_.trace("server: %s", message.c_str());
}

void ServerProcess::link_up(Link& link) {
  Session& session = session_of(link);
  session.socket = link.conn->socket;
  session.open_since = context_.now;
  lines_acknowledged(link);
}

void ServerProcess::link_down(Link& link, Reason reason) {
  const Session& session = session_of(link);
  const bool lost_go = reason == Reason::syntax && context_.profile.line_loss_permille != 0;  // the device says so
  if (is_misunderstanding(reason) && !lost_go) {
    violated(Broken::reason, "link %u: the connection ended with '%s'", id_of(session), to_string(reason));
  }
  if (reason != Reason::silent) return;
  const Time silence = context_.now - context_.network.incoming(session.socket).last_line_at;
  const std::uint32_t timeout = context_.server_limits.timeout_ms;
  ++context_.counters.detections;
  if (silence < timeout) {
    violated(Broken::detection, "the server gave link %u up after %llu ms of silence, its timeout is %u ms",
             id_of(session), static_cast<unsigned long long>(silence), timeout);
  }
  if (context_.network.has_waiting_line(session.socket)) {
    violated(Broken::detection, "the server judged link %u silent while lines were waiting", id_of(session));
  }
}

void ServerProcess::audit() {
  if (!shard_ || frozen_) return;
  const ShardOptions& options = shard_->options();
  const std::uint32_t timeout = context_.server_limits.timeout_ms;
  for (const Session& session : sessions_) {
    const Link& link = *session.link;
    if (link.inbox.size() > options.inbox_lines) {
      violated(Broken::memory, "link %u: %u lines in an inbox of %u", id_of(session), link.inbox.size(),
               options.inbox_lines);
    }
    if (link.outbox.size() > options.outbox_lines || link.outbox.bytes() > options.outbox_bytes) {
      violated(Broken::memory, "link %u: %u lines in an outbox of %u", id_of(session), link.outbox.size(),
               options.outbox_lines);
    }
    if (link.conn == nullptr) continue;
    const std::size_t longest = options.receive.max_payload + max_line_overhead;
    if (link.conn->tail().size() > longest) {
      violated(Broken::memory, "link %u: an unfinished line of %zu bytes is kept", id_of(session),
               link.conn->tail().size());
    }
    const Time heard = std::max(context_.network.incoming(session.socket).last_line_at, awake_since_);
    if (context_.now - heard > timeout + timeout / 4) {
      violated(Broken::detection,
               "the server still takes link %u for open after %llu ms of silence, its timeout is %u ms", id_of(session),
               static_cast<unsigned long long>(context_.now - heard), timeout);
    }
    const SimNetwork::Pipe& out = context_.network.incoming(session.socket ^ 1);
    const Time said = std::max({out.last_status_at, awake_since_, session.open_since});
    const Time quarter = context_.device_limits.timeout_ms / 4;
    if (!out.writer_waits && context_.now > said + quarter + status_slack_ms) {
      violated(Broken::status,
               "link %u has sent no status line for %llu ms, a quarter of the device's timeout is %llu ms",
               id_of(session), static_cast<unsigned long long>(context_.now - said),
               static_cast<unsigned long long>(quarter));
    }
  }
}

// ---- the application
// -------------------------------------------------------------------------------------------------------

void ServerProcess::lines_arrived(Link& link) {
  read_lines(session_of(link));
}

bool ServerProcess::take_line(Link& link, std::string_view line) {
  Session& session = session_of(link);
  if (!session.reads_at_once || session.reading_paused) return false;
  read(session, line);
  return true;
}

void ServerProcess::read_lines(Session& session) {
  std::string_view line;
  while (!session.reading_paused && !session.deed_pending && shard_->next_line(*session.link, line)) {
    const LineIdentity identity = shard_->line_identity(*session.link);
    const bool to_write_down = session.writes_down && identity != LineIdentity{};
    if (to_write_down && find_handled(session, identity) == nullptr) {
      session.deed = {identity, std::string(line)};
      session.deed_pending = shard_->accept_line(*session.link, store_->effect(id_of(session), session.deed));
      continue;
    }
    if (!was_handled(session, line)) read(session, line);
  }
}

void ServerProcess::read(Session& session, std::string_view line) {
  context_.model->read(session.reader, id_of(session), true, line);
  if (context_.calm || shard_->stopping() || !context_.random.permille(context_.profile.pause_permille)) return;
  session.reading_paused = true;
  const Time pause = context_.random.spread(1, 3ULL * context_.server_limits.timeout_ms);
  context_.events.push(context_.now + pause, EventKind::server_read, id_of(session));
}

void ServerProcess::resume_reading(std::uint32_t id) {
  if (!shard_ || frozen_) return;
  sessions_[id].reading_paused = false;
  read_lines(sessions_[id]);
  end_batch();
}

void ServerProcess::write(std::uint32_t id) {
  if (context_.calm) return;
  context_.events.push(context_.now + context_.write_delay(), EventKind::server_write, id);
  if (!shard_ || frozen_ || shard_->stopping()) return;
  Session& session = sessions_[id];
  std::uint64_t count = 1;
  if (context_.random.permille(context_.profile.burst_permille)) count = context_.random.spread(2, 64);
  for (; count > 0; --count) {
    WriteOptions options;
    options.qos = !context_.random.permille(context_.profile.plain_permille);
    if (store_) options.wait = context_.random.permille(700);
    const std::string_view line = context_.model->next_line(session.stream, !options.qos);
    const Shard::Written written = shard_->write(*session.link, line, options);
    if (written.status == WriteStatus::would_block || written.status == WriteStatus::taken_over) break;
    if (written.status != WriteStatus::ok) {
      violated(Broken::internal, "server: write to link %u refused, %s", id, to_string(written.status));
    }
    context_.model->wrote(session.stream, !options.qos);
    if (options.qos && written.seq != session.first_seq + context_.model->stream(session.stream).written - 1) {
      violated(Broken::internal, "server: line %u of link %u is numbered %u",
               context_.model->stream(session.stream).written, id, written.seq);
    }
  }
  end_batch();
}

void ServerProcess::lines_acknowledged(Link& link) {
  Session& session = session_of(link);
  const Stream& stream = context_.model->stream(session.stream);
  const std::uint32_t acked = store_ ? acknowledged_for_good(session) : stream.written - link.outbox.size();
  if (acked == stream.acked) return;
  context_.model->server_acked(session.stream, acked);
  if (!link.is_acknowledged(session.first_seq + acked - 1) ||
      (acked < stream.written && link.is_acknowledged(session.first_seq + acked))) {
    violated(Broken::internal, "link %u: is_acknowledged() contradicts the outbox, %u lines are acknowledged",
             id_of(session), acked);
  }
}

void ServerProcess::calm_down() {
  if (!shard_ || frozen_) return;
  for (Session& session : sessions_) {
    session.reading_paused = false;
    read_lines(session);
  }
  end_batch();
}

bool ServerProcess::is_idle(std::uint32_t id) const {
  const Link* const link = sessions_[id].link;
  return link != nullptr && link->conn != nullptr && link->outbox.empty() && link->inbox.empty() &&
         shard_->store_is_idle();
}

std::uint32_t ServerProcess::waiting_in_inbox(std::uint32_t id, std::uint32_t stream) {
  Session& session = sessions_[id];
  if (session.link == nullptr) return 0;
  std::uint32_t count = 0;
  for_each_unread(session, [&](std::string_view line) {
    LineName name;
    const bool named = read_line(line, context_.model->shape(), name);
    if (line.empty() || (named && name.writer == stream)) ++count;
  });
  return count;
}

}  // namespace tautline::sim
