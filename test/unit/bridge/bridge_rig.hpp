#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fake_port.hpp"
#include "joined.hpp"
#include "tautline/bridge/bridge.hpp"
#include "tautline/bridge/hosted_link.hpp"

namespace tautline::bridge::test {

using tautline::test::FakePort;

/// The bridge's station: as it is in most tests, nothing is up before it is asked for.
inline FakePort port_without_wifi() {
  FakePort port;
  port.wifi.up = false;
  port.wifi.drops = true;
  return port;
}

/// A hosted board's link and a bridge over two streams that are joined, and the bridge's port, which is the test's.
struct Rig {
  explicit Rig(const HostedSettings& with = {"net", "secret", 0}, const BridgeOptions& options = {})
      : settings(with), bridge_options(options) {
    bridge.emplace(port, ends.bridge.stream, options);
    turn();
  }

  std::uint32_t now() const { return ends.board.now; }
  /// Both programs' loops, until all that is due now is done.
  void turn() {
    for (int turns = 0; turns < 4; ++turns) {
      ends.settle();
      link.receive();
      link.send();
      ends.settle();
      deadline = bridge->poll(now());
      ends.settle();
    }
    link.receive();
  }
  void pass(std::uint32_t ms) {
    for (std::uint32_t end = now() + ms; now() != end;) {
      const std::uint32_t left = end - now();
      ends.pass(left < 10 ? left : 10);
      turn();
    }
  }
  /// A connection that is there.
  void connect() {
    link.connect("house", 8123);
    turn();
    ASSERT_EQ(link.progress(), ConnectStatus::connected);
  }
  std::string read(std::size_t most = 10'000) {
    std::string text;
    for (int reads = 0; reads < 1000 && text.size() < most; ++reads) {
      char bytes[100];
      const IoResult result = link.read(bytes, sizeof bytes);
      text.append(bytes, result.bytes);
      if (result.closed) return text + "(closed)";
      if (result.bytes == 0) turn();
      if (result.bytes == 0 && ends.board.stream.readable_bytes() == 0) return text;
    }
    return text;
  }
  std::size_t write(std::string_view bytes) {
    const std::size_t count = link.write(bytes.data(), bytes.size()).bytes;
    turn();
    return count;
  }

  /// Resets the bridge: what it had is gone.
  void reset_bridge() {
    port = port_without_wifi();
    bridge.emplace(port, ends.bridge.stream, bridge_options);
    ends.bridge.stream.start(4711, now());
  }

  const HostedSettings settings;
  const BridgeOptions bridge_options;
  Joined ends;
  HostedLink link{ends.board.stream, settings};
  FakePort port = port_without_wifi();
  std::optional<Bridge<FakePort>> bridge;
  std::uint32_t deadline = 0;
};

}  // namespace tautline::bridge::test
