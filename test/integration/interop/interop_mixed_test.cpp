// Devices of protocol 1 and clients of protocol 2 on one port at the same time.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/relay.hpp"
#include "interop_fixture.hpp"
#include "tautline/posix/async_client.hpp"

namespace tautline::test {
namespace {

/// A client of protocol 2 behind a relay that can cut it off.
struct Client2 {
  Client2(asio::io_context& io, std::string my_id, std::uint16_t port) : id(std::move(my_id)), relay(port) {
    posix::AsyncClientConfig config;
    config.my_id = id;
    config.server = "127.0.0.1";
    config.port = static_cast<std::uint16_t>(std::stoi(relay.port()));
    config.timeout_ms = InteropServer::timeout_ms;
    client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  }
  void read() {
    std::string_view line;
    while (client->try_readline(line)) received.emplace_back(line);
  }

  const std::string id;
  Relay relay;
  std::unique_ptr<posix::AsyncClient> client;
  std::vector<std::string> received;
  unsigned written = 0;
};

class InteropMixed : public InteropServer {
 public:
  static constexpr unsigned of_each = 4, lines = 300;

  void start() {
    std::vector<std::string> ids;
    for (unsigned i = 0; i < of_each; ++i) {
      ids.push_back("device" + std::to_string(i));
      ids.push_back("client" + std::to_string(i));
    }
    start_server(ids);
    for (unsigned i = 0; i < of_each; ++i) {
      add_device("device" + std::to_string(i), i % 2 == 0 ? 1 : 6);
      clients.push_back(std::make_unique<Client2>(io, "client" + std::to_string(i), server->port()));
    }
    EXPECT_TRUE(pump_until([&] { return server->connection_count() == 2 * of_each && all_are_up(); }));
  }
  bool all_are_up() {
    const bool devices_up = std::all_of(devices.begin(), devices.end(), [](const auto& d) { return d->is_up(); });
    return devices_up && std::all_of(clients.begin(), clients.end(), [](const auto& c) { return c->client->status(); });
  }
  bool all_is_acknowledged() {
    for (unsigned i = 0; i < of_each; ++i) {
      const std::string number = std::to_string(i);
      if (devices[i]->talk().unacknowledged() != 0 || clients[i]->client->unacknowledged() != 0) return false;
      if (unacknowledged("device" + number) != 0 || unacknowledged("client" + number) != 0) return false;
    }
    return true;
  }
  /// A line from and to each of them.
  void write_round(unsigned number) {
    for (unsigned i = 0; i < of_each; ++i) {
      const std::string device = "device" + std::to_string(i);
      devices[i]->talk().write(numbered(device, number));
      write(device, numbered(device, number));
      write(clients[i]->id, numbered(clients[i]->id, number));
    }
  }
  void take_turn(unsigned number) {
    for (auto& client : clients) {
      client->read();
      if (client->written > number) continue;
      const std::string text = numbered(client->id, client->written);
      if (client->client->try_write(text).status == WriteStatus::ok) ++client->written;
    }
  }

  std::vector<std::unique_ptr<Client2>> clients;
};

TEST_F(InteropMixed, all_lines_arrive_once_and_in_order_on_every_link) {
  Dice dice("InteropMixed.*");
  start();
  write_round(0);
  EXPECT_TRUE(pump_until([&] {
    take_turn(0);
    return all_is_acknowledged();
  }));
  for (unsigned number = 1; number < lines; ++number) {
    write_round(number);
    take_turn(number);
    pump_for(2);
    const unsigned who = dice.below(of_each);
    switch (dice.below(120)) {
      case 0: devices[who]->cut(now_ms()); break;
      case 1: devices[who]->vanish(); break;
      case 2: clients[who]->relay.cut(); break;
      default: break;
    }
    if (number == lines / 2) {  // at least one of each
      devices[0]->cut(now_ms());
      devices[1]->vanish();
      clients[0]->relay.cut();
    }
  }
  EXPECT_TRUE(pump_until([&] {
    take_turn(lines - 1);
    return all_is_acknowledged() && clients[0]->written == lines;
  }));
  for (unsigned i = 0; i < of_each; ++i) {
    const std::string device = "device" + std::to_string(i);
    clients[i]->read();
    expect_all_once_in_order(device, lines, received[device]);
    expect_all_once_in_order(device, lines, devices[i]->talk().received);
    expect_all_once_in_order(clients[i]->id, lines, received[clients[i]->id]);
    expect_all_once_in_order(clients[i]->id, lines, clients[i]->received);
  }
}

TEST_F(InteropMixed, an_orderly_restart_loses_and_doubles_nothing_on_any_link) {
  start();
  for (unsigned number = 0; number < 50; ++number) {
    write_round(number);
    take_turn(number);
    pump();
  }
  EXPECT_TRUE(pump_until([&] {
    take_turn(49);
    return all_is_acknowledged();
  }));
  const StopReport report = restart_server();
  EXPECT_EQ(report.unacknowledged + report.unread + report.not_parted, 0U);
  EXPECT_TRUE(pump_until([&] { return server->connection_count() == 2 * of_each && all_are_up(); }));
  write_round(50);
  EXPECT_TRUE(pump_until([&] {
    take_turn(50);
    return all_is_acknowledged();
  }));
  for (unsigned i = 0; i < of_each; ++i) {
    const std::string device = "device" + std::to_string(i);
    expect_all_once_in_order(device, 51, received[device]);
    expect_all_once_in_order(device, 51, devices[i]->talk().received);
    expect_all_once_in_order(clients[i]->id, 51, received[clients[i]->id]);
    expect_all_once_in_order(clients[i]->id, 51, clients[i]->received);
  }
}

}  // namespace
}  // namespace tautline::test
