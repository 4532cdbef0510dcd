#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge_rig.hpp"
#include "fake_i2c.hpp"
#include "tautline/bridge/hosted_client.hpp"

namespace tautline::bridge::test {

/// A channel whose packets the test carries.
struct DirectChannel {
  ByteStream& bytes;
  void start(std::uint32_t random, std::uint32_t now_ms) { bytes.start(random, now_ms); }
  void poll(std::uint32_t now_ms) { bytes.poll(now_ms); }
  std::uint32_t deadline_ms(std::uint32_t now_ms) const { return bytes.deadline_ms(now_ms); }
  ByteStream& stream() { return bytes; }
};

/// What the application hears, in order.
struct HeardEvents : HostedEvents {
  std::vector<std::string> heard;
  bool go_on = true;  ///< after a bad network or server
  BridgeReport last_report;

  bool bad_wifi() {
    heard.emplace_back("bad wifi");
    return go_on;
  }
  bool bad_server(Reason reason) {
    heard.push_back(std::string("bad server: ") + to_string(reason));
    return go_on;
  }
  void report(const BridgeReport& report) {
    heard.emplace_back("report");
    last_report = report;
  }
  void server_up() { heard.emplace_back("server up"); }
  void server_down(Reason) { heard.emplace_back("server down"); }
  void bridge_up() { heard.emplace_back("bridge up"); }
  void bridge_down() { heard.emplace_back("bridge down"); }
  void bridge_reset() { heard.emplace_back("bridge reset"); }

  std::vector<std::string> since() { return std::exchange(heard, {}); }
};
using Heard = std::vector<std::string>;

/// A hosted client, its bridge, and the server, which is the test.
struct HostedRig {
  using HostedClientOfRig = HostedClient<DirectChannel, FakePort, FakePin, HeardEvents, Sizes<64, 2, 3>>;

  explicit HostedRig(std::uint32_t report_every_ms = 0)
      : client(channel, local, reset, config(), {"net", "secret", report_every_ms}, events) {
    bridge.emplace(port, ends.bridge.stream);
  }
  static ClientConfig config() {
    ClientConfig config;
    config.my_id = "door";
    config.server = "house";
    return config;
  }

  std::uint32_t now() const { return ends.board.now; }
  void turn() {
    for (int turns = 0; turns < 4; ++turns) {
      client.poll(now());
      if (bridge_runs) {
        ends.settle();
        bridge->poll(now());
        ends.settle();
      } else {
        ends.board.packet();  // to nobody
      }
    }
  }
  void pass(std::uint32_t ms) {
    turn();
    for (std::uint32_t passed = 0; passed < ms; passed += 10) {
      ends.board.now += 10;
      ends.bridge.now += 10;
      ends.bridge.stream.poll(ends.bridge.now);
      turn();
    }
  }
  /// The server says this.
  void give(std::string_view lines) {
    port.transport.to_client += lines;
    turn();
  }
  /// What it was told since the last call.
  std::string said() { return std::exchange(port.transport.from_client, {}); }
  /// From nothing, or an outage, to open.
  void open() {
    port.wifi.up = true;
    const int before = port.transport.connects;
    for (int waits = 0; waits < 1000 && port.transport.connects == before; ++waits) pass(10);
    pass(10);
    ASSERT_EQ(said().substr(0, 9), "TL2 door ");
    give("HI 7 99 w=2 n=64 t=2000\n");
    said();
    give("GO 7 " + std::to_string(client.link().numbers().base - 1) + " 40\n");
    ASSERT_TRUE(client.status());
  }
  /// The bridge has crashed, or is in reset.
  void stop_bridge() { bridge_runs = false; }
  void start_bridge() {
    bridge_runs = true;
    port = port_without_wifi();
    bridge.emplace(port, ends.bridge.stream);
    ends.bridge.stream.start(++restarts, now());
  }
  std::string read() {
    std::string_view line;
    return client.readline(line) ? std::string(line) : "(none)";
  }

  Joined ends;
  DirectChannel channel{ends.board.stream};
  FakePort local;
  FakePin reset;
  HeardEvents events;
  HostedClientOfRig client;
  FakePort port = port_without_wifi();
  std::optional<Bridge<FakePort>> bridge;
  bool bridge_runs = true;
  std::uint32_t restarts = 100;
};

}  // namespace tautline::bridge::test
