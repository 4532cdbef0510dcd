// A program that sleeps until it is woken: what came while it took its turn must not wait for the next event.

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "tautline/bridge/bridge.hpp"
#include "tautline/bridge/hosted_client.hpp"
#include "tautline/bridge/uart_channel.hpp"

namespace tautline::bridge {
namespace {

/// What is written at one end is there at the other end at once.
struct Pipe {
  std::string bytes;
};

struct Uart {
  Pipe& in;
  Pipe& out;
  std::size_t read(char* data, std::size_t size) {
    const std::size_t count = in.bytes.copy(data, size);
    in.bytes.erase(0, count);
    return count;
  }
  std::size_t write(const char* data, std::size_t size) {
    out.bytes.append(data, size);
    return size;
  }
};

struct Ends {
  Pipe to_board, to_bridge;
  Uart board_uart{to_board, to_bridge}, bridge_uart{to_bridge, to_board};
  StoredStream<> board_stream, bridge_stream;
  UartChannel<Uart> board{board_uart, board_stream}, bridge{bridge_uart, bridge_stream};

  void start() {
    board.start(1, 0);
    bridge.start(2, 0);
    for (int turns = 0; turns < 10; ++turns) {
      board.poll(0);
      bridge.poll(0);
    }
  }
};

TEST(Waiting, TheStreamTellsOfWhatCame) {
  Ends ends;
  const std::uint16_t at_begin = ends.bridge_stream.changes();
  ends.start();
  ASSERT_TRUE(ends.bridge_stream.is_up());
  EXPECT_NE(ends.bridge_stream.changes(), at_begin) << "a session";
  const std::uint16_t bridge_before = ends.bridge_stream.changes();
  const std::uint16_t board_before = ends.board_stream.changes();
  ends.board_stream.write("abc");
  EXPECT_EQ(ends.board_stream.changes(), board_before) << "its own doing";
  ends.board.poll(1);
  ends.bridge.poll(1);
  EXPECT_NE(ends.bridge_stream.changes(), bridge_before) << "bytes";
  ends.bridge.poll(100);
  ends.board.poll(100);
  EXPECT_NE(ends.board_stream.changes(), board_before) << "room, by an acknowledgement";
}

struct Local {
  struct {
    std::uint32_t next() { return 5; }
  } random;
  struct {
    void start(std::uint32_t) {}
    void feed() {}
    bool stop() { return true; }
  } watchdog;
  struct {
    void toggle() {}
  } led;
  struct {
    void state(LinkState, Reason) {}
  } log;
};

/// Brings what it is told to when it is read the second time.
struct LateUart {
  Uart& uart;
  int reads_until_there = 0;
  std::size_t read(char* data, std::size_t size) {
    return reads_until_there > 0 && --reads_until_there > 0 ? 0 : uart.read(data, size);
  }
  std::size_t write(const char* data, std::size_t size) { return uart.write(data, size); }
};

TEST(Waiting, TheHostedClientHasATurnAtOnceForWhatCameInItsTurn) {
  Ends ends;
  LateUart late{ends.board_uart};
  StoredStream<> stream;
  UartChannel<LateUart> channel(late, stream);
  Local local;
  NoPin reset_line;
  HostedEvents events;
  ClientConfig config;
  config.my_id = "1";
  config.server = "server";
  HostedClient client(channel, local, reset_line, config, {}, events);
  ends.bridge.start(2, 0);
  for (int turns = 0; turns < 10; ++turns) {
    client.poll(0);
    ends.bridge.poll(0);
  }
  ASSERT_TRUE(client.has_bridge());
  client.poll(100);
  ends.bridge.poll(100);
  client.poll(100);
  ASSERT_GT(client.deadline_ms(), 100U) << "nothing to do";

  RecordWriter::write(ends.bridge_stream, RecordType::wifi, "\1");
  ends.bridge.poll(100);
  late.reads_until_there = 2;
  client.poll(100);
  EXPECT_EQ(late.reads_until_there, 0);
  EXPECT_EQ(client.deadline_ms(), 100U);
  client.poll(100);
  EXPECT_GT(client.deadline_ms(), 100U);
}

/// A network that does not exist.
struct NoNetwork {
  struct {
    bool connect_stored() { return true; }
    void connect(const char*, const char*) {}
    void disconnect() {}
    bool is_up() { return false; }
  } wifi;
  struct {
    void connect(const char*, std::uint16_t) {}
    ConnectStatus progress() { return ConnectStatus::connecting; }
    bool next_address() { return false; }
    IoResult read(char*, std::size_t) { return {}; }
    IoResult write(const char*, std::size_t) { return {}; }
    void close() {}
  } transport;
  struct {
    void start(std::uint32_t) {}
    void feed() {}
  } watchdog;
};

TEST(Waiting, TheBridgeTellsThatItIsBehind) {
  Ends ends;
  NoNetwork port;
  Bridge<NoNetwork> bridge(port, ends.bridge_stream);
  ends.start();
  EXPECT_TRUE(bridge.is_behind()) << "a session has begun";
  bridge.poll(0);
  EXPECT_FALSE(bridge.is_behind());
  ends.board_stream.write("x");
  ends.board.poll(1);
  ends.bridge.poll(1);
  EXPECT_TRUE(bridge.is_behind());
  bridge.poll(1);
  EXPECT_FALSE(bridge.is_behind());
}

TEST(Waiting, TheBridgeLooksAtItsNetworkAsOftenAsItsProgramWants) {
  for (const std::uint32_t look_again_ms : {10U, 500U}) {
    Ends ends;
    NoNetwork port;
    BridgeOptions options;
    options.look_again_ms = look_again_ms;
    Bridge<NoNetwork> bridge(port, ends.bridge_stream, options);
    ends.start();
    const char network[2] = {0, 0};
    RecordWriter::write(ends.board_stream, RecordType::wifi_on, {network, sizeof network});
    ends.board.poll(0);
    ends.bridge.poll(0);
    bridge.poll(0);
    ends.bridge.poll(0);
    EXPECT_LE(bridge.poll(0), look_again_ms);
    EXPECT_GT(bridge.poll(0), look_again_ms == 10U ? 0U : 10U);
  }
}

/// A program that waits would else turn in a circle until the board is back.
TEST(Waiting, AReportForABoardThatIsGoneIsNotDue) {
  Ends ends;
  NoNetwork port;
  Bridge<NoNetwork> bridge(port, ends.bridge_stream);
  ends.start();
  bridge.poll(0);
  const char each_second[4] = {'\xE8', 3, 0, 0};
  RecordWriter::write(ends.board_stream, RecordType::report_every, {each_second, sizeof each_second});
  ends.board.poll(0);
  ends.bridge.poll(0);
  EXPECT_LE(bridge.poll(0), 1000U);
  constexpr std::uint32_t silent_ms = 5000;
  ends.bridge.poll(silent_ms);
  ASSERT_FALSE(bridge.has_board());
  EXPECT_GT(bridge.poll(silent_ms), silent_ms);
  EXPECT_GT(ends.bridge.deadline_ms(silent_ms), silent_ms);
}

}  // namespace
}  // namespace tautline::bridge
