// ports/posix keeps the contract of docs/porting.md, over real sockets of the loopback.

#include <cstdio>

#include <gtest/gtest.h>

#include "program.hpp"
#include "tautline/port_conformance.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::test {
namespace {

class PosixHost {
 public:
  posix::Port& port() { return port_; }
  static std::uint32_t now_ms() { return posix::Port::now_ms(); }
  void turn() { port_.wait(now_ms() + 1); }
  void report(const char* check, const char* problem) {
    ++reports;
    EXPECT_EQ(problem, nullptr) << check << ": " << problem;
  }

  unsigned reports = 0;

 private:
  posix::Port port_;
};

TEST(PortConformance, PosixPort) {
  Program peer({}, {}, "port_conformance_peer");
  ASSERT_TRUE(peer.until([&] { return peer.output().find('\n') != std::string::npos; })) << peer.errors();
  unsigned port = 0, closed_port = 0;
  ASSERT_EQ(std::sscanf(peer.output().c_str(), "%u %u", &port, &closed_port), 2);

  conformance::Settings settings;
  settings.host = "localhost";
  settings.port = static_cast<std::uint16_t>(port);
  settings.closed_port = static_cast<std::uint16_t>(closed_port);
  settings.switches_wifi = false;
  PosixHost host;
  conformance::PortConformance<PosixHost> checks(host, settings);
  EXPECT_EQ(checks.run(), 0U);
  EXPECT_EQ(host.reports, 18U);
}

}  // namespace
}  // namespace tautline::test
