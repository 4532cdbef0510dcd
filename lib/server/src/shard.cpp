#include "tautline/server/shard.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

#include "tautline/core/serial.hpp"

namespace tautline {
namespace {

constexpr std::size_t input_bytes = 64 * 1024;
constexpr std::size_t output_bytes = 64 * 1024;
constexpr std::uint32_t longest_max_payload = 32 * 1024;
static_assert(output_bytes >= longest_max_payload + max_line_overhead);
static_assert(input_bytes >= longest_max_payload + max_line_overhead);

/// Bytes of qos=False lines that may wait for a socket that takes nothing.
constexpr std::size_t max_unsent_plain_bytes = 64 * 1024;

}  // namespace

std::string check_options(const ShardOptions& options) {
  const ReceiveLimits& receive = options.receive;
  if (receive.window < min_window || receive.window > max_window) return "window must be 1 to 1024";
  if (receive.max_payload < min_payload_limit || receive.max_payload > longest_max_payload) {
    return "max_line must be 32 to 32768 bytes";
  }
  if (receive.timeout_ms < 40 || receive.timeout_ms > 3'600'000) return "timeout must be 40 ms to 1 hour";
  if (options.inbox_lines < 2 * receive.window) return "inbox_lines must be at least twice the window";
  if (options.outbox_lines == 0 || options.outbox_bytes < receive.max_payload) {
    return "the outbox must hold at least one line of max_line bytes";
  }
  if (options.max_links == 0) return "max_links must be at least 1";
  if (options.max_connections == 0) return "max_connections must be at least 1";
  if (options.max_unidentified == 0) return "max_unidentified must be at least 1";
  for (const std::string& id : options.expected) {
    if (looks_like_hello(id)) return "the id '" + id + "' looks like a protocol greeting: choose another";
    if (!is_valid_id(id)) return "the id '" + id + "' is not 1 to 32 of letters, digits and -_./:";
  }
  return {};
}

Shard::Shard(ShardOptions options, Network& network, ShardObserver& observer, Entropy entropy, void* entropy_context,
             std::uint32_t now_ms, ShardStore* store)
    : options_(std::move(options)),
      network_(network),
      observer_(observer),
      entropy_(entropy),
      entropy_context_(entropy_context),
      store_(store),
      wheel_(now_ms),
      input_(input_bytes),
      output_(output_bytes) {
  std::sort(options_.expected.begin(), options_.expected.end());
}

Shard::~Shard() {
  for_each_conn([this](const Conn& conn) {
    if (conn.socket >= 0) network_.close(conn.socket);
  });
}

// ---- registry -----------------------------------------------------------------------------------

bool Shard::is_expected(std::string_view id) const {
  return std::binary_search(options_.expected.begin(), options_.expected.end(), id, std::less<>());
}

Link* Shard::find(std::string_view id) {
  return links_.find(id);
}

bool Shard::may_connect(std::string_view id) const {
  return is_expected(id) || (options_.admit_unexpected && is_valid_id(id) && !looks_like_hello(id));
}

Link* Shard::find_or_create(std::string_view id) {
  if (Link* const link = find(id)) return link;
  if (!may_connect(id) || links_.size() >= options_.max_links) return nullptr;
  return &links_.insert(make_link(id));
}

/// The record of a stranger's connection joins the others now, if no other connection has made one meanwhile.
bool Shard::adopt_provisional(Conn& conn) {
  if (!conn.held || !conn.held->provisional) return true;
  if (find(conn.link->id()) != nullptr || links_.size() >= options_.max_links) return false;
  links_.insert(std::move(conn.held->provisional));
  conn.release_extra();
  return true;
}

std::unique_ptr<Link> Shard::make_link(std::string_view id) {
  auto link = Link::make(id);
  link->numbers.generation = options_.first_generation;
  link->numbers.sid = entropy_(entropy_context_);
  link->numbers.sid_known = true;
  if (store_ != nullptr) link->store = std::make_unique<LinkStore>();
  return link;
}

// ---- lines --------------------------------------------------------------------------------------

std::uint32_t Shard::max_payload(const Link& link) const {
  const std::uint32_t own = options_.receive.max_payload;
  return link.peer_max_payload == 0 ? own : std::min(own, link.peer_max_payload);
}

Shard::Written Shard::write(Link& link, std::string_view line, WriteOptions options) {
  const std::string_view payload = without_final_newline(line);
  const std::uint32_t limit = max_payload(link);
  const WriteStatus status = link.protocol == 1 ? wire_1::check_payload(payload, limit) : check_payload(payload, limit);
  if (status != WriteStatus::ok) return {status, 0};
  if (stopping_) return {WriteStatus::closed, 0};
  if (link.store && !link.store->owned) return {WriteStatus::taken_over, 0};

  Conn* const conn = link.conn;
  if (!options.qos && conn == nullptr) return {WriteStatus::would_block, 0};
  if (!options.qos && link.protocol == 2) {
    std::string& unsent = conn->extra().unsent;
    if (unsent.size() > max_unsent_plain_bytes) return {WriteStatus::would_block, 0};
    unsent.append("U ").append(payload).push_back('\n');
    mark_dirty(*conn);
    return {WriteStatus::ok, 0};
  }
  if (!make_room(link, payload.size())) return {WriteStatus::would_block, 0};

  std::uint8_t tag = tag_qos;
  if (link.numbers_1) tag = !options.qos ? tag_1::plain : options.wait ? tag_1::ordered : std::uint8_t{0};
  // A line given up takes no wire number. After a kill the numbers must come out the same: none is given up.
  if (link.store && !options.qos) tag = tag_qos;
  if (link.store) return {WriteStatus::ok, write_into_store(link, payload, tag, options.wait)};
  link.outbox.push(payload, tag);
  const std::uint32_t seq = link.numbers_1 ? link.numbers_1->next++ : link.numbers.next++;
  if (options_.outbox_max_age_s != 0) remember_age(link, unix_seconds());
  if (conn != nullptr && may_have_output(*conn)) mark_dirty(*conn);
  return {WriteStatus::ok, seq};
}

bool Shard::next_line(Link& link, std::string_view& line) {
  if (link.store && (link.store->effect_pending || !link.store->owned)) return false;
  accept_line(link);
  if (link.inbox.empty()) return false;
  line = link.inbox.front();
  if (link.store && link.inbox.front_tag() == tag_qos) line.remove_prefix(identity_bytes);
  link.handed_out = true;
  return true;
}

void Shard::accept_line(Link& link) {
  if (!link.handed_out || (link.store && link.store->effect_pending)) return;
  link.handed_out = false;
  if (link.store && link.inbox.front_tag() == tag_qos) {
    ++link.store->update.consumed;
    note(link, false);
  }
  pop_taken(link);
}

/// The front of the inbox is dealt with: there is room for another line.
void Shard::pop_taken(Link& link) {
  link.inbox.pop_front();
  if (link.numbers.ack != link.numbers.rx) grant_credit(link);
  Conn* const conn = link.conn;
  if (conn == nullptr) return;
  if (conn->paused && !reading_paused(*conn)) resume_reading(*conn);
  if (stopping_ || may_have_output(*conn)) mark_dirty(*conn);
}

// ---- connections --------------------------------------------------------------------------------

std::string Shard::name_of(const Conn& conn) const {
  const std::string peer = conn.socket >= 0 ? network_.peer_name(conn.socket) : "a closed socket";
  return conn.link != nullptr ? "client '" + std::string(conn.link->id()) + "' at " + peer : peer;
}

Conn* Shard::accepted(int socket, std::uint32_t now_ms) {
  in_batch_ = true;
  if (stopping_ || open_connections_ >= options_.max_connections) {
    // Nothing may be said before the peer has said which protocol it speaks: refusal is a close.
    log(LogLevel::warning, network_.peer_name(socket) + (stopping_ ? ": refused, the server is stopping"
                                                                   : ": refused, max_connections are open"));
    network_.close(socket);
    return nullptr;
  }
  make_room_for_unidentified();
  if (free_.empty()) {
    conns_.push_back(std::make_unique<ConnBlock>());
    for (Conn& fresh : *conns_.back()) free_.push_back(&fresh);
  }
  Conn& conn = *free_.back();
  free_.pop_back();
  conn.socket = socket;
  conn.state = Conn::State::unidentified;
  conn.since_ms = now_ms;
  conn.serial = next_serial_++;
  ++open_connections_;
  unidentified_.emplace_back(&conn, conn.serial);
  arm(conn, now_ms);
  if (options_.verbose) log(LogLevel::debug, name_of(conn) + ": connected");
  return &conn;
}

/// Connections that never say who they are must not keep others out: the oldest makes room.
void Shard::make_room_for_unidentified() {
  const auto is_current = [](const std::pair<Conn*, std::uint32_t>& entry) {
    return entry.first->serial == entry.second && entry.first->state == Conn::State::unidentified;
  };
  while (!unidentified_.empty() && !is_current(unidentified_.front())) unidentified_.pop_front();
  if (unidentified_.size() < options_.max_unidentified) return;
  // Entries behind the front may be out of date too; then there is more room than it seems.
  unidentified_.erase(
      std::remove_if(unidentified_.begin(), unidentified_.end(), [&](const auto& entry) { return !is_current(entry); }),
      unidentified_.end());
  if (unidentified_.size() < options_.max_unidentified) return;
  Conn& oldest = *unidentified_.front().first;
  unidentified_.pop_front();
  log(LogLevel::warning, name_of(oldest) + ": closed, max_unidentified connections have not said who they are");
  close(oldest, Reason::busy);
}

/// The link that goes down with this connection, or null. The caller tells the observer when it is done with the
/// connection: the application may close everything from there.
Link* Shard::detach(Conn& conn, Reason reason) {
  Link* const link = conn.link;
  if (link == nullptr || link->conn != &conn) return nullptr;
  link->conn = nullptr;
  log(LogLevel::info, name_of(conn) + ": link down, " + to_string(reason));
  return link;
}

void Shard::close(Conn& conn, Reason reason) {
  if (conn.state == Conn::State::closed || conn.state == Conn::State::free) return;
  Link* const link = detach(conn, reason);
  wheel_.disarm(conn);
  network_.close(conn.socket);
  conn.socket = -1;
  conn.opening = false;  // its GO may be on its way to the store: no link comes up with it
  conn.state = Conn::State::closed;
  --open_connections_;
  closed_.push_back(&conn);
  attention();
  if (link != nullptr) observer_.link_down(*link, reason);
}

/// Ends the connection with a BYE where the protocol has one: the line is sent, then FIN, and what the peer still sends
/// is read until it closes. (A close with unread input would send RST, which may destroy the BYE on its way.)
void Shard::part(Conn& conn, Reason reason, std::uint32_t now_ms) {
  const Conn::State state = conn.state;
  if (state == Conn::State::parting || state == Conn::State::half_closed) return;
  if (state == Conn::State::closed || state == Conn::State::free) return;
  const bool say_why = conn.greeted && reason >= Reason::version;
  // The last acknowledgements of protocol 1 must arrive too, or its lines come again after a restart.
  const bool let_it_read = reason == Reason::closing && state == Conn::State::protocol_1;
  if (!say_why && !let_it_read) {
    close(conn, reason);
    return;
  }
  if (conn.link != nullptr) {
    conn.two.fail(reason);  // its BYE comes with the next produce(), if it has not come already
  } else {
    char bye[wire_2::max_bye_bytes];
    const char* const end = wire_2::put_bye(bye, reason);
    conn.extra().unsent.assign(bye, static_cast<std::size_t>(end - bye));
  }
  Link* const link = detach(conn, reason);
  conn.opening = false;
  conn.state = Conn::State::parting;
  conn.since_ms = now_ms;
  arm(conn, now_ms);
  mark_dirty(conn);
  if (link != nullptr) observer_.link_down(*link, reason);
}

void Shard::release_closed() {
  for (Conn* const conn : closed_) {
    const std::uint32_t serial = conn->serial;
    *conn = Conn{};
    conn->serial = serial;
    free_.push_back(conn);
  }
  closed_.clear();
}

// ---- stopping -----------------------------------------------------------------------------------

void Shard::close_all(std::uint32_t now_ms) {
  for_each_conn([&](Conn& conn) {
    part(conn, Reason::closing, now_ms);
    if (conn.state == Conn::State::parting) flush(conn, now_ms);
    close(conn, Reason::closing);
  });
}

void Shard::begin_stop(std::uint32_t now_ms) {
  if (stopping_) return;
  stopping_ = true;
  stop_deadline_ms_ = now_ms + options_.receive.timeout_ms;
  for_each_conn([&](Conn& conn) { part_if_finished(conn, now_ms); });
  for_each_conn([&](Conn& conn) {
    if (conn.paused) resume_reading(conn);
    if (conn.state != Conn::State::free && conn.state != Conn::State::closed) arm(conn, now_ms);
  });
  attention();
}

/// Stopping: is there anything left to do on this connection?
void Shard::part_if_finished(Conn& conn, std::uint32_t now_ms) {
  if (conn.state == Conn::State::unidentified || (conn.link != nullptr && conn.link->conn != &conn)) {
    part(conn, Reason::closing, now_ms);
    return;
  }
  const bool in_protocol = conn.state == Conn::State::protocol_1 || conn.state == Conn::State::protocol_2;
  if (!in_protocol || conn.link == nullptr) return;
  // What the application has not read stays in the store, if there is one.
  const bool read = store_ != nullptr ? conn.link->unstored() == 0 : conn.link->unread() == 0;
  const bool finished = conn.link->outbox.empty() && read;
  if (!finished && before(now_ms, stop_deadline_ms_)) return;
  if (conn.state == Conn::State::protocol_2) conn.two.request_status();
  flush(conn, now_ms);  // the last acknowledgement goes before the BYE
  part(conn, Reason::closing, now_ms);
}

StopReport Shard::stop_report() const {
  StopReport report;
  links_.for_each([&](const Link& link) {
    report.unacknowledged += link.outbox.size();
    report.unread += link.unread();
    if (link.connects != 0 && !link.parted && store_ == nullptr) ++report.not_parted;
  });
  return report;
}

}  // namespace tautline
