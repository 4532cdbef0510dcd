// The transport over lwIP against a peer in the same stack, over the loopback interface. The clock is the test's.

#include "tautline/lwip/tcp_transport.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "tautline/lwip/random.hpp"

namespace {

std::uint32_t clock_ms = 0;

}  // namespace

extern "C" u32_t sys_now() {
  return clock_ms;
}

namespace tautline::lwip {
namespace {

constexpr std::uint16_t port = 8123;

/// Accepts connections; the newest is the one that it talks to.
class Peer {
 public:
  Peer() {
    tcp_pcb* const pcb = tcp_new();
    tcp_bind(pcb, IP_ADDR_ANY, port);
    listener_ = tcp_listen(pcb);
    tcp_arg(listener_, this);
    tcp_accept(listener_, on_accepted);
  }
  ~Peer() {
    abort();
    tcp_close(listener_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return pcb_ != nullptr; }
  bool send(const std::string& bytes) {
    if (tcp_sndbuf(pcb_) < bytes.size()) return false;
    const bool taken =
        tcp_write(pcb_, bytes.data(), static_cast<std::uint16_t>(bytes.size()), TCP_WRITE_FLAG_COPY) == ERR_OK;
    tcp_output(pcb_);
    return taken;
  }
  /// Gives no credit until take_credit() is called with true.
  void give_credit(bool gives) {
    gives_credit_ = gives;
    if (gives && pcb_ != nullptr) tcp_recved(pcb_, std::exchange(owed_, std::uint16_t{0}));
  }
  void close() {
    tcp_err(pcb_, nullptr);  // it may outlive this object
    tcp_close(std::exchange(pcb_, nullptr));
  }
  void abort() {
    if (pcb_ != nullptr) tcp_abort(std::exchange(pcb_, nullptr));
  }

  std::string received;
  bool saw_end = false;

 private:
  static err_t on_accepted(void* self, tcp_pcb* pcb, err_t) {
    auto& peer = *static_cast<Peer*>(self);
    peer.pcb_ = pcb;
    peer.saw_end = false;
    tcp_nagle_disable(pcb);
    tcp_arg(pcb, self);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, [](void* argument, err_t) {
      if (argument != nullptr) static_cast<Peer*>(argument)->pcb_ = nullptr;
    });
    return ERR_OK;
  }
  static err_t on_received(void* self, tcp_pcb* pcb, pbuf* bytes, err_t) {
    auto& peer = *static_cast<Peer*>(self);
    if (bytes == nullptr) {
      peer.saw_end = true;
      return ERR_OK;
    }
    const std::uint16_t count = bytes->tot_len;
    std::string text(count, '\0');
    pbuf_copy_partial(bytes, text.data(), count, 0);
    peer.received += text;
    pbuf_free(bytes);
    if (peer.gives_credit_) {
      tcp_recved(pcb, count);
    } else {
      peer.owed_ = static_cast<std::uint16_t>(peer.owed_ + count);
    }
    return ERR_OK;
  }

  tcp_pcb* listener_ = nullptr;
  tcp_pcb* pcb_ = nullptr;
  bool gives_credit_ = true;
  std::uint16_t owed_ = 0;
};

class LwipTransport : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Random::seed(1);
    lwip_init();
  }
  // What earlier tests left behind in lwIP must not meet this one.
  void TearDown() override {
    transport.close();
    while (tcp_active_pcbs != nullptr) tcp_abort(tcp_active_pcbs);
    pass(100);
  }

  static void pass(int turns = 20) {
    for (int turn = 0; turn < turns; ++turn) {
      clock_ms += 10;
      netif_poll_all();
      sys_check_timeouts();
    }
  }
  void connect(const char* host = "127.0.0.1") {
    transport.connect(host, port);
    pass();
    ASSERT_EQ(transport.progress(), ConnectStatus::connected);
  }
  std::string read(std::size_t most = 100) {
    std::string bytes(most, '\0');
    bytes.resize(transport.read(bytes.data(), most).bytes);
    return bytes;
  }
  IoResult write(const std::string& bytes) { return transport.write(bytes.data(), bytes.size()); }
  bool closed() {
    char byte = 0;
    return transport.read(&byte, 1).closed;
  }

  TcpTransport transport;
};

TEST_F(LwipTransport, CarriesBytesBothWays) {
  Peer peer;
  connect();
  EXPECT_EQ(write("hello\n").bytes, 6U);
  pass();
  EXPECT_EQ(peer.received, "hello\n");
  EXPECT_EQ(read(), "") << "would block";
  EXPECT_FALSE(closed());
  peer.send("HI 1 2\n");
  pass();
  EXPECT_EQ(read(), "HI 1 2\n");
}

TEST_F(LwipTransport, FindsANameAndSaysWhenThereIsNone) {
  Peer peer;
  connect("house");
  transport.connect("no such name", port);
  pass();
  EXPECT_EQ(transport.progress(), ConnectStatus::unresolved);
  EXPECT_FALSE(transport.next_address());
}

TEST_F(LwipTransport, RefusedIsToldFromUnreachable) {
  transport.connect("127.0.0.1", port);
  EXPECT_EQ(transport.progress(), ConnectStatus::connecting);
  pass();
  EXPECT_EQ(transport.progress(), ConnectStatus::refused);
  EXPECT_TRUE(write("x").closed);
  EXPECT_TRUE(closed());
}

/// Ten windows through reads of a few bytes: each read must give credit, and lose nothing at the ends of segments.
TEST_F(LwipTransport, ReadsInPartsGiveCredit) {
  Peer peer;
  connect();
  std::string sent, got;
  for (int part = 0; got.size() < 10U * TCP_WND && part < 10000; ++part) {
    const std::string bytes = std::to_string(part) + std::string(static_cast<std::size_t>(part % 300), 'x') + "\n";
    if (sent.size() < 10U * TCP_WND && peer.send(bytes)) sent += bytes;
    pass(1);
    got += read(97);
  }
  for (int turn = 0; turn < 1000 && got.size() < sent.size(); ++turn) {
    pass(1);
    got += read(97);
  }
  EXPECT_EQ(got, sent);
}

TEST_F(LwipTransport, TakesWhatFitsAndGoesOnWhenThePeerReads) {
  Peer peer;
  connect();
  peer.give_credit(false);
  std::string sent;
  const std::string line = std::string(99, 'y') + "\n";
  bool blocked = false;
  for (int lines = 0; lines < 100 && !blocked; ++lines) {
    const IoResult result = write(line);
    EXPECT_FALSE(result.closed);
    sent += line.substr(0, result.bytes);
    blocked = result.bytes < line.size();
    pass(1);
  }
  EXPECT_TRUE(blocked);
  EXPECT_LE(sent.size(), std::size_t{TCP_WND + TCP_SND_BUF});
  EXPECT_EQ(write("z").bytes, 0U);
  peer.give_credit(true);
  pass(500);
  EXPECT_EQ(write("z").bytes, 1U);
  pass();
  EXPECT_EQ(peer.received, sent + "z");
}

TEST_F(LwipTransport, WhatCameBeforeTheEndIsRead) {
  Peer peer;
  connect();
  peer.send("BYE closing\n");
  peer.close();
  pass();
  EXPECT_EQ(read(4), "BYE ");
  EXPECT_EQ(read(), "closing\n");
  EXPECT_TRUE(closed());
}

TEST_F(LwipTransport, AReset) {
  Peer peer;
  connect();
  peer.send("last words\n");
  pass();
  peer.abort();
  pass();
  EXPECT_EQ(read(), "last words\n");
  EXPECT_TRUE(closed());
  EXPECT_TRUE(write("x").closed);
  transport.close();
  connect();
}

TEST_F(LwipTransport, WhatWasWrittenLeavesBeforeTheEnd) {
  Peer peer;
  connect();
  write("A7 9\n");
  transport.close();
  pass();
  EXPECT_EQ(peer.received, "A7 9\n");
  EXPECT_TRUE(peer.saw_end);
}

TEST_F(LwipTransport, WhatComesAfterCloseGoesNowhere) {
  Peer peer;
  connect();
  transport.close();
  EXPECT_TRUE(peer.send("too late\n"));
  pass();
  EXPECT_TRUE(closed());
  EXPECT_EQ(read(), "");
}

TEST_F(LwipTransport, NothingOfTheOldConnectionIsReadOnTheNew) {
  Peer peer;
  connect();
  peer.send("old\n");
  pass();
  transport.close();
  connect();
  EXPECT_EQ(read(), "");
  peer.send("new\n");
  pass();
  EXPECT_EQ(read(), "new\n");
}

/// A peer that never answers the FIN: the connections left behind give way to new ones.
TEST_F(LwipTransport, ClosedConnectionsDoNotUseUpLwipsMemory) {
  netif* const network = netif_find("lo0");
  ASSERT_NE(network, nullptr);
  for (int attempt = 0; attempt < 50; ++attempt) {
    Peer peer;
    transport.connect("127.0.0.1", port);
    pass();
    ASSERT_EQ(transport.progress(), ConnectStatus::connected) << "attempt " << attempt;
    peer.give_credit(false);
    write(std::string(500, 'x'));
    // Cut: neither side learns of the other's end.
    netif_set_down(network);
    transport.close();
    peer.abort();
    pass();
    netif_set_up(network);
  }
}

/// In the middle of an attempt, too.
TEST_F(LwipTransport, CloseIsHarmlessAtAnyTime) {
  transport.close();
  transport.connect("192.0.2.1", port);
  transport.close();
  transport.close();
  EXPECT_TRUE(closed());
  Peer peer;
  connect();
}

}  // namespace
}  // namespace tautline::lwip
