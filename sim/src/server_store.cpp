// What a store changes for the server's application: lives of the server continue each other.

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "server_process.hpp"
#include "tautline/core/serial.hpp"
#include "world.hpp"

namespace tautline::sim {
namespace {

/// More than an inbox holds: only lines that were in it can come again.
constexpr std::size_t max_handled = 1000;

}  // namespace

/// What the last life had done, and was killed before it heard of.
void ServerProcess::learn_deeds(Session& session) {
  session.deed_pending = false;
  for (const Deed& deed : store_->deeds(id_of(session), session.deeds)) done(session, deed);
}

void ServerProcess::done(Session& session, const Deed& deed) {
  ++session.deeds;
  ++context_.model->counters.effects;
  context_.model->read(session.reader, id_of(session), true, deed.line);
  session.handled.push_back({deed.identity, std::hash<std::string_view>{}(deed.line), session.readings, true});
  if (session.handled.size() > max_handled) session.handled.pop_front();
}

void ServerProcess::effect_done(Link& link, const std::exception_ptr& error, bool taken_over) {
  Session& session = session_of(link);
  session.deed_pending = false;
  if (taken_over) return;  // the line comes again
  try {
    if (error) std::rethrow_exception(error);
    done(session, session.deed);
  } catch (const DoneTwice& again) {
    violated(Broken::duplicated, "link %u: %s is dealt with twice", id_of(session), again.what());
  } catch (const Violation&) {
    throw;
  } catch (const std::runtime_error& problem) {
    context_.trace("link %u: cannot write down: %s", id_of(session), problem.what());
    session.deed_pending = shard_->accept_line(link, store_->effect(id_of(session), session.deed));
    return;
  }
  read_lines(session);
}

/// A new life of the server finds this link in the store, or not yet.
void ServerProcess::resume(std::uint32_t id) {
  Session& session = sessions_[id];
  session.link = shard_->find_or_create(id_name(id));
  session.link->user = &session;
  session.socket = -1;
  session.reading_paused = session.open_at_stop = session.closed_in_order = false;
  session.writes_down = context_.random.permille(400);
  ++session.readings;
  // What the store does not have was never sent: the application, which awaits write(), writes it again.
  context_.model->forget_unstored(session.stream, session.link->next() - session.first_seq);
  const std::uint32_t removed = session.link->base() - session.first_seq;
  const std::uint32_t acked = context_.model->stream(session.stream).acked;
  if (removed < acked) {
    violated(Broken::early, "link %u: write %u had returned, the store has removed %u lines", id, acked, removed);
  }
  lines_acknowledged(*session.link);
  read_lines(session);
}

/// Another server took the record over: of what is not stored nothing will be sent.
void ServerProcess::link_taken_over(Link& link) {
  Session& session = session_of(link);
  context_.trace("link %u is another server's", id_of(session));
  context_.model->forget_unstored(session.stream, link.next() - session.first_seq);
  ++session.readings;
}

void ServerProcess::on_stored() {
  if (!shard_ || !store_ || busy()) return;
  while (auto finished = store_->take_finished()) {
    shard_->on_stored(std::move(finished->batch), std::move(finished->results), clock());
    end_batch();
  }
}

ServerProcess::Handled* ServerProcess::find_handled(Session& session, const LineIdentity& identity) {
  std::deque<Handled>& handled = session.handled;
  if (handled.empty()) return nullptr;
  const LineIdentity& last = handled.back().identity;
  const bool same_life = last.sid == identity.sid && last.epoch == identity.epoch;
  if (same_life && after(identity.seq, last.seq)) return nullptr;
  const auto same = [&identity](const Handled& one) { return one.identity == identity; };
  const auto found = std::find_if(handled.begin(), handled.end(), same);
  return found == handled.end() ? nullptr : &*found;
}

/// The application keeps what it has done together with the line's identity.
bool ServerProcess::was_handled(Session& session, std::string_view line) {
  const LineIdentity identity = shard_->line_identity(*session.link);
  if (identity == LineIdentity{}) return false;
  const std::size_t hash = std::hash<std::string_view>{}(line);
  Handled* const found = find_handled(session, identity);
  if (found == nullptr) {
    session.handled.push_back({identity, hash, session.readings, false});
    if (session.handled.size() > max_handled) session.handled.pop_front();
    return false;
  }
  if (found->hash != hash) {
    violated(Broken::corrupted, "link %u: another line %u of epoch %u", id_of(session), identity.seq, identity.epoch);
  }
  if (found->readings == session.readings || found->for_good) {
    violated(Broken::duplicated, "link %u: line %u of epoch %u is handed out again", id_of(session), identity.seq,
             identity.epoch);
  }
  found->readings = session.readings;
  ++context_.model->counters.handed_again;
  return true;
}

std::uint32_t ServerProcess::acknowledged_for_good(Session& session) {
  released(id_of(session));
  std::uint32_t acked = context_.model->stream(session.stream).acked;
  while (session.link->is_acknowledged(session.first_seq + acked)) ++acked;
  return acked;
}

std::uint32_t ServerProcess::released(std::uint32_t id) {
  Session& session = sessions_[id];
  if (!store_) return context_.model->stream(session.stream).acked;
  // The store may know less, and what is read from it sets the link back.
  if (session.link != nullptr) session.released = std::max(session.released, session.link->base() - session.first_seq);
  return session.released;
}

}  // namespace tautline::sim
