#include "relay.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

namespace tautline::test {

using asio::ip::tcp;

namespace {

/// A way whose receiver takes nothing must stop its sender, as a network without a relay would.
constexpr std::size_t max_waiting_bytes = 16 * 1024;

tcp::endpoint loopback(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

}  // namespace

struct Relay::Shared : std::enable_shared_from_this<Shared> {
  Shared(asio::io_context& io, std::uint16_t to) : acceptor(io, loopback(0)), to_port(to) {}

  void accept();
  void forget(const Pair* pair) {
    std::erase_if(pairs, [&](const auto& each) { return each.get() == pair; });
  }

  tcp::acceptor acceptor;
  std::uint16_t to_port;
  std::array<bool, 2> held{};
  std::array<std::string, 2> seen;
  std::vector<std::shared_ptr<Pair>> pairs;
};

struct Relay::Pair : std::enable_shared_from_this<Pair> {
  /// One direction: where it comes from, where it goes, and what is between.
  struct Flow {
    tcp::socket* from;
    tcp::socket* to;
    std::array<char, 4096> read_buffer{};
    std::string waiting{}, writing{};
    bool reading = false, ended = false, end_passed = false;
  };

  Pair(std::shared_ptr<Shared> owner, tcp::socket from_client)
      : shared(std::move(owner)),
        client(std::move(from_client)),
        server(client.get_executor()),
        flows{Flow{.from = &client, .to = &server}, Flow{.from = &server, .to = &client}} {}

  void read(std::size_t way) {
    Flow& flow = flows[way];
    if (flow.reading || flow.ended || flow.waiting.size() >= max_waiting_bytes) return;
    flow.reading = true;
    flow.from->async_read_some(asio::buffer(flow.read_buffer), [self = shared_from_this(), way](auto error, auto size) {
      Flow& mine = self->flows[way];
      mine.reading = false;
      if (self->is_cut) return;
      mine.waiting.append(mine.read_buffer.data(), size);
      self->shared->seen[way].append(mine.read_buffer.data(), size);
      if (error) mine.ended = true;
      self->pass(way);
      self->read(way);
    });
  }

  void pass(std::size_t way) {
    Flow& flow = flows[way];
    if (is_cut || shared->held[way] || !flow.writing.empty()) return;
    if (flow.waiting.empty()) {
      if (flow.ended && !flow.end_passed) pass_end(flow);
      return;
    }
    flow.writing.swap(flow.waiting);
    asio::async_write(*flow.to, asio::buffer(flow.writing), [self = shared_from_this(), way](auto error, std::size_t) {
      self->flows[way].writing.clear();
      if (error) return self->cut();
      self->pass(way);
      self->read(way);
    });
  }

  void pass_end(Flow& flow) {
    flow.end_passed = true;
    asio::error_code ignored;
    flow.to->shutdown(tcp::socket::shutdown_send, ignored);
    if (flows[0].end_passed && flows[1].end_passed) cut();
  }

  void cut() {
    if (std::exchange(is_cut, true)) return;
    asio::error_code ignored;
    client.close(ignored);
    server.close(ignored);
    shared->forget(this);
  }

  std::shared_ptr<Shared> shared;
  tcp::socket client, server;
  std::array<Flow, 2> flows;
  bool is_cut = false;
};

void Relay::Shared::accept() {
  acceptor.async_accept([self = shared_from_this()](asio::error_code error, tcp::socket client) {
    if (error) return;  // closed
    const auto pair = std::make_shared<Pair>(self, std::move(client));
    pair->server.connect(loopback(self->to_port), error);
    if (!error) {
      for (tcp::socket* const socket : {&pair->client, &pair->server}) socket->set_option(tcp::no_delay(true), error);
      self->pairs.push_back(pair);
      for (const std::size_t way : {0U, 1U}) pair->read(way);
    }
    self->accept();
  });
}

Relay::Relay(asio::io_context& io, std::uint16_t to_port) : shared_(std::make_shared<Shared>(io, to_port)) {
  shared_->accept();
}

Relay::~Relay() {
  asio::error_code ignored;
  shared_->acceptor.close(ignored);
  cut();
}

std::uint16_t Relay::port() const {
  return shared_->acceptor.local_endpoint().port();
}

void Relay::hold(Way way) {
  shared_->held[way] = true;
}

void Relay::release(Way way) {
  shared_->held[way] = false;
  const auto pairs = shared_->pairs;  // one that fails leaves the list
  for (const auto& pair : pairs) pair->pass(way);
}

void Relay::hold() {
  hold(to_server);
  hold(to_client);
}

void Relay::release() {
  release(to_server);
  release(to_client);
}

void Relay::cut() {
  const auto pairs = shared_->pairs;  // each leaves the list
  for (const auto& pair : pairs) pair->cut();
}

bool Relay::came(Way way, std::string_view text) const {
  return shared_->seen[way].find(text) != std::string::npos;
}

}  // namespace tautline::test
