#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tautline/core/framing.hpp>
#include <tautline/core/protocol_2.hpp>
#include <tautline/core/serial.hpp>

/// A client and a server of protocol 2 in one process, joined by byte pipes that deliver in pieces, lose lines, break
/// and leave half-open connections behind. Checks what each application receives, after every step.
namespace tautline::pair {

/// What a test chooses before the first step.
struct Setup {
  ReceiveLimits client_limits;
  ReceiveLimits server_limits;
  std::uint32_t server_inbox = 1;
  std::uint32_t first_generation = 1;
  std::uint32_t client_next = 1;
  std::uint32_t server_next = 1;
};

struct Received {
  std::string payload;
  bool qos;
};

/// What outlives the connections of one side.
struct Endpoint {
  explicit Endpoint(std::uint32_t next, std::uint32_t inbox_lines) : storage(1U << 15U), inbox_capacity(inbox_lines) {
    queue = std::make_unique<LineQueue>(storage.data(), storage.size());
    numbers.base = numbers.next = next;
  }

  bool write(const std::string& payload) {
    if (!queue->push(payload)) return false;
    ++numbers.next;
    return true;
  }

  void release() {
    while (queue->size() > numbers.unacknowledged()) queue->pop_front();
  }

  void check() const {
    RC_ASSERT(!after(numbers.ack, numbers.rx));
    RC_ASSERT(!after(numbers.base, numbers.next));
    RC_ASSERT(queue->size() == numbers.unacknowledged());
    RC_ASSERT(inbox.size() <= inbox_capacity);
  }

  std::vector<char> storage;
  std::unique_ptr<LineQueue> queue;
  LinkNumbers numbers;
  std::deque<Received> inbox;
  std::uint32_t inbox_capacity;
};

/// One TCP connection: both protocol states and the bytes under way.
struct Connection {
  Protocol2 client;
  Protocol2 server;
  std::string to_server;
  std::string to_client;
  std::string server_partial;
  std::string client_partial;
  bool client_gone = false;  ///< the client closed or lost it; the server may not know yet
  bool server_gone = false;
  std::uint32_t accepted_at_ms = 0;
};

class Pair {
 public:
  explicit Pair(const Setup& setup)
      : setup_(setup),
        client_(setup.client_next, setup.client_limits.window + 1),
        server_(setup.server_next, setup.server_inbox) {
    server_.numbers.generation = setup.first_generation;
    server_.numbers.sid = 7;
  }

  // ---- steps of a test --------------------------------------------------------------------------

  void client_writes() {
    const std::string line = name('c', client_life_, client_written_ + 1);
    if (client_.write(line)) ++client_written_;
  }

  void server_writes() {
    const std::string line = name('s', 0, server_written_ + 1);
    if (server_.write(line)) ++server_written_;
  }

  void client_takes() {
    if (client_.inbox.empty()) return;
    const Received line = client_.inbox.front();
    client_.inbox.pop_front();
    if (!line.qos) return;
    current().client.acknowledge(client_.numbers, client_.numbers.ack + 1);
    const std::uint32_t number = number_of(line.payload, 's', 0);
    // In order and without repetition; after a reboot it may begin again with lines that the server knows to be
    // unacknowledged, but must not skip any.
    if (client_taken_in_life_ == 0 && client_life_ > 0) {
      RC_ASSERT(number <= client_taken_ + 1);
      RC_ASSERT(number > server_acknowledged_at_reboot_);
    } else {
      RC_ASSERT(number == client_taken_ + 1);
    }
    client_taken_ = number;
    ++client_taken_in_life_;
  }

  void server_takes() {
    if (server_.inbox.empty()) return;
    const Received line = server_.inbox.front();
    server_.inbox.pop_front();
    give_credit();
    if (!line.qos) return;
    const std::uint32_t life = life_of(line.payload);
    RC_ASSERT(life >= server_taken_life_);
    if (life > server_taken_life_) {
      RC_ASSERT(server_taken_ >= promised_in_life_[server_taken_life_]);
      server_taken_life_ = life;
      server_taken_ = 0;
    }
    RC_ASSERT(number_of(line.payload, 'c', life) == server_taken_ + 1);
    ++server_taken_;
  }

  void connect() {
    disconnect();
    connections_.push_back(std::make_unique<Connection>());
    current().accepted_at_ms = now_ms_;
    char hello[max_handshake_bytes + 1];
    char* const end = current().client.start_client(hello, "door", setup_.client_limits, now_ms_);
    current().to_server.append(hello, end);
  }

  void disconnect() {
    if (connections_.empty() || current().client_gone) return;
    current().client_gone = true;
    current().client.fail(Reason::peer_closed);
  }

  bool connected() const { return !connections_.empty() && !connections_.back()->client_gone; }

  void deliver_to_client(std::size_t count) {
    if (!connected()) return;
    Connection& connection = current();
    move_bytes(connection.to_client, connection.client_partial, count);
    std::string_view bytes = connection.client_partial;
    std::string_view line;
    while (connected() && take_line(bytes, line)) {
      hear_as_client(connection, line);
    }
    connection.client_partial = std::string(bytes);
    if (connection.server_gone && connection.to_client.empty()) disconnect();
  }

  /// `which` = 0: the newest connection; 1: the one before it, and so on.
  void deliver_to_server(std::size_t count, std::size_t which = 0) {
    if (which >= connections_.size()) return;
    Connection& connection = *connections_[connections_.size() - 1 - which];
    if (connection.server_gone) return;
    move_bytes(connection.to_server, connection.server_partial, count);
    std::string_view bytes = connection.server_partial;
    std::string_view line;
    while (!connection.server_gone && take_line(bytes, line)) hear_as_server(connection, line);
    connection.server_partial = std::string(bytes);
  }

  /// Loses the next whole line under way, as a channel without TCP does.
  void lose_line_to_server() {
    if (connected() && current().server_partial.empty()) lose_line(current().to_server);
  }
  void lose_line_to_client() {
    if (connected() && current().client_partial.empty()) lose_line(current().to_client);
  }

  void client_sends_plain_line() {
    if (connected() && current().client.is_open()) current().to_server += "U p\n";
  }
  void server_sends_plain_line() {
    if (connected() && current().server.is_open() && !current().server_gone) current().to_client += "U p\n";
  }

  /// The client loses its RAM: numbers, queue, inbox.
  void client_reboots() {
    disconnect();
    client_ = Endpoint(1, setup_.client_limits.window + 1);
    promised_in_life_.push_back(0);
    ++client_life_;
    client_written_ = 0;
    client_taken_in_life_ = 0;
    server_acknowledged_at_reboot_ = server_.numbers.base - setup_.server_next;
  }

  void let_time_pass(std::uint32_t duration_ms) {
    now_ms_ += duration_ms;
    if (connected()) {
      const Due due = current().client.poll(client_.numbers, now_ms_);
      if (due == Due::silent) disconnect();
    }
    for (const auto& connection : connections_) {
      if (connection->server_gone) continue;
      if (connection->server.poll(server_.numbers, now_ms_) == Due::silent) connection->server_gone = true;
    }
  }

  /// Both sides send what is due, into buffers of that much room.
  void flush(std::size_t room) {
    std::vector<char> out(room);
    if (connected()) {
      produce(current().client, client_, out, current().to_server);
      if (current().client.phase() == Protocol2::Phase::failed) {
        check_failure(current().client);
        disconnect();
      }
    }
    for (const auto& connection : connections_) {
      if (connection->server_gone) continue;
      produce(connection->server, server_, out, connection->to_client);
      if (connection->server.phase() == Protocol2::Phase::failed) {
        check_failure(connection->server);
        connection->server_gone = true;
      }
    }
    while (connections_.size() > 4) connections_.pop_front();
  }

  void check() const {
    client_.check();
    server_.check();
  }

  /// No more faults: everything written must arrive, within a bounded number of rounds.
  void settle() {
    for (int round = 0; round < 3000; ++round) {
      if (!connected()) connect();
      flush(4096);
      deliver_to_server(4096);
      flush(4096);
      deliver_to_client(4096);
      client_takes();
      server_takes();
      let_time_pass(50);
      check();
      if (is_settled()) break;
    }
    RC_ASSERT(is_settled());
    RC_ASSERT(client_taken_ == server_written_);
    RC_ASSERT(client_written_ == 0U || server_taken_life_ == client_life_);
    RC_ASSERT(client_written_ == 0U || server_taken_ == client_written_);
  }

  std::uint32_t lines_written() const { return client_written_ + server_written_; }

 private:
  static std::string name(char side, std::uint32_t life, std::uint32_t number) {
    return std::string(1, side) + std::to_string(life) + " " + std::to_string(number);
  }
  static std::uint32_t life_of(const std::string& line) {
    return static_cast<std::uint32_t>(std::stoul(line.substr(1)));
  }
  static std::uint32_t number_of(const std::string& line, char side, std::uint32_t life) {
    const auto number = static_cast<std::uint32_t>(std::stoul(line.substr(line.find(' '))));
    RC_ASSERT(line == name(side, life, number));
    return number;
  }

  Connection& current() {
    if (connections_.empty()) connections_.push_back(std::make_unique<Connection>());
    return *connections_.back();
  }

  bool is_settled() const {
    return connected() && client_.queue->empty() && server_.queue->empty() && client_.inbox.empty() &&
           server_.inbox.empty() && connections_.back()->client.is_open();
  }

  static void move_bytes(std::string& from, std::string& to, std::size_t count) {
    if (count > from.size()) count = from.size();
    to.append(from, 0, count);
    from.erase(0, count);
  }

  static void lose_line(std::string& bytes) {
    const std::size_t end = bytes.find('\n');
    if (end != std::string::npos) bytes.erase(0, end + 1);
  }

  /// With a store that keeps everything there is only one fault that this side may find: that it was superseded.
  static void check_failure(const Protocol2& protocol) {
    const Reason reason = protocol.failure();
    RC_ASSERT(reason == Reason::superseded || reason == Reason::silent || reason == Reason::peer_closed);
  }

  void produce(Protocol2& protocol, Endpoint& endpoint, std::vector<char>& out, std::string& pipe) const {
    for (;;) {
      const std::size_t count = protocol.produce(endpoint.numbers, *endpoint.queue, out.data(), out.size(), now_ms_);
      RC_ASSERT(count <= out.size());
      if (count == 0) break;
      RC_ASSERT(out[count - 1] == '\n');
      pipe.append(out.data(), count);
    }
    RC_ASSERT(!protocol.has_output(endpoint.numbers));
  }

  /// A peer that keeps the rules sends no line beyond the credit it was given.
  static void check_credit(const Protocol2& protocol, const LinkNumbers& numbers, std::uint32_t window,
                           std::string_view line) {
    const wire_2::Line parsed = wire_2::parse_line(line);
    if (!protocol.is_open() || parsed.kind != wire_2::Kind::data) return;
    RC_ASSERT(!after(parsed.first, numbers.ack + window));
  }

  void hear_as_client(Connection& connection, std::string_view line) {
    check_credit(connection.client, client_.numbers, setup_.client_limits.window, line);
    const Input input = connection.client.receive_from_server(client_.numbers, line, now_ms_);
    if (input.drop_inbox) client_.inbox.clear();
    if (input.event == Event::line) {
      RC_ASSERT(client_.inbox.size() < client_.inbox_capacity);
      client_.inbox.push_back({std::string(input.payload), true});
      connection.client.accept(client_.numbers);
    } else if (input.event == Event::plain_line) {
      const auto queued = static_cast<std::uint32_t>(client_.inbox.size());
      if (connection.client.has_plain_slot(client_.numbers, queued, client_.inbox_capacity)) {
        client_.inbox.push_back({std::string(input.payload), false});
      }
    } else if (input.event == Event::failed) {
      check_failure(connection.client);
      flush(4096);
      disconnect();
    }
    client_.release();
    promised_in_life_.back() = client_written_ - client_.numbers.unacknowledged();
  }

  void hear_as_server(Connection& connection, std::string_view line) {
    if (connection.server.phase() == Protocol2::Phase::idle) {
      wire_2::Hello hello;
      if (!wire_2::parse_hello(line, hello)) {  // the hello was lost; the server closes on what stands in its place
        connection.server_gone = true;
        return;
      }
      connection.server.start_server(server_.numbers, hello, setup_.server_limits, connection.accepted_at_ms);
      return;
    }
    if (connection.server.generation() == server_.numbers.generation) {
      check_credit(connection.server, server_.numbers, setup_.server_limits.window, line);
    }
    const Input input = connection.server.receive_from_client(server_.numbers, line, now_ms_);
    // A new life of the client may find the inbox full of the old one's lines; then a line in order is not accepted.
    if (input.event == Event::line && server_.inbox.size() < server_.inbox_capacity) {
      server_.inbox.push_back({std::string(input.payload), true});
      connection.server.accept(server_.numbers);
      give_credit();
    } else if (input.event == Event::plain_line) {
      const auto queued = static_cast<std::uint32_t>(server_.inbox.size());
      if (connection.server.has_plain_slot(server_.numbers, queued, server_.inbox_capacity)) {
        server_.inbox.push_back({std::string(input.payload), false});
      }
    } else if (input.event == Event::failed && !input.from_peer) {
      check_failure(connection.server);
    }
    server_.release();
  }

  /// The acknowledgement reaches only so far that the inbox has room for one more window.
  void give_credit() {
    const auto room = server_.inbox_capacity - static_cast<std::uint32_t>(server_.inbox.size());
    const std::uint32_t ack = earlier(server_.numbers.rx, server_.numbers.rx + room - setup_.server_limits.window);
    for (const auto& connection : connections_) {
      if (connection->server.is_open() && connection->server.generation() == server_.numbers.generation) {
        connection->server.acknowledge(server_.numbers, ack);
        return;
      }
    }
    if (after(ack, server_.numbers.ack)) server_.numbers.ack = ack;
  }

  Setup setup_;
  Endpoint client_;
  Endpoint server_;
  std::deque<std::unique_ptr<Connection>> connections_;
  std::uint32_t now_ms_ = 0xFFFFF000;  // the clock wraps early in every run

  std::uint32_t client_life_ = 0;
  std::uint32_t client_written_ = 0;  ///< in this life
  std::uint32_t server_written_ = 0;
  std::uint32_t client_taken_ = 0;
  std::uint32_t client_taken_in_life_ = 0;
  std::uint32_t server_taken_ = 0;  ///< of the life below
  std::uint32_t server_taken_life_ = 0;
  std::uint32_t server_acknowledged_at_reboot_ = 0;
  std::vector<std::uint32_t> promised_in_life_ = {0};  ///< lines whose write returned
};

}  // namespace tautline::pair
