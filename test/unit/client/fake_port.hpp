#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/client/client.hpp"

namespace tautline::test {

/// A station whose radio is the script.
struct FakeWifi {
  bool up = true;
  bool remembers = false;  ///< has credentials in flash
  bool drops = false;      ///< disconnect() takes it down, as a real one does; the script brings it up again
  int connects = 0;
  int disconnects = 0;
  std::string ssid;
  std::vector<std::string> calls;  ///< in order: "stored", "disconnect", or what connect() got as "ssid/pw"
  bool connect_stored() {
    if (!remembers) return false;
    start("stored");
    return true;
  }
  void connect(const char* name, const char* password) {
    ssid = name;
    start(ssid + "/" + password);
  }
  void disconnect() {
    ++disconnects;
    calls.emplace_back("disconnect");
    if (drops) up = false;
  }
  bool is_up() const { return up; }

 private:
  void start(const std::string& call) {
    ++connects;
    calls.push_back(call);
  }
};

/// A TCP connection whose other end is the test.
struct FakeTransport {
  ConnectStatus status = ConnectStatus::connected;  ///< what the next progress() says
  int more_addresses = 0;
  int connects = 0;
  int closes = 0;
  bool connected = false;
  std::string host;
  std::uint16_t port = 0;
  std::string to_client;
  std::string from_client;
  bool fin = false;
  bool rst = false;              ///< also what was sent and not yet read is lost
  std::size_t takes = SIZE_MAX;  ///< bytes that it still accepts

  void connect(const char* name, std::uint16_t number) {
    ++connects;
    connected = true;
    host = name;
    port = number;
    fin = rst = false;
    to_client.clear();
    from_client.clear();
  }
  ConnectStatus progress() const { return status; }
  bool next_address() { return more_addresses-- > 0; }
  IoResult read(char* data, std::size_t size) {
    if (rst) return {0, true};
    const std::size_t count = std::min(size, to_client.size());
    std::memcpy(data, to_client.data(), count);
    to_client.erase(0, count);
    return {count, count == 0 && fin};
  }
  IoResult write(const char* data, std::size_t size) {
    if (rst) return {0, true};
    const std::size_t count = std::min(size, takes);
    from_client.append(data, count);
    takes -= takes == SIZE_MAX ? 0 : count;
    return {count, false};
  }
  void close() {
    ++closes;
    connected = false;
  }
};

struct FakeRandom {
  std::uint32_t value = 0;
  std::uint32_t next() const { return value; }
};

struct FakeWatchdog {
  bool can_stop = true;
  std::uint32_t timeout_ms = 0;
  int starts = 0;
  int feeds = 0;
  bool stopped = false;
  void start(std::uint32_t ms) {
    ++starts;
    timeout_ms = ms;
  }
  void feed() { ++feeds; }
  bool stop() {
    stopped = true;
    return can_stop;
  }
};

struct FakeLed {
  int toggles = 0;
  void toggle() { ++toggles; }
};

struct FakeLog {
  std::vector<LinkState> states;
  void state(LinkState state, Reason) { states.push_back(state); }
};

template <bool with_protocol_1>
struct BasicFakePort {
  static constexpr bool speaks_protocol_1 = with_protocol_1;
  FakeWifi wifi;
  FakeTransport transport;
  FakeRandom random;
  FakeWatchdog watchdog;
  FakeLed led;
  FakeLog log;
};
using FakePort = BasicFakePort<false>;

/// A client, its port and a clock. Scripts: give() lines as the server, see what the client said().
template <class First = KeepTrying, bool with_protocol_1 = false, std::size_t window = 2, std::size_t queued_lines = 3>
class Bench {
 public:
  using Port = BasicFakePort<with_protocol_1>;

  explicit Bench(ClientConfig config = {}, const FakeWifi& wifi = {})
      : port(with_wifi(wifi)), client(port, with_defaults(config)) {}

  static Port with_wifi(const FakeWifi& wifi) {
    Port port;
    port.wifi = wifi;
    return port;
  }
  static ClientConfig with_defaults(ClientConfig config) {
    config.my_id = "door";
    config.server = "house";
    return config;
  }

  void poll() { deadline = client.poll(now); }
  void pass(std::uint32_t ms) {
    now += ms;
    poll();
  }
  void give(std::string_view lines) {
    port.transport.to_client += lines;
    poll();
  }
  std::string said() { return std::exchange(port.transport.from_client, {}); }

  void connect() {
    poll();  // asks for a connection
    poll();  // it is there: hello
  }
  /// From nothing to open; `more` stands in the HI.
  void open(std::string_view more = "") {
    connect();
    ASSERT_EQ(said(), "TL2 door w=" + std::to_string(window) + " n=64 t=1500\n");
    give("HI 7 99 w=2 n=64 t=2000" + std::string(more) + "\n");
    said();
    give("GO 7 " + std::to_string(client.link().numbers().base - 1) + " 40\n");
    ASSERT_TRUE(client.status());
    said();
  }
  /// Waits as the client asks for until it is connecting again.
  void reconnect() {
    const int before = port.transport.connects;
    for (int waits = 0; waits < 20 && port.transport.connects == before; ++waits) {
      now = deadline;
      poll();
    }
    ASSERT_EQ(port.transport.connects, before + 1);
    if (port.transport.status == ConnectStatus::connected) poll();
  }
  std::string read() {
    std::string_view line;
    return client.readline(line) ? std::string(line) : "(none)";
  }

  Port port;
  std::uint32_t now = 0xFFFFF000U;  // the clock wraps during most tests
  std::uint32_t deadline = 0;
  Client<Port, Sizes<64, window, queued_lines>, First> client;
};

}  // namespace tautline::test
