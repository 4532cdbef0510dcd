#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/baremetal/registers.hpp"
#include "tautline/client/client.hpp"
#include "tautline/rp2040/board.hpp"

/// A network for a board that has none: a block that only the harness knows (harness/network_block.js) joins it to one
/// TCP server. A port for Bridge.
namespace harness {

using tautline::board::reg;

constexpr std::uintptr_t network_block = 0x50400000;
constexpr std::uintptr_t network_state = network_block + 0x0;  ///< written: 1 connects, 0 closes. Read: NetworkState
constexpr std::uintptr_t network_level = network_block + 0x4;  ///< bytes received and not read
constexpr std::uintptr_t network_data = network_block + 0x8;   ///< one byte, read or written

enum class NetworkState : std::uint32_t { closed = 0, connecting = 1, connected = 2, refused = 3 };

inline NetworkState state() {
  return static_cast<NetworkState>(reg(network_state));
}

/// Always there once it is asked for.
struct Wifi {
  bool on = false;
  bool connect_stored() { return on = true; }
  void connect(const char*, const char*) { on = true; }
  void disconnect() { on = false; }
  bool is_up() const { return on; }
};

/// Whatever host and port say, it is the harness's server.
struct Transport {
  void connect(const char*, std::uint16_t) { reg(network_state) = 1; }
  tautline::ConnectStatus progress() {
    switch (state()) {
      case NetworkState::connected: return tautline::ConnectStatus::connected;
      case NetworkState::connecting: return tautline::ConnectStatus::connecting;
      default: return tautline::ConnectStatus::refused;
    }
  }
  bool next_address() { return false; }
  tautline::IoResult read(char* data, std::size_t size) {
    tautline::IoResult result;
    while (result.bytes < size && reg(network_level) != 0) data[result.bytes++] = static_cast<char>(reg(network_data));
    result.closed = result.bytes == 0 && state() != NetworkState::connected;
    return result;
  }
  tautline::IoResult write(const char* data, std::size_t size) {
    if (state() != NetworkState::connected) return {0, true};
    for (std::size_t at = 0; at < size; ++at) reg(network_data) = static_cast<unsigned char>(data[at]);
    return {size, false};
  }
  void close() { reg(network_state) = 0; }
};

struct Random {
  std::uint32_t next() { return tautline::rp2040::random_number(); }
};

struct NoWatchdog {
  void start(std::uint32_t) {}
  void feed() {}
  bool stop() { return true; }
};

struct NoLed {
  void toggle() {}
};

/// The bridge's.
struct NetworkPort {
  Wifi wifi;
  Transport transport;
  Random random;
  NoWatchdog watchdog;
};

}  // namespace harness
