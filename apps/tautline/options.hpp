#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tautline::cli {

/// What both commands take.
struct CommonOptions {
  std::uint16_t port = 8123;
  std::uint32_t timeout_ms = 1500;
  std::uint32_t max_line = 1024;
  int qos = 1;
  bool no_wait = false;
  bool verbose = false;
};

struct ServeOptions : CommonOptions {
  std::string address;  ///< empty: all interfaces
  std::vector<std::string> expect;
  std::string store;  ///< SQLite file; empty: memory
  bool once = false;
};

struct ConnectOptions : CommonOptions {
  std::string id;
  std::string server;
  int protocol = 2;
  std::string interface;  ///< empty: the network counts as always up
  std::string watchdog;   ///< a device, or "process"; empty: none
  std::string led;        ///< empty: none
  bool linger = false;
  bool give_up = false;
};

}  // namespace tautline::cli
