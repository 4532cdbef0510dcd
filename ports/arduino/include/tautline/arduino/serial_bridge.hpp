#pragma once

#include <Arduino.h>

#include <cstdint>

#include "tautline/arduino/serial_line.hpp"
#include "tautline/bridge/bridge.hpp"
#include "tautline/bridge/uart_channel.hpp"

namespace tautline::arduino {

/// A whole bridge: carries the link of a board without a network that is connected to a serial port. It needs no
/// configuration: all of it comes from that board.
template <class Port, class SerialPort = HardwareSerial>
class SerialBridge {
 public:
  /// The serial port is the channel's: nothing else may be printed to it.
  explicit SerialBridge(SerialPort& serial)
      : uart_(serial), channel_(uart_, stream_), bridge_(port_, stream_, options()) {}

  /// In setup(), after the serial port's begin().
  void begin() { channel_.start(port_.random.next(), millis()); }
  /// In loop(), in every turn: poll(millis()).
  void poll(std::uint32_t now_ms) {
    channel_.poll(now_ms);
    bridge_.poll(now_ms);
    channel_.poll(now_ms);
  }

  /// Is the hosted board there?
  bool has_board() const { return bridge_.has_board(); }
  /// Is there a connection to the server?
  bool is_connected() const { return bridge_.is_connected(); }

 private:
  static bridge::BridgeOptions options() {
    bridge::BridgeOptions options;
    options.wdog = true;
    return options;
  }

  Port port_;
  SerialLine<SerialPort> uart_;
  bridge::StoredStream<> stream_;
  bridge::UartChannel<SerialLine<SerialPort>> channel_;
  bridge::Bridge<Port> bridge_;
};

}  // namespace tautline::arduino
