// Arbitrary bytes from the wire between hosted board and bridge: the decoders of both channels, the stream, the
// records, the hosted board's link and the bridge. Input: what to try, then its bytes or steps.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz_support.hpp"
#include "tautline/bridge/bridge.hpp"
#include "tautline/bridge/hosted_link.hpp"
#include "tautline/bridge/i2c_exchange.hpp"
#include "tautline/bridge/uart_channel.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {
namespace {

// ---- decoders -------------------------------------------------------------------------------------

struct ByteUart {
  std::string_view in;
  std::size_t read(char* data, std::size_t size) {
    const std::size_t count = std::min(size, in.size());
    std::memcpy(data, in.data(), count);
    in.remove_prefix(count);
    return count;
  }
  std::size_t write(const char*, std::size_t size) const { return size; }
};

/// A serial line that brings anything.
void decode_serial(fuzz::Bytes& bytes) {
  const auto storage = std::make_unique<char[]>(bytes.byte() + 1U);
  CobsDecoder decoder(storage.get(), 1);
  for (const char byte : bytes.rest().substr(0, 64)) {
    if (decoder.put(byte) == CobsDecoder::Result::frame) FUZZ_REQUIRE(decoder.frame().size() <= 1);
  }
  ByteUart uart{bytes.rest()};
  StoredStream<> stream;
  UartChannel<ByteUart> channel(uart, stream);
  channel.start(1, 0);
  for (std::uint32_t now_ms = 0; !uart.in.empty(); ++now_ms) channel.poll(now_ms);
  FUZZ_REQUIRE(stream.readable_bytes() == 0 || stream.is_up());
}

/// A text that is coded and decoded again, in whole and with one byte changed.
void code_and_decode(fuzz::Bytes& bytes) {
  const unsigned at = bytes.byte();
  const unsigned change = bytes.byte();
  const std::string_view plain = bytes.rest().substr(0, 1000);
  std::string coded(cobs_bytes(plain.size()), '?');
  coded.resize(static_cast<std::size_t>(put_cobs(coded.data(), plain) - coded.data()));
  FUZZ_REQUIRE(coded.find('\0') == std::string::npos);
  std::string memory(1000, '?');
  CobsDecoder decoder(memory.data(), memory.size());
  for (const char byte : coded) FUZZ_REQUIRE(decoder.put(byte) == CobsDecoder::Result::more);
  FUZZ_REQUIRE(decoder.put('\0') == CobsDecoder::Result::frame);
  FUZZ_REQUIRE(decoder.frame() == plain);
  coded[at % coded.size()] = static_cast<char>(change);
  for (const char byte : coded) decoder.put(byte);
  decoder.put('\0');
  FUZZ_REQUIRE(decoder.put('\0') == CobsDecoder::Result::more);
}

/// A master that does anything.
void exchange_i2c(fuzz::Bytes& bytes) {
  I2cExchange exchange;
  std::memset(exchange.outgoing(), 'x', max_packet_bytes);
  exchange.arm(min_packet_bytes + bytes.byte() % (max_packet_payload + 1));
  while (!bytes.empty()) {
    const bool was_complete = exchange.complete();
    const unsigned step = bytes.byte();
    switch (step % 4) {
      case 0: exchange.on_start((step & 4U) != 0); break;
      case 1:
        for (const char byte : bytes.text(step / 4)) exchange.on_byte(byte);
        break;
      case 2:
        for (unsigned count = 0; count < step; ++count) exchange.on_read();
        break;
      default: exchange.on_stop(); break;
    }
    FUZZ_REQUIRE(exchange.complete() || !was_complete);
  }
  exchange.disarm();
  FUZZ_REQUIRE(exchange.incoming().empty() || exchange.has_incoming());
  FUZZ_REQUIRE(exchange.incoming().size() <= max_packet_bytes);
}

// ---- the stream -----------------------------------------------------------------------------------

/// Is the deadline where something is due, and nothing before it?
void check_deadline(ByteStream& stream, std::uint32_t now_ms) {
  const std::uint32_t at = stream.deadline_ms(now_ms);
  if (stream.has_output(now_ms)) {
    FUZZ_REQUIRE(at == now_ms);
  } else if (before(now_ms, at)) {
    FUZZ_REQUIRE(!stream.has_output(at - 1));
  }
}

/// Packets with a right check that say anything.
void receive_packets(fuzz::Bytes& bytes) {
  StoredStream<300, 400> stream;
  std::uint32_t now_ms = 0xFFFF'F000U;
  stream.start(bytes.byte(), now_ms);
  char packet[max_packet_bytes];
  std::size_t size = stream.produce(packet, now_ms);
  // So that anything beyond the handshake is reached at all.
  const std::string token(packet + 1, 4);
  if (bytes.byte() % 2 == 0)
    stream.receive(
        "\x11"
        "peer" +
            token + "\x01",
        now_ms);
  while (!bytes.empty()) {
    const unsigned step = bytes.byte();
    switch (step % 8) {
      case 0:
      case 1: stream.receive(bytes.text(step / 8 * 8), now_ms); break;
      case 2: now_ms += bytes.byte() * (step / 8); break;
      case 3: FUZZ_REQUIRE(stream.write(std::string(step, 'w')) <= 300); break;
      case 4: stream.consume(std::min<std::size_t>(stream.readable().size(), step)); break;
      case 5: stream.damaged(); break;
      case 6: stream.retry(); break;
      default: stream.poll(now_ms); break;
    }
    FUZZ_REQUIRE(stream.readable_bytes() <= 400 && stream.writable() <= 300);
    const bool due = stream.has_output(now_ms);
    check_deadline(stream, now_ms);
    size = stream.produce(packet, now_ms, step % 16 == 7);
    FUZZ_REQUIRE((size != 0) == (due || step % 16 == 7));
    FUZZ_REQUIRE(size <= max_packet_bytes && (size == 0 || size >= min_packet_bytes));
  }
}

// ---- records, the hosted board's link and the bridge ----------------------------------------------

/// Two streams joined without loss; what one end writes is the fuzzer's.
struct Ends {
  Ends() {
    ours.start(1, now_ms);
    theirs.start(2, now_ms);
    carry();
    FUZZ_REQUIRE(ours.is_up() && theirs.is_up());
  }
  void carry() {
    char packet[max_packet_bytes];
    for (int turns = 0;; ++turns) {
      FUZZ_REQUIRE(turns < 100);
      const std::size_t first = ours.produce(packet, now_ms);
      theirs.receive({packet, first}, now_ms);
      const std::size_t second = theirs.produce(packet, now_ms);
      ours.receive({packet, second}, now_ms);
      if (first == 0 && second == 0) return;
    }
  }
  /// What the other end hears is of no interest.
  void drain() {
    while (theirs.readable_bytes() != 0) theirs.consume(theirs.readable().size());
  }
  void restart(unsigned random) {
    (random % 2 == 0 ? ours : theirs).start(random, now_ms);
    carry();
  }

  std::uint32_t now_ms = 0xFFFF'F000U;
  StoredStream<> ours;
  StoredStream<> theirs;
};

/// A bridge that says anything to a hosted board.
void hear_bridge(fuzz::Bytes& bytes) {
  Ends ends;
  const HostedSettings settings{"network", "password", 1000};
  HostedLink link(ends.ours, settings);
  char data[256];
  while (!bytes.empty()) {
    const unsigned step = bytes.byte();
    link.receive();
    switch (step % 12) {
      case 0: link.connect("server", 8123); break;
      case 1: link.close(); break;
      case 2: link.connect_wifi(step >= 128); break;
      case 3: link.disconnect_wifi(); break;
      case 4: link.next_address(); break;
      case 5: FUZZ_REQUIRE(link.read(data, step).bytes <= step); break;
      case 6: FUZZ_REQUIRE(link.write(data, step).bytes <= step); break;
      case 7: ends.restart(step); break;
      case 8: ends.now_ms += step * 8; break;
      default: ends.theirs.write(bytes.text(step / 4)); break;
    }
    BridgeReport report;
    link.take_report(report);
    FUZZ_REQUIRE(!link.wifi_is_up() || ends.ours.is_up());
    link.send();
    ends.carry();
    ends.drain();
  }
}

/// A network whose behaviour is the fuzzer's, and which nobody may use out of order.
struct Network {
  struct Wifi {
    bool up = false;
    bool connect_stored() const { return up; }
    void connect(const char* ssid, const char* pw) const {
      FUZZ_REQUIRE(std::strlen(ssid) <= max_ssid_bytes && std::strlen(pw) <= max_password_bytes);
    }
    void disconnect() { up = false; }
    bool is_up() const { return up; }
  };
  struct Transport {
    ConnectStatus status = ConnectStatus::connecting;
    bool open = false;
    bool ends = false;
    std::size_t gives = 0;
    std::size_t takes = 0;
    void connect(const char* host, std::uint16_t) {
      FUZZ_REQUIRE(!open && std::strlen(host) <= max_host_bytes);
      open = true;
      status = ConnectStatus::resolving;
    }
    ConnectStatus progress() const {
      FUZZ_REQUIRE(open);
      return status;
    }
    bool next_address() const {
      FUZZ_REQUIRE(open);
      return takes % 2 == 0;
    }
    IoResult read(char* data, std::size_t size) {
      FUZZ_REQUIRE(open && status == ConnectStatus::connected);
      const std::size_t count = std::min(size, gives);
      std::memset(data, 'x', count);
      gives -= count;
      return {count, ends && gives == 0};
    }
    IoResult write(const char*, std::size_t size) {
      FUZZ_REQUIRE(open && status == ConnectStatus::connected && size != 0);
      const std::size_t count = std::min(size, takes);
      takes -= count;
      return {count, ends};
    }
    void close() {
      FUZZ_REQUIRE(open);
      open = false;
    }
  };
  struct Watchdog {
    void start(std::uint32_t) const {}
    void feed() const {}
  };
  Wifi wifi;
  Transport transport;
  Watchdog watchdog;
};

/// A hosted board that says anything to a bridge.
void hear_board(fuzz::Bytes& bytes) {
  Ends ends;
  Network network;
  Bridge<Network> bridge(network, ends.ours);
  while (!bytes.empty()) {
    const unsigned step = bytes.byte();
    switch (step % 8) {
      case 0: network.wifi.up = step >= 128; break;
      case 1:
        // An attempt goes forward only, and what is connected stays so.
        if (network.transport.status < ConnectStatus::connected) {
          network.transport.status = static_cast<ConnectStatus>(step / 8 % 6);
        }
        break;
      case 2: network.transport.gives = step; break;
      case 3: network.transport.takes = step; break;
      case 4: network.transport.ends = step >= 128; break;
      case 5:
        if (step < 32) ends.restart(step);
        ends.now_ms += step;
        break;
      default: ends.theirs.write(bytes.text(step / 4)); break;
    }
    ends.carry();
    bridge.poll(ends.now_ms);
    ends.carry();
    ends.drain();
    FUZZ_REQUIRE(!bridge.is_connected() || network.transport.open);
  }
}

}  // namespace
}  // namespace tautline::bridge

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tautline::bridge;
  tautline::fuzz::Bytes bytes(data, size);
  constexpr void (*tries[])(tautline::fuzz::Bytes&) = {decode_serial,   code_and_decode, exchange_i2c,
                                                       receive_packets, hear_bridge,     hear_board};
  tries[bytes.byte() % std::size(tries)](bytes);
  return 0;
}
