// The network fails, while lines flow both ways.

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "outage_fixture.hpp"

namespace tautline::test {
namespace {

TEST_F(Outage, the_servers_end_of_the_wire_is_down_for_longer_than_the_timeout) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t cut_at = monotonic_ms();
  run_in(network.hub, {"ip", "link", "set", "wire", "down"});
  pause(longer_than_the_timeout_ms);
  expect_noticed("wire down", cut_at);
  run_in(network.hub, {"ip", "link", "set", "wire", "up"});
  expect_flow();
  finish();
  expect_exactly_once();
}

TEST_F(Outage, the_clients_end_of_the_wire_is_down_for_longer_than_the_timeout) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t cut_at = monotonic_ms();
  run_in(network.node, {"ip", "link", "set", "wire", "down"});
  pause(longer_than_the_timeout_ms);
  expect_noticed("wire down", cut_at);
  run_in(network.node, {"ip", "link", "set", "wire", "up"});
  expect_flow();
  finish();
  expect_exactly_once();
}

TEST_F(Outage, the_wire_goes_down_and_up_all_the_time) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t since = monotonic_ms();
  for (int i = 0; i < 6; ++i) {
    const Namespace& end = i % 2 == 0 ? network.hub : network.node;
    run_in(end, {"ip", "link", "set", "wire", "down"});
    pause(250);
    run_in(end, {"ip", "link", "set", "wire", "up"});
    pause(250);
  }
  print_noticed("wire down and up", since);
  expect_flow();
  finish();
  expect_exactly_once();
}

// The client hears nothing any more, the server hears everything: the old connection looks alive to it.
TEST_F(Outage, packets_to_the_client_are_lost_and_those_to_the_server_are_not) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t cut_at = monotonic_ms();
  run_in(network.node, {"iptables", "-A", "INPUT", "-j", "DROP"});
  pause(longer_than_the_timeout_ms);
  expect_noticed("one direction lost", cut_at);
  run_in(network.node, {"iptables", "-D", "INPUT", "-j", "DROP"});
  expect_flow();
  finish();
  expect_exactly_once();
}

// The other way round: the server hears no acknowledgement, the client hears every line.
TEST_F(Outage, packets_to_the_server_are_lost_and_those_to_the_client_are_not) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t cut_at = monotonic_ms();
  run_in(network.hub, {"iptables", "-A", "INPUT", "-j", "DROP"});
  pause(longer_than_the_timeout_ms);
  expect_noticed("one direction lost", cut_at);
  run_in(network.hub, {"iptables", "-D", "INPUT", "-j", "DROP"});
  expect_flow();
  finish();
  expect_exactly_once();
}

TEST_F(Outage, a_fifth_of_all_packets_is_lost) {
  start_hub();
  start_node();
  expect_flow();
  const std::vector<std::string> loss = {"-m", "statistic", "--mode", "random", "--probability", "0.2", "-j", "DROP"};
  const auto rule = [&](const char* action) {
    std::vector<std::string> command = {"iptables", action, "INPUT"};
    command.insert(command.end(), loss.begin(), loss.end());
    return command;
  };
  const std::int64_t since = monotonic_ms();
  for (const Namespace* const end : {&network.hub, &network.node}) run_in(*end, rule("-A"));
  pause(4 * longer_than_the_timeout_ms);
  print_noticed("a fifth lost", since);
  for (const Namespace* const end : {&network.hub, &network.node}) run_in(*end, rule("-D"));
  expect_flow();
  finish();
  expect_exactly_once();
}

TEST_F(Outage, the_address_of_the_server_changes_behind_its_name) {
  const std::string hosts = file("hosts");
  const std::string name = "hub.tautline.test";
  std::ofstream(hosts) << Network::hub_address << " " << name << "\n";
  start_hub();
  start_node(name, hosts);
  expect_flow();
  const std::int64_t moved_at = monotonic_ms();
  const auto net = [](const char* address) { return std::string(address) + "/24"; };
  run_in(network.hub, {"ip", "address", "del", net(Network::hub_address), "dev", "wire"});
  run_in(network.hub, {"ip", "address", "add", net(Network::other_hub_address), "dev", "wire"});
  expect_noticed("address gone", moved_at);
  EXPECT_EQ(ups(node()), 1U);
  // Of the same length, and in one write: nobody ever sees half a file.
  const std::string moved = std::string(Network::other_hub_address) + " " + name + "\n";
  const int file = ::open(hosts.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::pwrite(file, moved.data(), moved.size(), 0), static_cast<ssize_t>(moved.size()));
  ::close(file);
  expect_flow();
  finish();
  expect_exactly_once();
}

}  // namespace
}  // namespace tautline::test
