// Each defect that is built into a port here is found, by the check that is meant to find it.

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "tautline/port_conformance.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::test {
namespace {

enum class Defect {
  clock_goes_back,
  random_repeats,
  wifi_stays_up,
  wifi_does_not_come_back,
  connected_at_once,
  never_fails,
  unknown_name_is_found,
  nothing_is_the_end,
  end_is_not_told,
  end_hides_bytes,
  write_takes_all,
  close_forgets,
  close_keeps_bytes,
  small_reads_lose_bytes,
};

struct Transport {
  void connect(const char* host, std::uint16_t port) { real.connect(host, port); }
  ConnectStatus progress() {
    const ConnectStatus status = real.progress();
    if (defect == Defect::connected_at_once) return ConnectStatus::connected;
    if (defect == Defect::never_fails && status == ConnectStatus::refused) return ConnectStatus::connecting;
    if (defect == Defect::unknown_name_is_found && status == ConnectStatus::unresolved) return ConnectStatus::refused;
    return status;
  }
  bool next_address() { return real.next_address(); }
  IoResult read(char* data, std::size_t size) {
    real.write(unsent.data(), unsent.size());
    unsent.clear();
    if (!left_over.empty()) {
      const std::size_t count = std::min(size, left_over.size());
      std::memcpy(data, left_over.data(), count);
      left_over.erase(0, count);
      return {count, false};
    }
    IoResult result = real.read(data, size);
    if (defect == Defect::nothing_is_the_end && result.bytes == 0) result.closed = true;
    if (defect == Defect::end_is_not_told) result.closed = false;
    if (defect == Defect::small_reads_lose_bytes && size == 1 && result.bytes == 1) result = real.read(data, size);
    if (defect == Defect::end_hides_bytes && std::string_view(data, result.bytes) == "bye\n") result = {0, true};
    return result;
  }
  IoResult write(const char* data, std::size_t size) {
    if (defect == Defect::close_forgets) {
      unsent.append(data, size);
      return {size, false};
    }
    const IoResult result = real.write(data, size);
    return defect == Defect::write_takes_all && !result.closed ? IoResult{size, false} : result;
  }
  void close() {
    char bytes[64];
    if (defect == Defect::close_keeps_bytes && real.descriptor() >= 0) {
      left_over.append(bytes, real.read(bytes, sizeof bytes).bytes);
    }
    unsent.clear();
    real.close();
  }

  const Defect defect;
  posix::TcpTransport real = {};
  std::string left_over = {};
  std::string unsent = {};
};

struct Wifi {
  bool connect_stored() {
    up = defect != Defect::wifi_does_not_come_back || !was_down;
    return true;
  }
  void connect(const char*, const char*) {}
  void disconnect() {
    was_down = true;
    up = defect == Defect::wifi_stays_up;
  }
  bool is_up() const { return up; }

  const Defect defect;
  bool up = false;
  bool was_down = false;
};

struct Random {
  std::uint32_t next() { return defect == Defect::random_repeats ? 4 : real.next(); }

  const Defect defect;
  posix::SystemRandom real = {};
};

struct Port {
  static constexpr bool speaks_protocol_1 = true;
  explicit Port(Defect defect) : wifi{defect}, transport{defect}, random{defect} {}

  Wifi wifi;
  Transport transport;
  Random random;
  posix::AlarmWatchdog watchdog;
  posix::SysfsLed led;
  posix::StderrLog log;
};

class Host {
 public:
  explicit Host(Defect defect) : port_(defect), defect_(defect) {}

  Port& port() { return port_; }
  std::uint32_t now_ms() {
    const std::uint32_t now_ms = posix::Port::now_ms();
    return defect_ == Defect::clock_goes_back && ++looks_ > 10 ? now_ms - 1000 : now_ms;
  }
  void turn() { ::poll(nullptr, 0, 1); }
  void report(const char* check, const char* problem) {
    if (problem != nullptr) failed.emplace_back(check);
  }

  std::vector<std::string> failed;

 private:
  Port port_;
  const Defect defect_;
  int looks_ = 0;
};

struct Case {
  Defect defect;
  const char* found_by;
};

class PortDefect : public testing::TestWithParam<Case> {};

TEST_P(PortDefect, IsFound) {
  Program peer({}, {}, "port_conformance_peer");
  ASSERT_TRUE(peer.until([&] { return peer.output().find('\n') != std::string::npos; })) << peer.errors();
  unsigned port = 0, closed_port = 0;
  ASSERT_EQ(std::sscanf(peer.output().c_str(), "%u %u", &port, &closed_port), 2);

  conformance::Settings settings;
  settings.host = "127.0.0.1";
  settings.port = static_cast<std::uint16_t>(port);
  settings.closed_port = static_cast<std::uint16_t>(closed_port);
  settings.limit_ms = 3000;  // what a defect makes wait for ever
  Host host(GetParam().defect);
  conformance::PortConformance<Host> checks(host, settings);
  EXPECT_NE(checks.run(), 0U);
  EXPECT_THAT(host.failed, testing::Contains(GetParam().found_by));
}

INSTANTIATE_TEST_SUITE_P(Built_in, PortDefect,
                         testing::Values(Case{Defect::clock_goes_back, "clock_moves_forward"},
                                         Case{Defect::random_repeats, "random_numbers_differ"},
                                         Case{Defect::wifi_stays_up, "wifi_starts_over"},
                                         Case{Defect::wifi_does_not_come_back, "wifi_starts_over"},
                                         Case{Defect::connected_at_once, "nobody_listens_is_a_failure"},
                                         Case{Defect::never_fails, "nobody_listens_is_a_failure"},
                                         Case{Defect::unknown_name_is_found, "an_unknown_name_is_a_failure"},
                                         Case{Defect::nothing_is_the_end, "an_echo_comes_back"},
                                         Case{Defect::end_is_not_told, "a_reset_is_an_end"},
                                         Case{Defect::end_hides_bytes, "bytes_before_the_end_are_read"},
                                         Case{Defect::write_takes_all, "a_write_takes_what_fits"},
                                         Case{Defect::close_forgets, "what_was_written_leaves_before_the_close"},
                                         Case{Defect::close_keeps_bytes, "a_new_connection_is_new"},
                                         Case{Defect::small_reads_lose_bytes, "reads_of_one_byte_lose_nothing"}));

}  // namespace
}  // namespace tautline::test
