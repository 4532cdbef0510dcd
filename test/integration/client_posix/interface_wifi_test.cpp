#include "tautline/posix/interface_wifi.hpp"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "own_process.hpp"
#include "scripted_server.hpp"
#include "tautline/posix/async_client.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::test {
namespace {

constexpr std::uint32_t patience_ms = 20000;

/// `here` and `there` are the ends of a cable: `here` has a carrier while both are up.
bool ip(const std::string& arguments) {
  return std::system(("ip link " + arguments + " >/dev/null 2>&1").c_str()) == 0;
}
constexpr const char* lay_cable = "add name here type veth peer name there";

struct LinkStep {
  const char* command;
  bool up;
  bool exists;
};

/// Does what each step says and waits until the interface is as it says; empty, or the step that failed.
std::string follow(posix::Port& port, const std::vector<LinkStep>& steps) {
  for (const LinkStep& step : steps) {
    if (!ip(step.command)) return std::string("cannot: ip link ") + step.command;
    const auto as_expected = [&] { return port.wifi.is_up() == step.up && port.wifi.exists() == step.exists; };
    const std::uint32_t end = posix::Port::now_ms() + patience_ms;
    while (!as_expected()) {
      if (static_cast<std::int32_t>(end - posix::Port::now_ms()) <= 0) {
        return std::string("not as expected after: ip link ") + step.command;
      }
      port.wait(end);
    }
  }
  return {};
}

std::string follow_cable(const std::string&) {
  posix::PortOptions options;
  options.interface = "here";
  posix::Port port(options);
  if (port.wifi.is_up() || port.wifi.exists()) return "there is no interface yet";
  return follow(port, {{lay_cable, false, true},
                       {"set here up", false, true},
                       {"set there up", true, true},
                       {"set there down", false, true},
                       {"set there up", true, true},
                       {"set here down", false, true},
                       {"set here up", true, true},
                       {"del here", false, false},
                       {lay_cable, false, true}});
}

std::string follow_name(const std::string&) {
  posix::PortOptions options;
  options.interface = "here";
  posix::Port port(options);
  return follow(port, {{lay_cable, false, true},
                       {"set there up", false, true},
                       {"set here name away", false, false},
                       {"set away up", false, false},
                       {"set away down", false, false},
                       {"set away name here", false, true},
                       {"set here up", true, true}});
}

/// A change while the program sleeps; only the descriptor can wake it so early.
std::string be_woken(const std::string&) {
  if (!ip(lay_cable) || !ip("set there up") || !ip("set here up")) return "no cable";
  posix::PortOptions options;
  options.interface = "here";
  posix::Port port(options);
  if (!port.wifi.is_up()) return "not up";
  if (std::system("(sleep 0.3; ip link set there down) >/dev/null 2>&1 &") != 0) return "no shell";
  const std::uint32_t start = posix::Port::now_ms();
  while (port.wifi.is_up() && posix::Port::now_ms() - start < patience_ms) port.wait(start + patience_ms);
  return posix::Port::now_ms() - start < patience_ms ? "" : "slept on";
}

std::string see_present_state(const std::string&) {
  if (!ip(lay_cable) || !ip("set there up") || !ip("set here up")) return "no cable";
  posix::InterfaceWifi wifi("here");
  if (!wifi.is_up()) return "not up at the first look";
  posix::InterfaceWifi other("nowhere");
  return other.is_up() || other.exists() ? "an interface out of nothing" : "";
}

/// A server and a client that talk over loopback, while the client watches `here`.
struct Watching {
  bool open() {
    if (!ip("set lo up") || !ip(lay_cable) || !ip("set there up") || !ip("set here up")) return false;
    server = std::make_unique<ScriptedServer>();
    return server->ok();
  }
  /// Answers the handshake as far as it has come.
  void answer() {
    if (server->hears("TL2 door")) server->say("HI 7 99 w=8 n=1024 t=600000\n");
    if (server->hears("GO 7 ")) server->say("GO 7 0 40\n");
  }
  std::unique_ptr<ScriptedServer> server;
  std::vector<Reason> outages;
};

std::string lose_and_regain(const std::string&) {
  Watching watching;
  if (!watching.open()) return "no cable";
  posix::PortOptions options;
  options.interface = "here";
  posix::Port port(options);
  ClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = watching.server->port();
  config.timeout_ms = 60000;  // silence would take a minute
  posix::Client<> client(port, config);
  const auto until = [&](auto condition) {
    const std::uint32_t end = posix::Port::now_ms() + patience_ms;
    while (static_cast<std::int32_t>(end - posix::Port::now_ms()) > 0) {
      client.poll(posix::Port::now_ms());
      watching.answer();
      if (condition()) return true;
      port.wait(posix::Port::now_ms() + 2);
    }
    return false;
  };
  const std::uint32_t start = posix::Port::now_ms();
  if (!until([&] { return client(); })) return "never up";
  if (posix::Port::now_ms() - start >= wifi_stable_ms) return "waited for an interface that was up already";
  ip("set there down");
  if (!until([&] { return !client(); })) return "the loss was not seen";
  if (client.last_reason() != Reason::wifi) return std::string("reason ") + to_string(client.last_reason());
  const std::uint32_t up_again = posix::Port::now_ms();
  ip("set there up");
  if (!until([&] { return client(); })) return "did not come back";
  if (posix::Port::now_ms() - up_again < wifi_stable_ms) return "did not wait until it was stable";
  return {};
}

std::string lose_on_asio(const std::string&) {
  Watching watching;
  if (!watching.open()) return "no cable";
  asio::io_context io;
  posix::AsyncClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = watching.server->port();
  config.timeout_ms = 600000;  // the client's own timer would come in minutes
  config.system.interface = "here";
  config.conn_cb = [&](bool up, Reason reason) {
    if (!up) watching.outages.push_back(reason);
  };
  posix::AsyncClient client(io.get_executor(), config);
  const auto until = [&](auto condition) {
    const std::uint32_t end = posix::Port::now_ms() + patience_ms;
    while (static_cast<std::int32_t>(end - posix::Port::now_ms()) > 0) {
      io.restart();
      io.run_for(std::chrono::milliseconds(2));
      watching.answer();
      if (condition()) return true;
    }
    return false;
  };
  if (!until([&] { return client.status(); })) return "never up";
  // The timer of the attempt to connect may still run; after it the next poll would be minutes away.
  io.restart();
  io.run_for(std::chrono::milliseconds(resolve_limit_ms + connect_limit_ms));
  ip("set there down");
  if (!until([&] { return !client.status(); })) return "the loss was not seen";
  if (watching.outages != std::vector{Reason::wifi}) return "not told that it was WiFi";
  client.close();
  const std::uint32_t end = posix::Port::now_ms() + patience_ms;
  io.restart();
  io.run_for(std::chrono::milliseconds(patience_ms));
  return static_cast<std::int32_t>(end - posix::Port::now_ms()) > 0 ? "" : "work is left after close()";
}

void expect_well_in_own_network(std::string (*script)(const std::string&)) {
  std::string why_not;
  const Ended ended = in_own_network(script, why_not);
  if (!why_not.empty()) return skip_or_fail(why_not);
  EXPECT_EQ(ended.said, "");
  EXPECT_EQ(ended.status, 0);
}

TEST(InterfaceWifi, FollowsTheCarrierOfAnInterfaceThatComesAndGoes) {
  expect_well_in_own_network(follow_cable);
}

TEST(InterfaceWifi, FollowsTheName) {
  expect_well_in_own_network(follow_name);
}

TEST(InterfaceWifi, WakesAPortThatWaits) {
  expect_well_in_own_network(be_woken);
}

TEST(InterfaceWifi, KnowsThePresentStateAtTheFirstLook) {
  expect_well_in_own_network(see_present_state);
}

TEST(InterfaceWifi, ThatLosesItsCarrierEndsTheConnectionAtOnceAndMustBeStableAfterwards) {
  expect_well_in_own_network(lose_and_regain);
}

TEST(InterfaceWifi, WakesAnAsyncClient) {
  expect_well_in_own_network(lose_on_asio);
}

TEST(InterfaceWifi, WithoutANameIsAlwaysUp) {
  posix::InterfaceWifi wifi;
  EXPECT_TRUE(wifi.is_up());
  EXPECT_EQ(wifi.descriptor(), -1);
}

TEST(InterfaceWifi, RefusesANameThatNoInterfaceCanHave) {
  EXPECT_THROW(posix::InterfaceWifi("a name that is too long"), std::invalid_argument);
  EXPECT_THROW(posix::InterfaceWifi("a/b"), std::invalid_argument);
}

}  // namespace
}  // namespace tautline::test
