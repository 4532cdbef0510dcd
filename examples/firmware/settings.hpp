#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/client/client.hpp"

namespace node {

/// What one device differs in from another. A product keeps these in flash; here they are the emulator's arguments,
/// words like `id=1 server=10.0.2.2`.
struct Settings {
  const char* id = "1";
  const char* server = "10.0.2.2";  ///< what QEMU's user network calls the machine it runs on
  std::uint16_t port = tautline::default_port;
  std::uint32_t timeout_ms = tautline::default_timeout_ms;
  std::uint32_t period_ms = 5000;  ///< between two lists; 0: none
  std::uint32_t lists = 0;         ///< how many are written; 0: no end
  const char* ip = "10.0.2.15";    ///< empty: DHCP
  const char* gateway = "10.0.2.2";
  const char* dns = "10.0.2.3";
  std::uint32_t seed = 0;      ///< for the random numbers, so that a test can be repeated
  bool verbose = false;        ///< print every change of the client's state, with the time
  bool keeps_numbers = false;  ///< over a reset, so that no line of the server comes again
  bool has_switch = false;     ///< on an input pin: its changes are written
};

/// `text` is cut into words in place and must outlive the settings. False: a word is not understood; it is left at
/// `text`.
bool parse(char*& text, Settings& settings);

/// For the random numbers of this boot: differs between devices, by their ids.
std::uint32_t seed_of(const Settings& settings);

}  // namespace node
