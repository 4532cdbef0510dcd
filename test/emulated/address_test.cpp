// How a device gets its own address, finds the server's, and from which port it dials.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "board_test.hpp"
#include "frames.hpp"

namespace tautline::test {
namespace {

/// Answers every DNS request with the address by which a device reaches this machine, or says that there is no such
/// name. On an address of the loopback that nothing else uses.
class NameServer {
 public:
  NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const unsigned number = static_cast<unsigned>(::getpid());
    address_ = "127.53." + std::to_string(number >> 8U & 255U) + "." + std::to_string(number & 255U);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(53);
    ::inet_pton(AF_INET, address_.c_str(), &own.sin_addr);
    usable_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0 && ::geteuid() == 0;
  }
  ~NameServer() { ::close(socket_); }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  bool usable() const { return usable_; }
  const std::string& address() const { return address_; }
  int requests() const { return requests_; }
  void know_the_name() { known_ = true; }

  void answer() {
    char bytes[512];
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t count = ::recvfrom(socket_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (count < 12) return;
    ++requests_;
    std::string reply(bytes, static_cast<std::size_t>(count));
    reply[2] = '\x81';                    // a response
    reply[3] = known_ ? '\x80' : '\x83';  // ... or no such name
    if (known_) {
      reply[7] = 1;
      // The name of the question, type A, class IN, not to be remembered, 4 bytes.
      reply += std::string("\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x0a\0\2\2", 16);
    }
    ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
  }

 private:
  const int socket_;
  std::string address_;
  bool usable_ = false;
  bool known_ = false;
  int requests_ = 0;
};

class EmulatedAddress : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(, EmulatedAddress, testing::Values(&mps2_an385(), &lx106()), board_name);

TEST_P(EmulatedAddress, ByDhcpAndTheServersByDns) {
  NameServer names;
  if (!names.usable()) {
    ASSERT_EQ(std::getenv("TAUTLINE_REQUIRE_NAMESPACES"), nullptr) << "cannot answer DNS requests";
    GTEST_SKIP() << "needs root";
  }
  Rig rig({"1"});
  Emulator& device =
      rig.add_device(board(), "1", {"ip=", "server=house.example", "period=20"}, {.name_server = names.address()});
  const auto until = [&](const std::function<bool()>& condition) {
    return rig.until([&] {
      names.answer();
      return condition();
    });
  };
  EXPECT_TRUE(until([&] { return device.count("link down: unresolved") != 0; })) << "no such name";
  names.know_the_name();
  EXPECT_TRUE(until([&] { return device.count("link up") == 1; }));
  // The name is looked up again for each connection: the server may have moved.
  const int requests = names.requests();
  EXPECT_EQ(rig.stop_server(), 0);
  rig.start_server();
  EXPECT_TRUE(until([&] { return device.count("link up") == 2; }));
  EXPECT_GT(names.requests(), requests);
  rig.start_traffic(20);
  EXPECT_TRUE(rig.until_more_lines("1", 20));
  rig.expect_exactly_once("1");
}

class EmulatedPort : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(, EmulatedPort, all_boards(), board_name);

/// A device that dials from the port of its last life meets the server's half-open connection.
TEST_P(EmulatedPort, IsAnotherAfterEachReset) {
  constexpr std::size_t boots = 6;
  const std::string file =
      (std::filesystem::temp_directory_path() / ("tautline-frames-" + std::to_string(::getpid()))).string();
  {
    Rig rig({"1"});
    Emulator& device = rig.add_device(board(), "1", {"period=20"}, {.frames_file = file});
    for (std::size_t boot = 1; boot <= boots; ++boot) {
      EXPECT_TRUE(rig.until([&] { return device.count("link up") == boot; })) << "boot " << boot;
      if (boot != boots) device.reset();
    }
  }
  const std::vector<std::uint16_t> ports = dialled_from(file);
  std::filesystem::remove(file);
  EXPECT_GE(ports.size(), boots);
  EXPECT_EQ(std::set<std::uint16_t>(ports.begin(), ports.end()).size(), ports.size()) << "a port was used twice";
}

/// Nobody answers: an attempt ends after 2 s, not after lwIP's minutes of SYNs.
TEST_P(EmulatedPort, AnAttemptThatNobodyAnswersEnds) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"server=10.0.2.200"});
  EXPECT_TRUE(rig.until([&] { return device.count_beginning("link down") != 0; }));
  EXPECT_EQ(device.count("link down: unreachable"), 1U);
}

}  // namespace
}  // namespace tautline::test
