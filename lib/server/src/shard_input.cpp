// What a shard does with received bytes: identify the client, run the protocol, fill the inbox.

#include <algorithm>
#include <string>

#include "tautline/core/first_line.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/server/shard.hpp"

namespace tautline {
namespace {

/// A line of a stranger as it may stand in a log: bounded and printable.
std::string printable(std::string_view text) {
  std::string shown(text.substr(0, 48));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown + (text.size() > 48 ? "..." : "");
}

bool is_blank(std::string_view line) {
  return line.empty() || line == "\r";
}

/// The new connection counts from the present front of the outbox: nothing is dropped there.
class Replacing {
 public:
  explicit Replacing(Link& link) : link_(link) { link_.replacing = true; }
  ~Replacing() { link_.replacing = false; }
  Replacing(const Replacing&) = delete;
  Replacing& operator=(const Replacing&) = delete;

 private:
  Link& link_;
};

}  // namespace

void Shard::readable(Conn& conn, bool hung_up, std::uint32_t now_ms) {
  in_batch_ = true;
  read(conn, hung_up, now_ms);
}

void Shard::run_unfinished(std::uint32_t now_ms) {
  in_batch_ = true;
  run_answers(now_ms);
  std::vector<Conn*> turn;
  turn.swap(unfinished_);
  for (Conn* const conn : turn) {
    conn->unfinished = false;
    read(*conn, false, now_ms);
  }
}

std::size_t Shard::longest_line(const Conn& conn) const {
  if (conn.state == Conn::State::protocol_1) return options_.receive.max_payload + wire_1::message_overhead - 1;
  const bool open = conn.state == Conn::State::protocol_2 && conn.two.is_open();
  return open ? options_.receive.max_payload + max_line_overhead : max_handshake_bytes;
}

/// Protocol 1 promises nothing about room: its lines are acknowledged one by one, so a full inbox stops the reading.
/// In an orderly stop no line is accepted, but acknowledgements are waited for.
bool Shard::reading_paused(const Conn& conn) const {
  if (conn.opening) return true;
  return conn.state == Conn::State::protocol_1 && !stopping_ && inbox_lines(*conn.link) >= options_.inbox_lines;
}

/// With those that the store does not have yet.
std::uint32_t Shard::inbox_lines(const Link& link) {
  return link.inbox.size() + (link.store ? link.store->receiving : 0);
}

void Shard::resume_reading(Conn& conn) {
  if (conn.unfinished) return;
  conn.unfinished = true;
  unfinished_.push_back(&conn);
  attention();
}

void Shard::read(Conn& conn, bool hung_up, std::uint32_t now_ms) {
  if (conn.state == Conn::State::free || conn.state == Conn::State::closed) return;
  LineBuffer buffer(input_.data(), input_.size());
  if (const std::string_view tail = conn.tail(); !tail.empty()) {
    buffer.commit(tail.copy(buffer.free_space(), tail.size()));
  }
  conn.hung_up = conn.hung_up || hung_up;
  bool more = conn.hung_up;
  if (!reading_paused(conn)) {
    if (conn.paused && conn.one) conn.one->resume(now_ms);
    conn.paused = false;
    const std::size_t room = buffer.free_bytes();
    const std::ptrdiff_t count =
        room == 0 ? Network::would_block : network_.receive(conn.socket, buffer.free_space(), room);
    if (count == Network::ended || count == Network::broken) {
      const bool in_order = count == Network::ended && conn.state == Conn::State::half_closed;
      if (stopping_ && in_order && conn.link != nullptr) conn.link->parted = true;
      close(conn, Reason::peer_closed);
      return;
    }
    if (count > 0) {
      buffer.commit(static_cast<std::size_t>(count));
      more = more || static_cast<std::size_t>(count) == room;
    } else {
      more = false;
    }
  }
  if (!conn.tail().empty()) {
    conn.extra().tail.clear();
    conn.release_extra();
  }
  receive_lines(conn, buffer, now_ms);
  if (conn.state == Conn::State::closed) return;
  const std::string_view rest = buffer.waiting();
  if (!rest.empty() && conn.state != Conn::State::parting && conn.state != Conn::State::half_closed) {
    conn.extra().tail = rest;
  }
  if (more && !conn.unfinished && !conn.paused) {
    conn.unfinished = true;
    unfinished_.push_back(&conn);
  }
}

void Shard::receive_lines(Conn& conn, LineBuffer& buffer, std::uint32_t now_ms) {
  lines_came_ = false;
  run_lines(conn, buffer, now_ms);
  if (conn.link == nullptr) return;
  // Also when the connection ended with this read: the lines before its end are in the inbox. (The size of the inbox
  // tells nothing: an acknowledgement in the same read may have made the application take others.)
  Link& link = *conn.link;
  release_acknowledged(link);
  if (link.numbers.ack != link.numbers.rx) grant_credit(link);
  if (lines_came_) observer_.lines_arrived(link);
  if (conn.state != Conn::State::protocol_1 && conn.state != Conn::State::protocol_2) return;
  if (may_have_output(conn)) mark_dirty(conn);
  arm(conn, now_ms);
}

void Shard::run_lines(Conn& conn, LineBuffer& buffer, std::uint32_t now_ms) {
  // Of one read: a stranger who fills it with them would take milliseconds from everybody else, as often as he likes.
  std::size_t blank_lines = 0;
  std::string_view line;
  while (conn.state != Conn::State::closed && !reading_paused(conn) && buffer.next(line)) {
    if (line.size() > longest_line(conn)) {
      on_overlong(conn, now_ms);
      return;
    }
    switch (conn.state) {
      case Conn::State::unidentified:
        if (is_blank(line) && ++blank_lines > max_handshake_bytes) {
          log(LogLevel::warning, name_of(conn) + ": closed, it sends empty lines instead of a greeting");
          close(conn, Reason::syntax);
          return;
        }
        identify(conn, line, now_ms);
        break;
      case Conn::State::protocol_2:
        if (options_.verbose) log(LogLevel::debug, std::string(conn.link->id()) + " > " + printable(line));
        if (const Link1Numbers* const numbers_1 = conn.link->numbers_1.get()) {
          // Its GO goes on from where protocol 1 is; nothing is given up before the GO is found good.
          conn.link->numbers.base = numbers_1->base;
          conn.link->numbers.next = numbers_1->next;
        }
        on_input(conn, conn.two.receive_from_client(conn.link->numbers, line, now_ms), line, now_ms);
        break;
      case Conn::State::protocol_1:
        if (options_.verbose) log(LogLevel::debug, std::string(conn.link->id()) + " > " + printable(line));
        on_input(conn, conn.one->receive(*conn.link->numbers_1, line, now_ms), line, now_ms);
        break;
      case Conn::State::parting:
      case Conn::State::half_closed: break;  // read only to be thrown away
      case Conn::State::free:
      case Conn::State::closed: return;
    }
  }
  if (conn.state == Conn::State::closed) return;
  if (reading_paused(conn) && !conn.paused) {
    conn.paused = true;
    if (conn.one) conn.one->pause();
  }
  if (!conn.paused && buffer.overlong(longest_line(conn))) on_overlong(conn, now_ms);
}

void Shard::on_overlong(Conn& conn, std::uint32_t now_ms) {
  if (conn.state == Conn::State::parting || conn.state == Conn::State::half_closed) return;
  const bool in_protocol = conn.state == Conn::State::protocol_1 || (conn.link != nullptr && conn.two.is_open());
  if (in_protocol) {
    log_overlong(conn, 0);
  } else {
    log(LogLevel::warning, name_of(conn) + ": closed, a line of its greeting is longer than " +
                               std::to_string(max_handshake_bytes) + " bytes");
  }
  part(conn, Reason::syntax, now_ms);
}

/// `bytes`: of the line, 0 if its end has not come.
void Shard::log_overlong(const Conn& conn, std::size_t bytes) {
  log(LogLevel::warning, name_of(conn) + ": closed, a line " +
                             (bytes == 0 ? "" : "of " + std::to_string(bytes) + " bytes ") +
                             "is longer than the max_line of " + std::to_string(options_.receive.max_payload) +
                             " bytes: send shorter lines, or raise max_line on the server");
}

/// Told at the first and then at powers of two, so that a flood of lines is no flood of messages.
void Shard::drop_plain(Link& link) {
  const std::uint32_t dropped = ++dropped_[&link].plain;
  if ((dropped & (dropped - 1)) != 0) return;
  log(LogLevel::warning, "client '" + std::string(link.id()) + "': the inbox is full, " + std::to_string(dropped) +
                             " line(s) without qos dropped so far: read faster, or raise inbox_lines");
}

// ---- who is it? ---------------------------------------------------------------------------------

void Shard::identify(Conn& conn, std::string_view line, std::uint32_t now_ms) {
  wire_2::Hello hello;
  const FirstLine first = classify_first_line(line, hello);
  if (first == FirstLine::blank) return;
  if (first == FirstLine::protocol_1_id) {
    identify_protocol_1(conn, line, now_ms);
    return;
  }
  conn.greeted = true;
  if (first == FirstLine::other_version) {
    log(LogLevel::warning, name_of(conn) + ": refused, '" + printable(line) + "' is no greeting of a known version");
    part(conn, Reason::version, now_ms);
    return;
  }
  // The record of an expected id may be made at once: there are only so many.
  Link* link = nullptr;
  if (is_expected(hello.id)) {
    link = find_or_create(hello.id);
  } else if (may_connect(hello.id)) {  // the store may have the record of an id that is expected no longer
    link = find(hello.id);
  }
  const bool full = link == nullptr && may_connect(hello.id) && links_.size() >= options_.max_links;
  if (link == nullptr && !full && may_connect(hello.id)) {
    // H2: nothing is written yet. A flood of hellos with made-up ids must not use up max_links.
    conn.extra().provisional = make_link(hello.id);
    link = conn.extra().provisional.get();
  }
  if (link == nullptr) {
    log(LogLevel::warning, name_of(conn) + ": refused, client '" + std::string(hello.id) +
                               (full ? "': max_links records are kept already"
                                     : "' is not expected: add its id to the expected ids, or admit unexpected ones"));
    part(conn, full ? Reason::busy : Reason::id, now_ms);
    return;
  }
  if (link->conn == nullptr) expire_lines(*link);
  conn.link = link;
  conn.state = Conn::State::protocol_2;
  conn.two.start_server(link->numbers, hello, options_.receive, conn.since_ms);
}

/// Lines written before the client's protocol was known may be such that protocol 1 has no form for them.
bool Shard::fits_protocol_1(Link& link) {
  LineQueue& lines = link.outbox.lines();
  for (std::uint32_t i = 0; i < link.outbox.size(); ++i) {
    lines.seek(i);
    if (wire_1::check_payload(lines.at_cursor(), options_.receive.max_payload) != WriteStatus::ok) return false;
  }
  return true;
}

void Shard::identify_protocol_1(Conn& conn, std::string_view id, std::uint32_t now_ms) {
  Link* const link = is_expected(id) ? find_or_create(id) : nullptr;
  const auto& fallback = options_.allow_protocol_1;
  const bool downgrade = link != nullptr && link->protocol == 2 &&
                         std::find(fallback.begin(), fallback.end(), link->id()) == fallback.end();
  if (link == nullptr || downgrade) {
    log(LogLevel::warning,
        name_of(conn) + ": closed, '" + printable(id) +
            (downgrade ? "' has spoken protocol 2 before and is not served as protocol 1: name it in allow_protocol_1"
                       : "' is neither a protocol-2 greeting nor an expected id"));
    close(conn, Reason::id);
    return;
  }
  if (link->conn == nullptr) expire_lines(*link);
  if (!link->numbers_1 && !fits_protocol_1(*link)) {
    log(LogLevel::error, name_of(conn) + ": closed, a line queued for '" + std::string(link->id()) +
                             "' before it connected is empty or not UTF-8, and protocol 1 cannot carry it");
    close(conn, Reason::size);
    return;
  }
  if (!link->numbers_1) {
    link->numbers_1 = std::make_unique<Link1Numbers>();
    link->numbers_1->restart(link->numbers.base, link->outbox.size());
  }
  // The newest connection wins: a device that comes back would else be kept out by its own half-open connection.
  if (link->conn != nullptr) close(*link->conn, Reason::superseded);
  if (conn.state != Conn::State::unidentified) return;  // the application, told of that, closed all
  conn.link = link;
  conn.state = Conn::State::protocol_1;
  conn.one = std::make_unique<Protocol1>();
  link->protocol = 1;
  link->peer_max_payload = 0;
  if (link->store) {
    ++link->numbers.generation;  // fences other servers
    wait_for_store(conn, now_ms);
  } else {
    go_1(conn, now_ms);
  }
}

/// The link of a client of protocol 1 is up. With a store: what may be acknowledged, and sent, is known now.
void Shard::go_1(Conn& conn, std::uint32_t now_ms) {
  conn.one->start_server(*conn.link->numbers_1, options_.receive.timeout_ms, now_ms);
  come_up(conn, now_ms);
}

void Shard::come_up(Conn& conn, std::uint32_t now_ms) {
  Link& link = *conn.link;
  link.conn = &conn;
  ++link.connects;
  log(LogLevel::info, name_of(conn) + ": link up, protocol " + std::to_string(link.protocol));
  release_acknowledged(link);
  observer_.link_up(link);
  wheel_.disarm(conn);  // the deadline of the handshake is later than the first status line
  arm(conn, now_ms);
}

bool Shard::has_plain_slot(const Conn& conn) const {
  return !stopping_ && conn.state == Conn::State::protocol_2 &&
         conn.two.has_plain_slot(conn.link->numbers, inbox_lines(*conn.link), options_.inbox_lines);
}

// ---- what a line means --------------------------------------------------------------------------

void Shard::on_input(Conn& conn, const Input& input, std::string_view line, std::uint32_t now_ms) {
  Link& link = *conn.link;
  switch (input.event) {
    case Event::none:
    case Event::keepalive: break;
    case Event::opened: on_opened(conn, now_ms); break;
    case Event::acknowledged:
      release_acknowledged(link);
      observer_.lines_acknowledged(link);
      if (stopping_) mark_dirty(conn);
      break;
    case Event::line:
      if (stopping_ || inbox_lines(link) >= options_.inbox_lines) break;  // not accepted: the client sends it again
      if (link.store) {
        receive_into_store(conn, input.payload);
        break;
      }
      if (!link.inbox.empty() || !observer_.take_line(link, input.payload)) {
        link.inbox.push(input.payload, tag_qos);
        lines_came_ = true;
      }
      if (conn.one) {
        conn.one->accept(*link.numbers_1);
      } else {
        conn.two.accept(link.numbers);
      }
      break;
    case Event::plain_line:
      if (!has_plain_slot(conn) && lines_came_) {
        lines_came_ = false;
        observer_.lines_arrived(link);  // the application may make room
      }
      if (has_plain_slot(conn)) {
        link.inbox.push(input.payload, tag_plain);
        lines_came_ = true;
      } else {
        drop_plain(link);
      }
      break;
    case Event::failed: on_failed(conn, input, line, now_ms); break;
  }
}

void Shard::on_opened(Conn& conn, std::uint32_t now_ms) {
  if (!adopt_provisional(conn)) {
    part(conn, Reason::superseded, now_ms);
    return;
  }
  Link& link = *conn.link;
  link.protocol = 2;
  link.numbers_1.reset();  // the device was taught protocol 2: the lines that wait for it are numbered on
  link.peer_max_payload = conn.two.peer_max_payload();
  if (Conn* const old = link.conn) {
    // A half-open connection is silent; one that talked a moment ago belongs to somebody.
    const std::uint32_t timeout = options_.receive.timeout_ms;
    const bool was_alive = old->two.is_open() && after(old->two.silent_at_ms(), now_ms + timeout / 2);
    log(was_alive ? LogLevel::warning : LogLevel::info,
        name_of(*old) + ": superseded by a newer connection" +
            (was_alive ? " while it was alive: if this goes on, two devices share the id" : ""));
    const Replacing replacing(link);
    part(*old, Reason::superseded, now_ms);
  }
  if (conn.state != Conn::State::protocol_2) return;  // the application, told of that, closed all
  if (link.store) {
    wait_for_store(conn, now_ms);
  } else {
    go(conn, now_ms);
  }
}

/// The server's answer to GO: the link is up.
void Shard::go(Conn& conn, std::uint32_t now_ms) {
  Link& link = *conn.link;
  // The GO leaves before anything that the application writes when it hears that the link is up.
  release_acknowledged(link);
  char go[max_handshake_bytes + 1];
  const std::size_t size = conn.two.produce(link.numbers, link.outbox.lines(), go, sizeof go, now_ms);
  conn.extra().unsent.append(go, size);
  come_up(conn, now_ms);
}

void Shard::on_failed(Conn& conn, const Input& input, std::string_view line, std::uint32_t now_ms) {
  if (input.from_peer) {
    log(LogLevel::info, name_of(conn) + ": said BYE " + printable(input.payload));
    close(conn, input.reason);
    return;
  }
  const std::size_t space = line.find(' ');
  const std::size_t payload = space == std::string_view::npos ? 0 : line.size() - space - 1;
  if (input.reason == Reason::syntax && payload > options_.receive.max_payload) {
    log_overlong(conn, payload);
  } else {
    log(LogLevel::warning, name_of(conn) + ": closed, " + to_string(input.reason) +
                               (input.reason == Reason::syntax ? " (a line that fits no rule of the protocol)" : ""));
  }
  // H4: the record stepped past the epoch of its client, which comes again. A stranger's record has to be there then.
  if (input.reason == Reason::superseded) adopt_provisional(conn);
  // H7: the record was rolled back. With a new sid the client forgets what it remembers of the old one.
  if (input.reason == Reason::sid) conn.link->numbers.sid = entropy_(entropy_context_);
  // (No record yet: nothing to fence, and the link may be a stranger's, gone with this connection.)
  const LinkStore* const store = conn.link->store.get();
  if (store != nullptr && store->recorded && numbers_changed(*conn.link)) note(*conn.link, false);
  part(conn, input.reason, now_ms);
}

/// The outbox keeps what is not acknowledged.
bool Shard::release_acknowledged(Link& link) {
  const std::uint32_t kept = link.unacknowledged();
  if (link.outbox.size() == kept) return false;
  while (link.outbox.size() > kept) link.outbox.pop_front();
  if (link.store) note(link, before(link.store->stored_base, link.store->waited_before));
  return true;
}

/// Backpressure: acknowledge only so far that the inbox has room for another window of lines.
void Shard::grant_credit(Link& link) {
  LinkNumbers& numbers = link.numbers;
  const std::uint32_t used = inbox_lines(link);
  const std::uint32_t room = used < options_.inbox_lines ? options_.inbox_lines - used : 0;
  const std::uint32_t window = options_.receive.window;
  std::uint32_t ack = room >= window ? numbers.rx : numbers.rx - (window - room);
  if (const LinkStore* const store = link.store.get()) {
    // Only what is durable; of another life of the client, nothing that this one said.
    ack = earlier(ack, store->stored_epoch == numbers.epoch ? store->stored_rx : numbers.ack);
  }
  if (link.conn != nullptr && link.conn->state == Conn::State::protocol_2) {
    link.conn->two.acknowledge(numbers, ack);
  } else if (after(ack, numbers.ack)) {
    numbers.ack = ack;
  }
}

}  // namespace tautline
