#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/client/client.hpp"

/// A port that does nothing, in ways that the compiler cannot foresee.
namespace size_test {

struct Wifi {
  bool connect_stored() { return true; }
  void connect(const char*, const char*) {}
  void disconnect() {}
  bool is_up() const { return up; }

  volatile bool up = true;
};

struct Transport {
  void connect(const char*, std::uint16_t) {}
  tautline::ConnectStatus progress() { return status; }
  bool next_address() { return false; }
  tautline::IoResult read(char*, std::size_t) { return {count, closed}; }
  tautline::IoResult write(const char*, std::size_t) { return {count, closed}; }
  void close() {}

  volatile std::size_t count = 0;
  volatile bool closed = false;
  volatile tautline::ConnectStatus status = tautline::ConnectStatus::connecting;
};

struct Random {
  std::uint32_t next() { return number; }

  volatile std::uint32_t number = 0;
};

struct Watchdog {
  void start(std::uint32_t) {}
  void feed() {}
  bool stop() { return false; }
};

struct Led {
  void toggle() {}
};

struct Log {
  void state(tautline::LinkState, tautline::Reason) {}
};

struct Port {
  static constexpr bool speaks_protocol_1 = false;
  Wifi wifi;
  Transport transport;
  Random random;
  Watchdog watchdog;
  Led led;
  Log log;
};

using Client = tautline::Client<Port>;

}  // namespace size_test

extern template class tautline::BasicClient<size_test::Port>;
