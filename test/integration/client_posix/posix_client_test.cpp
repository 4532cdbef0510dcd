#include <string>

#include "scripted_server.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::test {
namespace {

constexpr std::uint32_t patience_ms = 10000;

ClientConfig config_for(const char* server, std::uint16_t port) {
  ClientConfig config;
  config.my_id = "door";
  config.server = server;
  config.port = port;
  return config;
}

/// A client and its port in the loop that programs write.
struct Running {
  explicit Running(const ClientConfig& config) : client(port, config) {}

  template <class Condition>
  bool until(Condition condition) {
    const std::uint32_t start = posix::Port::now_ms();
    while (posix::Port::now_ms() - start < patience_ms) {
      const std::uint32_t deadline = client.poll(posix::Port::now_ms());
      if (condition()) return true;
      const std::uint32_t soon = posix::Port::now_ms() + 2;  // the server of the script is in the same thread
      port.wait(static_cast<std::int32_t>(deadline - soon) < 0 ? deadline : soon);
    }
    return false;
  }
  bool open(ScriptedServer& server) {
    if (!until([&] { return server.hears("TL2 door w=4 n=128 t=1500\n"); })) return false;
    server.say("HI 7 99 w=8 n=1024 t=2000\n");
    if (!until([&] { return server.hears("GO 7 "); })) return false;
    server.say("GO 7 0 40\n");
    return until([&] { return client(); });
  }

  posix::Port port;
  posix::Client<> client;
};

TEST(PosixClient, TalksOverIpv4) {
  ScriptedServer server;
  Running running(config_for("127.0.0.1", server.port()));
  ASSERT_TRUE(running.open(server));
  running.client.write("hello");
  EXPECT_TRUE(running.until([&] { return server.hears("D1 hello\n"); }));
  server.say("A1 40\nD41 good day\n");
  std::string_view line;
  EXPECT_TRUE(running.until([&] { return running.client.readline(line); }));
  EXPECT_EQ(line, "good day");
  EXPECT_EQ(running.client.unacknowledged(), 0U);
}

TEST(PosixClient, TalksOverIpv6) {
  ScriptedServer server(AF_INET6);
  if (!server.ok()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  Running running(config_for("::1", server.port()));
  EXPECT_TRUE(running.open(server));
}

TEST(PosixClient, TriesEveryAddressOfAName) {
  ScriptedServer server;  // listens on IPv4 only; where the name has an IPv6 address too, that one refuses first
  Running running(config_for("localhost", server.port()));
  EXPECT_TRUE(running.open(server));
}

TEST(PosixClient, ANameWithoutAddressIsUnresolved) {
  Running running(config_for("no-such-host.invalid", 8123));
  EXPECT_TRUE(running.until([&] { return running.client.last_reason() != Reason::none; }));
  EXPECT_EQ(running.client.last_reason(), Reason::unresolved);
}

TEST(PosixClient, ARefusedConnectIsUnreachable) {
  ScriptedServer server;
  const std::uint16_t port = server.port();
  server.stop_listening();
  Running running(config_for("127.0.0.1", port));
  EXPECT_TRUE(running.until([&] { return running.client.last_reason() != Reason::none; }));
  EXPECT_EQ(running.client.last_reason(), Reason::unreachable);
}

TEST(PosixClient, AConnectionResetWhileWritingIsAnOutageAndNoSignal) {
  ScriptedServer server;
  Running running(config_for("127.0.0.1", server.port()));
  ASSERT_TRUE(running.open(server));
  server.reset();
  for (int i = 0; i < 3; ++i) running.client.write("into the void");
  EXPECT_TRUE(running.until([&] { return !running.client(); }));
  EXPECT_EQ(running.client.last_reason(), Reason::peer_closed);
  EXPECT_TRUE(running.until([&] { return server.hears("TL2 door"); }));
  EXPECT_EQ(running.client.unacknowledged(), 3U);
}

TEST(PosixClient, ComesBackAfterAFin) {
  ScriptedServer server;
  Running running(config_for("127.0.0.1", server.port()));
  ASSERT_TRUE(running.open(server));
  server.hang_up();
  EXPECT_TRUE(running.until([&] { return running.client.last_reason() == Reason::peer_closed; }));
  EXPECT_TRUE(running.open(server));
  EXPECT_EQ(running.client.connects(), 2U);
}

TEST(PosixClient, FindsASilentServerWithinOneAndAQuarterTimeouts) {
  ScriptedServer server;
  ClientConfig config = config_for("127.0.0.1", server.port());
  Running running(config);
  ASSERT_TRUE(running.open(server));
  const std::uint32_t start = posix::Port::now_ms();
  EXPECT_TRUE(running.until([&] { return !running.client(); }));
  const std::uint32_t took = posix::Port::now_ms() - start;
  EXPECT_EQ(running.client.last_reason(), Reason::silent);
  EXPECT_GE(took, 1490U);
  EXPECT_LE(took, 1875U);
}

TEST(PosixClient, ClosesInOrder) {
  ScriptedServer server;
  Running running(config_for("127.0.0.1", server.port()));
  ASSERT_TRUE(running.open(server));
  running.client.close();
  EXPECT_TRUE(running.until([&] { return running.client.state() == LinkState::closed; }));
  EXPECT_TRUE(server.hears("A40 0\n"));
  EXPECT_TRUE(server.saw_end());
}

TEST(PosixClient, WaitReturnsWhenTheOtherDescriptorHasSomething) {
  ScriptedServer server;
  Running running(config_for("127.0.0.1", server.port()));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::uint32_t start = posix::Port::now_ms();
  EXPECT_FALSE(running.port.wait(start + 5, ends[0]));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_TRUE(running.port.wait(start + 5000, ends[0]));
  EXPECT_LT(posix::Port::now_ms() - start, 4000U);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace tautline::test
