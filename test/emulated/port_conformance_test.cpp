// The boards' ports, with ports/lwip and ports/baremetal below them, keep the contract of docs/porting.md.

#include "board_test.hpp"
#include "program.hpp"

namespace tautline::test {
namespace {

class EmulatedPortConformance : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(Boards, EmulatedPortConformance, all_boards(), board_name);

TEST_P(EmulatedPortConformance, AllChecks) {
  Program peer({}, {}, "port_conformance_peer");
  ASSERT_TRUE(peer.until([&] { return peer.output().find('\n') != std::string::npos; })) << peer.errors();
  const std::size_t blank = peer.output().find(' ');
  const std::string port = peer.output().substr(0, blank);
  const std::string closed_port = peer.output().substr(blank + 1, peer.output().find('\n') - blank - 1);

  Emulator device(board(), {"port=" + port, "closed=" + closed_port}, {.image = "port_conformance"});
  ASSERT_TRUE(peer.until([&] { return device.count_beginning("0 checks failed") == 1; }, 120'000));
  std::size_t passed = 0;
  for (const std::string& line : device.console()) {
    if (line.find(": ok") != std::string::npos) ++passed;
  }
  EXPECT_EQ(passed, 18U);
}

}  // namespace
}  // namespace tautline::test
