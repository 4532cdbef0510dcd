// docs/bridge.md shows the begin of a session, byte by byte.

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/bridge/hosted_link.hpp"
#include "tautline/bridge/uart_frame.hpp"

namespace tautline::bridge::test {
namespace {

/// The lines of the document's block that shows bytes: "> 00 06 ..." and "< 00 0f ...".
std::vector<std::string> shown_in_document() {
  std::ifstream file(TAUTLINE_BRIDGE_DOCUMENT);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("> 00 ", 0) == 0 || line.rfind("< 00 ", 0) == 0) lines.push_back(line);
  }
  return lines;
}

/// One packet as it goes over a UART, and takes it to the other end.
std::string say(const char* who, ByteStream& from, ByteStream& to, std::uint32_t now_ms) {
  char packet[max_packet_bytes + check_bytes];
  const std::size_t bytes = from.produce(packet, now_ms);
  char frame[max_uart_frame_bytes];
  const char* const end = put_uart_frame(frame, packet, bytes);
  std::string line = who;
  for (const char* p = frame; p != end; ++p) {
    char byte[4];
    std::snprintf(byte, sizeof byte, " %02x", static_cast<unsigned>(static_cast<unsigned char>(*p)));
    line += byte;
  }
  to.receive({packet, bytes}, now_ms);
  return line;
}

TEST(BridgeDocument, the_session_in_bytes_is_what_the_code_says) {
  StoredStream<> board;
  StoredStream<> bridge;
  board.start(1, 0);
  bridge.start(2, 0);
  const HostedSettings settings{"net", "secret", 60000};
  HostedLink link(board, settings);
  std::vector<std::string> said;
  said.push_back(say(">", board, bridge, 0));
  said.push_back(say("<", bridge, board, 0));
  said.push_back(say(">", board, bridge, 0));
  said.push_back(say("<", bridge, board, 0));
  said.push_back(say(">", board, bridge, 0));
  link.connect_wifi(true);
  link.receive();
  link.connect("10.0.0.1", 8123);
  link.send();
  said.push_back(say(">", board, bridge, 1));
  said.push_back(say("<", bridge, board, 1 + StreamTimes().ack_delay_ms));
  EXPECT_EQ(shown_in_document(), said);
}

}  // namespace
}  // namespace tautline::bridge::test
