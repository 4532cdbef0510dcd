#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tautline/client/client.hpp"

/// Checks of a port against the contract in docs/porting.md, for its author. C++17 without heap, exceptions or a test
/// framework, so that they run on the board itself. The other end is the program
/// test/integration/port_conformance/peer.
namespace tautline::conformance {

/// Where the peer is, and what of the contract applies.
struct Settings {
  const char* host = "";                              ///< name or address of the machine that runs the peer
  std::uint16_t port = 0;                             ///< where it listens
  std::uint16_t closed_port = 0;                      ///< of the same machine: nobody listens there
  const char* unknown_name = "no-such-host.invalid";  ///< a host name that has no address
  const char* ssid = "";                              ///< as in ClientConfig
  const char* pw = "";                                ///< password of that WiFi
  std::uint32_t limit_ms = 20000;                     ///< for each step of a check; far more than any of them takes
  bool switches_wifi = true;  ///< false: the system has the network, and Wifi::disconnect() does nothing
};

/// `Host` is what the board's program gives beside the port:
///
///     Port& port();
///     std::uint32_t now_ms();                   the clock that is given to Client::poll()
///     void turn();                              what the main loop does in a turn beside the client: the stack's poll
///     void report(const char* check, const char* problem);   problem: null if the check passed
template <class Host>
class PortConformance {
 public:
  PortConformance(Host& host, const Settings& settings) : host_(host), settings_(settings) {}

  /// All checks, in order; each is reported. Returns how many failed.
  unsigned run() {
    unsigned failed = 0;
    for (const Check& check : checks) {
      const char* const problem = (this->*check.function)();
      host_.report(check.name, problem);
      if (problem == nullptr) continue;
      ++failed;
      if (check.ends_all) break;
    }
    transport().close();
    return failed;
  }

 private:
  using Function = const char* (PortConformance::*)();
  struct Check {
    const char* name;
    Function function;
    bool ends_all;  ///< without it the others mean nothing, or would wait for ever
  };
  static const Check checks[18];

  static constexpr std::uint32_t most_bytes_taken = 64U << 20U;

  auto& port() { return host_.port(); }
  auto& transport() { return port().transport; }

  template <class Condition>
  bool until(Condition condition) {
    return until(condition, settings_.limit_ms);
  }
  template <class Condition>
  bool until(Condition condition, std::uint32_t within_ms) {
    const std::uint32_t start_ms = host_.now_ms();
    while (!condition()) {
      if (host_.now_ms() - start_ms > within_ms) return false;
      turn();
    }
    return true;
  }
  void turn() {
    if (watchdog_runs_) port().watchdog.feed();
    host_.turn();
  }

  // ---- steps ----

  static bool is_under_way(ConnectStatus status) {
    return status == ConnectStatus::resolving || status == ConnectStatus::connecting;
  }
  ConnectStatus try_to_connect(const char* name, std::uint16_t number) {
    transport().connect(name, number);
    ConnectStatus status = ConnectStatus::resolving;
    until([&] {
      status = transport().progress();
      return !is_under_way(status);
    });
    return status;
  }
  bool connect() { return try_to_connect(settings_.host, settings_.port) == ConnectStatus::connected; }
  bool send(std::string_view bytes) {
    return until([&] {
             const IoResult result = transport().write(bytes.data(), bytes.size());
             bytes.remove_prefix(result.bytes);
             return bytes.empty() || result.closed;
           }) &&
           bytes.empty();
  }
  /// Reads `bytes`, in pieces of at most `piece`.
  bool expect(std::string_view bytes, std::size_t piece = 64) {
    bool same = true;
    return until([&] {
             const std::size_t wanted = bytes.size() < piece ? bytes.size() : piece;
             const IoResult result = transport().read(buffer_, wanted < sizeof buffer_ ? wanted : sizeof buffer_);
             same = result.bytes <= wanted && std::memcmp(buffer_, bytes.data(), result.bytes) == 0;
             if (same) bytes.remove_prefix(result.bytes);
             return !same || result.closed || bytes.empty();
           }) &&
           same && bytes.empty();
  }
  /// A line of decimal digits from the peer.
  bool read_number(std::uint32_t& number) {
    bool ended = false;
    number = 0;
    return until([&] {
             char digit = 0;
             const IoResult result = transport().read(&digit, 1);
             ended = result.closed;
             if (result.bytes == 1 && digit >= '0' && digit <= '9')
               number = number * 10 + static_cast<unsigned>(digit - '0');
             return ended || (result.bytes == 1 && digit == '\n');
           }) &&
           !ended;
  }
  bool ends() {
    return until([&] { return transport().read(buffer_, sizeof buffer_).closed; });
  }
  bool echoes(std::string_view line) { return connect() && send("echo\n") && send(line) && expect(line); }
  bool start_wifi() {
    if (!port().wifi.connect_stored()) port().wifi.connect(settings_.ssid, settings_.pw);
    return until([&] { return port().wifi.is_up(); });
  }

  // ---- checks: null, or what is wrong ----

  const char* clock_moves_forward() {
    constexpr std::uint32_t far_ms = 50;
    constexpr std::uint32_t most_turns = 100'000'000;
    const std::uint32_t start_ms = host_.now_ms();
    std::uint32_t last_ms = start_ms;
    for (std::uint32_t turns = 0; turns < most_turns; ++turns) {
      const std::uint32_t now_ms = host_.now_ms();
      if (static_cast<std::int32_t>(now_ms - last_ms) < 0) return "now_ms() went back";
      last_ms = now_ms;
      if (now_ms - start_ms >= far_ms) return nullptr;
      host_.turn();
    }
    return "now_ms() stands still";
  }
  const char* random_numbers_differ() {
    std::uint32_t zeros = 0;
    std::uint32_t ones = 0;
    std::uint32_t before = port().random.next();
    for (int i = 0; i < 64; ++i) {
      const std::uint32_t number = port().random.next();
      if (number == before) return "the same number twice in a row";
      before = number;
      zeros |= ~number;
      ones |= number;
    }
    return zeros == 0xFFFFFFFFU && ones == 0xFFFFFFFFU ? nullptr : "a bit that never changes";
  }
  const char* wifi_comes_up() {
    return start_wifi() ? nullptr : "is_up() stays false after connect_stored() or connect()";
  }
  const char* closing_what_is_closed_is_harmless() {
    transport().close();
    transport().close();
    return echoes("after close\n") ? nullptr : "no connection after close()";
  }
  const char* an_echo_comes_back() {
    if (!connect()) return "connect() and progress() do not reach the peer";
    if (transport().progress() != ConnectStatus::connected) return "progress() does not stay connected";
    if (!send("echo\n") || !send("0123456789\n")) return "write() does not take the bytes";
    return expect("0123456789\n") ? nullptr : "read() does not give what was sent";
  }
  const char* nothing_to_read_would_block() {
    if (!echoes("one\n")) return "no echo";
    for (int reads = 0; reads < 100; ++reads) {
      const IoResult result = transport().read(buffer_, sizeof buffer_);
      if (result.closed) return "read() without bytes says closed";
      if (result.bytes != 0) return "read() gives bytes that nobody sent";
      turn();
    }
    return send("two\n") && expect("two\n") ? nullptr : "no echo after reads without bytes";
  }
  const char* reads_of_one_byte_lose_nothing() {
    constexpr std::string_view text = "the quick brown fox jumps over the lazy dog\n";
    if (!connect() || !send("echo\n") || !send(text)) return "no connection";
    return expect(text, 1) ? nullptr : "bytes are lost or doubled";
  }
  /// Writes to a peer that does not read for a while, until that is felt; then all of it must have arrived.
  const char* a_write_takes_what_fits() {
    if (!connect() || !send("count\n")) return "no connection";
    for (std::size_t i = 0; i < sizeof buffer_; ++i) buffer_[i] = static_cast<char>('a' + i % 26);
    std::uint32_t sent = 0;
    bool partly = false;
    while (!partly && sent < most_bytes_taken) {
      const IoResult result = transport().write(buffer_, sizeof buffer_);
      if (result.closed) return "write() says closed where it should take fewer bytes, or none";
      if (result.bytes > sizeof buffer_) return "write() takes more bytes than it was given";
      sent += static_cast<std::uint32_t>(result.bytes);
      partly = result.bytes < sizeof buffer_;
    }
    if (!partly) return "write() never takes fewer bytes than it was given";
    std::uint32_t counted = 0;
    if (!send("\n") || !read_number(counted)) return "no answer after a full buffer";
    return counted == sent ? nullptr : "the peer got another number of bytes than write() took";
  }
  const char* bytes_before_the_end_are_read() {
    if (!connect() || !send("fin\n")) return "no connection";
    if (!expect("bye\n")) return "what the peer sent before its FIN is lost";
    return ends() ? nullptr : "read() never says closed after FIN";
  }
  const char* a_reset_is_an_end() {
    if (!connect() || !send("rst\n")) return "no connection";
    return ends() ? nullptr : "read() never says closed after RST";
  }
  const char* nobody_listens_is_a_failure() {
    switch (try_to_connect(settings_.host, settings_.closed_port)) {
      case ConnectStatus::refused:
      case ConnectStatus::unreachable: break;
      case ConnectStatus::connected: return "progress() says connected, and nobody listens";
      default: return "progress() never says refused or unreachable";
    }
    return echoes("after refusal\n") ? nullptr : "no connection after that";
  }
  /// A resolver may take its time: the client waits for resolve_limit_ms, then closes.
  const char* an_unknown_name_is_a_failure() {
    const ConnectStatus status = try_to_connect(settings_.unknown_name, settings_.port);
    if (status != ConnectStatus::unresolved && status != ConnectStatus::resolving)
      return "progress() is not unresolved";
    if (transport().next_address()) return "next_address() has one";
    transport().close();
    return echoes("after a name\n") ? nullptr : "no connection after that";
  }
  const char* an_attempt_can_be_closed() {
    for (int turns = 0; turns < 4; ++turns) {
      transport().connect(settings_.host, settings_.port);
      for (int i = 0; i < turns; ++i) {
        transport().progress();
        turn();
      }
      transport().close();
    }
    return echoes("after attempts\n") ? nullptr : "no connection after attempts that were closed";
  }
  const char* a_new_connection_is_new() {
    if (!echoes("old\n") || !send("unread\n")) return "no connection";
    until([] { return false; }, 200);  // the echo arrives
    transport().close();
    return echoes("new\n") ? nullptr : "bytes of the connection before, or none";
  }
  const char* what_was_written_leaves_before_the_close() {
    if (!connect() || !send("note\nlast words\n")) return "no connection";
    transport().close();
    // The peer may get it later than the next connection.
    for (int tries = 0; tries < 20; ++tries) {
      if (!connect() || !send("last\n")) return "no connection";
      if (expect("last words\n")) return nullptr;
    }
    return "close() dropped what write() had taken";
  }
  const char* each_connection_has_a_port_of_its_own() {
    std::uint32_t numbers[3] = {};
    for (std::uint32_t& number : numbers) {
      if (!connect() || !send("who\n") || !read_number(number)) return "no connection";
      transport().close();
    }
    const bool differ = numbers[0] != numbers[1] && numbers[1] != numbers[2] && numbers[0] != numbers[2];
    return differ ? nullptr : "the local port of the connection before";
  }
  const char* wifi_starts_over() {
    transport().close();
    port().wifi.disconnect();
    if (settings_.switches_wifi && port().wifi.is_up()) return "is_up() after disconnect()";
    if (!start_wifi()) return "is_up() stays false after disconnect() and another start";
    return until([&] { return echoes("after WiFi\n"); }) ? nullptr : "no connection after WiFi came back";
  }
  /// Whether the board really resets, and whether the LED lights, is seen by eye.
  const char* watchdog_and_led_can_be_called() {
    port().led.toggle();
    port().led.toggle();
    port().log.state(LinkState::waiting, Reason::unreachable);
    port().watchdog.start(watchdog_ms);
    watchdog_runs_ = true;
    until([] { return false; }, 100);
    watchdog_runs_ = !port().watchdog.stop();
    until([] { return false; }, 100);
    return nullptr;
  }

  using Port = std::remove_reference_t<decltype(std::declval<Host&>().port())>;
  static_assert(sizeof(Client<Port>) != 0, "a client accepts the port");

  Host& host_;
  const Settings& settings_;
  bool watchdog_runs_ = false;
  char buffer_[128] = {};
};

template <class Host>
const typename PortConformance<Host>::Check PortConformance<Host>::checks[18] = {
    {"clock_moves_forward", &PortConformance::clock_moves_forward, true},
    {"random_numbers_differ", &PortConformance::random_numbers_differ, false},
    {"wifi_comes_up", &PortConformance::wifi_comes_up, true},
    {"an_echo_comes_back", &PortConformance::an_echo_comes_back, true},
    {"closing_what_is_closed_is_harmless", &PortConformance::closing_what_is_closed_is_harmless, false},
    {"nothing_to_read_would_block", &PortConformance::nothing_to_read_would_block, false},
    {"reads_of_one_byte_lose_nothing", &PortConformance::reads_of_one_byte_lose_nothing, false},
    {"a_write_takes_what_fits", &PortConformance::a_write_takes_what_fits, false},
    {"bytes_before_the_end_are_read", &PortConformance::bytes_before_the_end_are_read, false},
    {"a_reset_is_an_end", &PortConformance::a_reset_is_an_end, false},
    {"nobody_listens_is_a_failure", &PortConformance::nobody_listens_is_a_failure, false},
    {"an_unknown_name_is_a_failure", &PortConformance::an_unknown_name_is_a_failure, false},
    {"an_attempt_can_be_closed", &PortConformance::an_attempt_can_be_closed, false},
    {"a_new_connection_is_new", &PortConformance::a_new_connection_is_new, false},
    {"what_was_written_leaves_before_the_close", &PortConformance::what_was_written_leaves_before_the_close, false},
    {"each_connection_has_a_port_of_its_own", &PortConformance::each_connection_has_a_port_of_its_own, false},
    {"wifi_starts_over", &PortConformance::wifi_starts_over, false},
    {"watchdog_and_led_can_be_called", &PortConformance::watchdog_and_led_can_be_called, false},
};

}  // namespace tautline::conformance
