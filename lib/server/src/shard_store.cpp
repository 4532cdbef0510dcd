// A shard with a store: what happened to a link is collected, submitted as one update per link, and takes effect
// outside (acknowledgement, GO, completed write, line for the application) when the store has it.

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "tautline/core/serial.hpp"
#include "tautline/server/shard.hpp"

namespace tautline {
namespace {

/// One is being committed, one is ready when that is done. More would only make what is in memory grow when the store
/// stands still.
constexpr unsigned max_batches_in_flight = 2;

/// The numbers of protocol 1 as they stand in a record. The layout is this program's: the version tells it.
struct Packed1 {
  static constexpr std::uint32_t current_version = 1;
  std::uint32_t version = current_version;
  std::uint32_t bytes = sizeof(Link1Numbers);
  std::uint32_t arrivals = 0;
  Link1Numbers numbers;
};
static_assert(std::is_trivially_copyable_v<Packed1>);

StoredNumbers numbers_of(const Link& link) {
  StoredNumbers numbers;
  numbers.generation = link.numbers.generation;
  numbers.sid = link.numbers.sid;
  numbers.epoch = link.numbers.epoch;
  numbers.epoch_known = link.numbers.epoch_known;
  numbers.rx = link.numbers.rx;
  numbers.base = link.base();
  numbers.next = link.next() + link.store->writing;
  numbers.peer_max_payload = link.peer_max_payload;
  numbers.protocol = link.protocol;
  if (link.numbers_1) {
    Packed1 packed;
    packed.arrivals = link.store->arrivals_1;
    packed.numbers = *link.numbers_1;
    numbers.protocol_1.assign(reinterpret_cast<const char*>(&packed), sizeof packed);
  }
  return numbers;
}

void put(std::string& text, std::uint32_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  text.append(bytes, sizeof bytes);
}

std::string with_identity(const InboxLine& line) {
  std::string text;
  text.reserve(identity_bytes + line.payload.size());
  put(text, line.sid);
  put(text, line.epoch);
  put(text, line.seq);
  return text.append(line.payload);
}

}  // namespace

Link::Link() = default;

std::unique_ptr<Link> Link::make(std::string_view id) {
  static_assert(max_id_bytes <= 255, "id_bytes is one byte");
  void* const memory = ::operator new(sizeof(Link) + id.size());
  std::unique_ptr<Link> link(new (memory) Link);
  link->id_bytes = static_cast<std::uint8_t>(id.copy(static_cast<char*>(memory) + sizeof(Link), id.size()));
  return link;
}

Link::~Link() = default;

bool Link::is_acknowledged(std::uint32_t seq) const {
  if (store) return before(seq, store->stored_base);  // in protocol 1 that is: with all lines before it
  return numbers_1 ? numbers_1->is_acknowledged(seq) : before(seq, numbers.base);
}

std::uint32_t Link::unstored() const {
  return store ? store->receiving + store->writing : 0;
}

LineIdentity Shard::line_identity(Link& link) const {
  if (!link.store || !link.handed_out || link.inbox.front_tag() != tag_qos) return {};
  std::uint32_t numbers[3];
  static_assert(sizeof numbers == identity_bytes);
  std::memcpy(numbers, link.inbox.front().data(), sizeof numbers);
  return {numbers[0], numbers[1], numbers[2]};
}

// ---- from the shard to the store ----------------------------------------------------------------

/// The link has something for the store.
void Shard::note(Link& link, bool urgent) {
  LinkStore& store = *link.store;
  if (!store.owned && !store.claiming) return;
  changes_urgent_ = changes_urgent_ || urgent;
  if (!store.changed) {
    store.changed = true;
    changed_.push_back(&link);
  }
  attention();
}

void Shard::receive_into_store(Conn& conn, std::string_view payload) {
  Link& link = *conn.link;
  LinkStore& store = *link.store;
  InboxLine line;
  line.sid = link.numbers.sid;
  line.payload = payload;
  if (conn.one) {
    line.seq = ++store.arrivals_1;
    conn.one->accept(*link.numbers_1);
    conn.one->hold_acknowledgements();
  } else {
    line.epoch = link.numbers.epoch;
    line.seq = link.numbers.rx + 1;
    conn.two.accept(link.numbers);
  }
  store.update.received.push_back(std::move(line));
  ++store.receiving;
  note(link, true);
}

std::uint32_t Shard::write_into_store(Link& link, std::string_view payload, std::uint8_t tag, bool wait) {
  LinkStore& store = *link.store;
  const std::uint32_t seq = link.next() + store.writing;
  store.update.written.push_back({seq, tag, unix_seconds(), std::string(payload)});
  ++store.writing;
  store.writing_bytes += payload.size();
  if (wait) store.waited_before = seq + 1;
  note(link, true);
  return seq;
}

bool Shard::accept_line(Link& link, StoreEffect effect) {
  const bool has_identity = link.store && link.handed_out && link.inbox.front_tag() == tag_qos;
  if (!has_identity || link.store->effect_pending || !link.store->owned) return false;
  link.store->effect_pending = true;
  link.store->update.effect = std::move(effect);
  note(link, true);
  return true;
}

/// Did the protocol change what fences, without opening a connection?
bool Shard::numbers_changed(const Link& link) {
  return link.store->generation != link.numbers.generation || link.store->sid != link.numbers.sid;
}

void Shard::submit_changes(bool all) {
  if (changed_.empty()) return;
  const bool urgent = changes_urgent_ || stopping_ || all;
  if (!all && batches_in_flight_ >= (urgent ? max_batches_in_flight : 1U)) return;
  std::vector<LinkUpdate> batch;
  batch.reserve(changed_.size());
  std::vector<Link*> held;
  for (Link* const link : changed_) {
    LinkStore& store = *link->store;
    if (!store.changed) continue;
    // Another server may have taken the link with the very generation that is on its way. What follows would then pass
    // for that server's: it waits until the generation is known to be ours.
    if (before(store.answered, store.generation_update)) {
      held.push_back(link);
      continue;
    }
    store.changed = false;
    LinkUpdate update = std::exchange(store.update, LinkUpdate{});
    update.id = link->id();
    update.numbers = numbers_of(*link);
    update.create = !store.recorded;
    update.expected_generation = store.generation;
    update.expected_sid = store.sid;
    update.expected_next = update.numbers.next - static_cast<std::uint32_t>(update.written.size());
    store.recorded = true;
    store.generation = update.numbers.generation;
    store.sid = update.numbers.sid;
    ++store.submitted;
    if (update.create || update.numbers.generation != update.expected_generation) {
      store.generation_update = store.submitted;
    }
    batch.push_back(std::move(update));
  }
  changed_ = std::move(held);
  changes_urgent_ = changes_urgent_ && !changed_.empty();
  if (batch.empty()) return;
  ++batches_in_flight_;
  store_->submit(std::move(batch), urgent);
}

// ---- from the store to the shard ----------------------------------------------------------------

void Shard::on_stored(std::vector<LinkUpdate> batch, std::vector<UpdateResult> results, std::uint32_t now_ms) {
  in_batch_ = true;
  --batches_in_flight_;
  submit_changes();  // the store goes on with the next batch while this one's results are told
  answers_.push_back({std::move(batch), std::move(results), 0});
  run_answers(now_ms);
}

/// What the application does when it is told may throw; then the next call goes on behind that.
void Shard::run_answers(std::uint32_t now_ms) {
  while (!answers_.empty()) {
    Answers& answers = answers_.front();
    while (answers.next < answers.batch.size()) on_answer(answers, now_ms);
    answers_.pop_front();
  }
}

/// One step of one link's answer. Each tells the application at most once.
void Shard::on_answer(Answers& answers, std::uint32_t now_ms) {
  constexpr unsigned last_step = 4;
  const std::size_t i = answers.next;
  const unsigned step = answers.step;
  answers.step = step == last_step ? 0 : step + 1;
  if (step == last_step) ++answers.next;
  Link* const link = find(answers.batch[i].id);
  if (link == nullptr) return;
  if (step == 0) {
    answers.applied = answers.lines_came = false;
    take_result(*link, answers, i, now_ms);
  }
  if (!answers.applied) return;
  if (step == 1) observer_.lines_stored(*link);
  if (step == 2 && answers.lines_came) observer_.lines_arrived(*link);
  if (step == 3 && answers.batch[i].effect) finish_effect(*link, answers.results[i]);
  if (step == 4) finish_opening(*link, now_ms);
}

void Shard::take_result(Link& link, Answers& answers, std::size_t i, std::uint32_t now_ms) {
  LinkStore& store = *link.store;
  ++store.answered;
  if (store.ignored != 0) {
    --store.ignored;
  } else if (!answers.results[i].applied) {
    lose_record(link, answers.results[i], now_ms);
  } else {
    answers.applied = true;
    answers.lines_came = apply(link, answers.batch[i]);
  }
}

/// What the update said is durable now. True: there are lines that the application could not have before.
bool Shard::apply(Link& link, const LinkUpdate& update) {
  LinkStore& store = *link.store;
  const bool regained = !std::exchange(store.owned, true);
  store.claiming = false;
  for (const InboxLine& line : update.received) link.inbox.push(with_identity(line), tag_qos);
  store.receiving -= static_cast<std::uint32_t>(update.received.size());
  for (const OutboxLine& line : update.written) {
    link.outbox.push(line.payload, line.tag);
    store.writing_bytes -= line.payload.size();
    if (link.numbers_1) {
      ++link.numbers_1->next;
    } else {
      ++link.numbers.next;
    }
    if (options_.outbox_max_age_s != 0) remember_age(link, line.written_at);
  }
  store.writing -= static_cast<std::uint32_t>(update.written.size());
  store.stored_epoch = update.numbers.epoch;
  store.stored_rx = update.numbers.rx;
  store.stored_base = update.numbers.base;
  if (link.numbers.ack != link.numbers.rx) grant_credit(link);
  if (Conn* const conn = link.conn) {
    if (conn->one && store.receiving == 0) conn->one->release_acknowledgements();
    if (stopping_ || may_have_output(*conn)) mark_dirty(*conn);
  }
  return !update.received.empty() || regained;
}

void Shard::finish_effect(Link& link, const UpdateResult& result) {
  link.store->effect_pending = false;
  if (!result.effect_error && link.handed_out) {
    link.handed_out = false;
    pop_taken(link);
  }
  observer_.effect_done(link, result.effect_error, false);
}

// ---- a connection opens (H4) --------------------------------------------------------------------

/// The GO is sent, or the first line to a client of protocol 1, when the record has the generation. If another server
/// has the link, the record becomes ours if what we know of it is current; if not, we learn that, and it becomes ours
/// with the client's next attempt.
void Shard::wait_for_store(Conn& conn, std::uint32_t now_ms) {
  Link& link = *conn.link;
  LinkStore& store = *link.store;
  end_opening(link, now_ms);
  store.claiming = !store.owned;
  note(link, true);
  store.opening = &conn;
  store.opening_serial = conn.serial;
  store.opening_update = store.submitted + 1;
  conn.opening = true;
}

/// The connection that waits for the store; null if there is none, or it is gone.
Conn* Shard::opening_of(const Link& link) {
  Conn* const conn = link.store ? link.store->opening : nullptr;
  return conn != nullptr && conn->opening && conn->serial == link.store->opening_serial ? conn : nullptr;
}

void Shard::end_opening(Link& link, std::uint32_t now_ms) {
  Conn* const conn = opening_of(link);
  link.store->opening = nullptr;
  if (conn != nullptr) part(*conn, Reason::superseded, now_ms);
}

void Shard::finish_opening(Link& link, std::uint32_t now_ms) {
  LinkStore& store = *link.store;
  if (store.opening == nullptr || before(store.answered, store.opening_update)) return;
  Conn* const conn = opening_of(link);
  store.opening = nullptr;
  if (conn == nullptr) return;
  conn->opening = false;
  if (conn->state == Conn::State::protocol_1 && link.numbers_1) {
    go_1(*conn, now_ms);
  } else if (conn->two.generation() == link.numbers.generation) {
    go(*conn, now_ms);
  } else {
    part(*conn, Reason::superseded, now_ms);  // another connection has used up its generation (H7)
  }
  if (conn->state == Conn::State::protocol_1 || conn->state == Conn::State::protocol_2) resume_reading(*conn);
}

// ---- the record, and who owns it ----------------------------------------------------------------

void Shard::clear_lines(Link& link) {
  while (!link.inbox.empty()) link.inbox.pop_front();
  while (!link.outbox.empty()) link.outbox.pop_front();
  link.handed_out = false;
  ages_.erase(&link);
}

/// Makes the link what the record says.
void Shard::take_record(Link& link, const StoredLink& record) {
  LinkStore& store = *link.store;
  const StoredNumbers& stored = record.numbers;
  clear_lines(link);
  LinkNumbers& numbers = link.numbers;
  numbers.generation = store.generation = stored.generation;
  numbers.sid = store.sid = stored.sid;
  numbers.sid_known = true;
  numbers.epoch = store.stored_epoch = stored.epoch;
  numbers.epoch_known = stored.epoch_known;
  // All that is stored may be acknowledged. Less than was acknowledged before must not be: the client would take this
  // for another record.
  numbers.rx = numbers.ack = store.stored_rx = stored.rx;
  numbers.next = stored.next;
  numbers.base = stored.next - static_cast<std::uint32_t>(record.outbox.size());
  if (numbers.base != stored.base) {
    log(LogLevel::error, "client '" + std::string(link.id()) + "': its record names " +
                             std::to_string(stored.next - stored.base) + " lines in the outbox and has " +
                             std::to_string(record.outbox.size()) + ": check the store (tautline store FILE check)");
  }
  store.stored_base = numbers.base;
  link.peer_max_payload = stored.peer_max_payload;
  link.protocol = stored.protocol;
  link.numbers_1.reset();
  Packed1 packed;
  if (stored.protocol_1.size() == sizeof packed) {
    std::memcpy(&packed, stored.protocol_1.data(), sizeof packed);
    if (packed.version == Packed1::current_version && packed.bytes == sizeof(Link1Numbers)) {
      link.numbers_1 = std::make_unique<Link1Numbers>(packed.numbers);
      link.numbers_1->next = numbers.next;
      link.numbers_1->base = numbers.base;
      store.arrivals_1 = packed.arrivals;
    }
  }
  for (const InboxLine& line : record.inbox) link.inbox.push(with_identity(line), tag_qos);
  std::uint32_t seq = numbers.base;
  for (const OutboxLine& line : record.outbox) {
    link.outbox.push(line.payload, line.tag);
    ++seq;
    if (options_.outbox_max_age_s != 0) ages_[&link].push_back({seq, line.written_at});
  }
  store.recorded = true;
}

void Shard::restore(const std::vector<StoredLink>& links) {
  for (const StoredLink& record : links) {
    std::unique_ptr<Link> made = make_link(record.id);
    take_record(*made, record);
    links_.insert(std::move(made));
  }
}

/// The condition of an update did not hold: somebody else has written, and this server may acknowledge nothing more.
void Shard::lose_record(Link& link, const UpdateResult& result, std::uint32_t now_ms) {
  LinkStore& store = *link.store;
  log(LogLevel::warning,
      "client '" + std::string(link.id()) + "': " +
          (result.current ? "another server with the same store has taken the link over"
                          : "its record was dropped from the store, with all its lines: the link starts anew"));
  observer_.link_taken_over(link);
  store.ignored = store.submitted - store.answered;
  store.update = LinkUpdate{};
  store.changed = false;  // it may still stand in changed_
  store.receiving = store.writing = 0;
  store.writing_bytes = 0;
  const bool effect_lost = std::exchange(store.effect_pending, false);
  store.owned = store.claiming = false;
  if (result.current) {
    take_record(link, *result.current);
  } else {
    clear_lines(link);
    const std::uint32_t generation = link.numbers.generation + 1;
    link.numbers = LinkNumbers{};
    link.numbers.generation = later(generation, options_.first_generation);
    link.numbers.sid = entropy_(entropy_context_);
    link.numbers.sid_known = true;
    link.numbers_1.reset();
    store.stored_rx = store.stored_epoch = 0;
    store.stored_base = store.waited_before = 1;
    store.recorded = false;
    store.owned = true;
  }
  // Told last: what the application does when it hears of it must find the link as it is from here.
  if (effect_lost) observer_.effect_done(link, nullptr, true);
  end_opening(link, now_ms);
  if (link.conn != nullptr) part(*link.conn, Reason::superseded, now_ms);
}

}  // namespace tautline
