// What a shard sends, and when: output leaves at the end of a batch, once per connection, or when a timer says so.

#include <algorithm>
#include <string>

#include "tautline/core/serial.hpp"
#include "tautline/server/shard.hpp"

namespace tautline {
namespace {

/// Buffers of output that one connection may send in one batch, before others have had their turn.
constexpr unsigned max_rounds = 4;

}  // namespace

void Shard::attention() {
  if (!in_batch_) observer_.wants_attention();
}

void Shard::mark_dirty(Conn& conn) {
  if (conn.dirty) return;
  conn.dirty = true;
  dirty_.push_back(&conn);
  attention();
}

void Shard::writable(Conn& conn, std::uint32_t now_ms) {
  in_batch_ = true;
  (void)now_ms;
  if (!conn.blocked) return;
  conn.blocked = false;
  mark_dirty(conn);
}

void Shard::end_batch(std::uint32_t now_ms) {
  in_batch_ = true;
  submit_changes();
  std::vector<Conn*> turn;
  turn.swap(dirty_);
  for (Conn* const conn : turn) {
    conn->dirty = false;
    if (stopping_) part_if_finished(*conn, now_ms);
    flush(*conn, now_ms);
  }
  if (!closed_.empty()) {
    const auto is_closed = [](const Conn* conn) { return conn->state == Conn::State::closed; };
    dirty_.erase(std::remove_if(dirty_.begin(), dirty_.end(), is_closed), dirty_.end());
    unfinished_.erase(std::remove_if(unfinished_.begin(), unfinished_.end(), is_closed), unfinished_.end());
    release_closed();
  }
  submit_changes();
  in_batch_ = false;
}

/// Also while it parts: its BYE is the last line that its protocol produces.
bool Shard::speaks_protocol_2(const Conn& conn) {
  const bool parting = conn.state == Conn::State::parting && conn.link != nullptr;
  return conn.state == Conn::State::protocol_2 || parting;
}

/// Is a flush worth while? (For protocol 1 only the flush itself finds out.)
bool Shard::may_have_output(const Conn& conn) const {
  if (conn.opening) return false;
  if (conn.has_unsent() || conn.state == Conn::State::protocol_1) return true;
  return speaks_protocol_2(conn) && conn.two.has_output(conn.link->numbers);
}

bool Shard::has_output(Conn& conn, std::uint32_t now_ms) {
  if (conn.state != Conn::State::protocol_1) return may_have_output(conn);
  return conn.has_unsent() || conn.one->has_output(*conn.link->numbers_1, conn.link->outbox.lines(), now_ms);
}

std::size_t Shard::produce(Conn& conn, char* out, std::size_t room, std::uint32_t now_ms) {
  Link* const link = conn.link;
  if (speaks_protocol_2(conn)) {
    return conn.two.produce(link->numbers, link->outbox.lines(), out, room, now_ms);
  }
  if (conn.state != Conn::State::protocol_1) return 0;
  const std::size_t bytes = conn.one->produce(*link->numbers_1, link->outbox.lines(), out, room, now_ms);
  if (release_acknowledged(*link)) observer_.lines_acknowledged(*link);  // qos=False lines are done when sent
  return bytes;
}

void Shard::flush(Conn& conn, std::uint32_t now_ms) {
  if (conn.state == Conn::State::free || conn.state == Conn::State::closed || conn.blocked) return;
  if (conn.opening) return;
  for (unsigned round = 0; round < max_rounds; ++round) {
    std::size_t used = 0;
    if (conn.has_unsent()) {
      std::string& unsent = conn.extra().unsent;
      used = unsent.copy(output_.data(), output_.size());
      unsent.erase(0, used);
      conn.release_extra();
    }
    if (!conn.has_unsent()) {
      const std::size_t fresh = produce(conn, output_.data() + used, output_.size() - used, now_ms);
      used += fresh;
    }
    if (used == 0) break;
    if (!send_bytes(conn, output_.data(), used, now_ms)) break;
  }
  if (conn.state == Conn::State::protocol_2 && conn.two.phase() == Protocol2::Phase::failed) {
    on_output_failed(conn, now_ms);
  }
  if (conn.state == Conn::State::closed) return;
  if (conn.state == Conn::State::parting && !may_have_output(conn)) {
    network_.shutdown_send(conn.socket);
    conn.state = Conn::State::half_closed;
  }
  if (!conn.blocked && has_output(conn, now_ms)) mark_dirty(conn);
  arm(conn, now_ms);
}

/// The protocol found, while it wrote, that the connection is over.
void Shard::on_output_failed(Conn& conn, std::uint32_t now_ms) {
  const Reason reason = conn.two.failure();
  if (reason == Reason::size) {
    log(LogLevel::error, name_of(conn) + ": line " + std::to_string(conn.link->numbers.base) +
                             " or one behind it is longer than the " + std::to_string(conn.two.peer_max_payload()) +
                             " bytes that the client receives: drop it, or raise the client's max_line");
  } else {
    log(LogLevel::warning, name_of(conn) + ": closed, " + to_string(reason));
  }
  part(conn, reason, now_ms);
}

/// False: the socket takes no more now, or is gone. What it did not take is kept in front of everything else.
bool Shard::send_bytes(Conn& conn, const char* data, std::size_t size, std::uint32_t now_ms) {
  const std::ptrdiff_t count = network_.send(conn.socket, data, size);
  if (count == Network::broken) {
    close(conn, Reason::peer_closed);
    return false;
  }
  const std::size_t sent = count == Network::would_block ? 0 : static_cast<std::size_t>(count);
  if (sent == size) return true;
  conn.extra().unsent.insert(0, data + sent, size - sent);
  conn.blocked = true;
  conn.blocked_since_ms = now_ms;
  return false;
}

// ---- time ---------------------------------------------------------------------------------------

std::uint32_t Shard::deadline_of(const Conn& conn) const {
  const std::uint32_t timeout = options_.receive.timeout_ms;
  std::uint32_t deadline = conn.since_ms + timeout;
  if (conn.state == Conn::State::protocol_2) {
    deadline = conn.opening ? conn.two.silent_at_ms() : conn.two.deadline_ms();
  }
  if (conn.state == Conn::State::protocol_1 && !conn.opening) deadline = conn.one->deadline_ms(*conn.link->numbers_1);
  if (conn.state == Conn::State::parting || conn.state == Conn::State::half_closed) {
    return conn.since_ms + timeout;
  }
  if (conn.blocked) {
    // Status lines are due and can't go: only silence and the block itself count.
    deadline = conn.blocked_since_ms + timeout;
    if (conn.state == Conn::State::protocol_2) deadline = earlier(deadline, conn.two.silent_at_ms());
  }
  if (stopping_) deadline = earlier(deadline, stop_deadline_ms_);
  return deadline;
}

/// Timers are lazy: a deadline that moved away is looked at again when the old one fires.
void Shard::arm(Conn& conn, std::uint32_t now_ms) {
  if (conn.state == Conn::State::free || conn.state == Conn::State::closed) return;
  // An empty wheel may have stood still for weeks, longer than times can be compared.
  if (wheel_.empty()) wheel_.advance(now_ms, [](Timer&) {});
  std::uint32_t deadline = deadline_of(conn);
  if (!after(deadline, now_ms)) deadline = now_ms + 1;
  if (conn.armed && !before(deadline, conn.deadline_ms)) return;
  wheel_.arm(conn, deadline);
  attention();
}

void Shard::run_timers(std::uint32_t now_ms) {
  in_batch_ = true;
  wheel_.advance(now_ms, [&](Timer& timer) { on_timer(static_cast<Conn&>(timer), now_ms); });
}

void Shard::on_timer(Conn& conn, std::uint32_t now_ms) {
  const std::uint32_t timeout = options_.receive.timeout_ms;
  if (conn.blocked && now_ms - conn.blocked_since_ms >= timeout) {
    log(LogLevel::warning, name_of(conn) + ": closed, it took no bytes for " + std::to_string(timeout) + " ms");
    close(conn, Reason::blocked);
    return;
  }
  switch (conn.state) {
    case Conn::State::unidentified:
      if (now_ms - conn.since_ms >= timeout) {
        log(LogLevel::warning,
            name_of(conn) + ": closed, it did not say who it is within " + std::to_string(timeout) + " ms");
        close(conn, Reason::silent);
        return;
      }
      break;
    case Conn::State::parting:
    case Conn::State::half_closed:
      if (now_ms - conn.since_ms >= timeout) {
        close(conn, Reason::local_close);
        return;
      }
      break;
    case Conn::State::protocol_1:
    case Conn::State::protocol_2: check_link(conn, now_ms); break;
    case Conn::State::free:
    case Conn::State::closed: return;
  }
  if (stopping_) mark_dirty(conn);
  arm(conn, now_ms);
}

Due Shard::poll_protocol(Conn& conn, std::uint32_t now_ms) {
  if (conn.opening && conn.state == Conn::State::protocol_1) {
    return now_ms - conn.since_ms >= options_.receive.timeout_ms ? Due::silent : Due::nothing;
  }
  if (conn.state == Conn::State::protocol_2) return conn.two.poll(conn.link->numbers, now_ms);
  if (conn.state == Conn::State::protocol_1) {
    return conn.one->poll(*conn.link->numbers_1, conn.link->outbox.lines(), now_ms);
  }
  return Due::nothing;
}

void Shard::check_link(Conn& conn, std::uint32_t now_ms) {
  Due due = poll_protocol(conn, now_ms);
  if (due == Due::silent) {
    // Perhaps it is this side that slept: what is waiting is read before silence is judged.
    read(conn, false, now_ms);
    due = poll_protocol(conn, now_ms);
  }
  if (due == Due::silent) {
    log(LogLevel::info, name_of(conn) + ": nothing heard for " + std::to_string(options_.receive.timeout_ms) + " ms");
    close(conn, Reason::silent);
    return;
  }
  if (due == Due::stalled) log(LogLevel::warning, name_of(conn) + ": peer does not read");
  mark_dirty(conn);
}

}  // namespace tautline
