#pragma once

#include <Arduino.h>

#include <cstddef>
#include <cstdint>

namespace tautline::arduino {

/// The Uart seam of a bridge's channel (lib/bridge) over a serial port of the core, which the sketch has begun.
template <class SerialPort = HardwareSerial>
class SerialLine {
 public:
  /// The port outlives the line.
  explicit SerialLine(SerialPort& port) : port_(port) {}

  /// What has arrived, at most `size` bytes.
  std::size_t read(char* data, std::size_t size) {
    std::size_t count = 0;
    while (count < size && port_.available() > 0) data[count++] = static_cast<char>(port_.read());
    return count;
  }
  /// Takes what the port's buffer has room for, so that it never waits.
  std::size_t write(const char* data, std::size_t size) {
    const int room = port_.availableForWrite();
    if (room <= 0) return 0;
    const std::size_t count = size < static_cast<std::size_t>(room) ? size : static_cast<std::size_t>(room);
    return port_.write(reinterpret_cast<const std::uint8_t*>(data), count);
  }

 private:
  SerialPort& port_;
};

/// The reset line of a bridge, at a pin: pulled low, or released to its pull-up.
class ResetPin {
 public:
  /// `pin` -1: none.
  explicit ResetPin(int pin) : pin_(pin) {}

  /// False pulls it.
  void write(bool high) {
    if (pin_ < 0) return;
    const auto pin = static_cast<std::uint8_t>(pin_);
    if (!high) digitalWrite(pin, LOW);
    pinMode(pin, high ? INPUT_PULLUP : OUTPUT);
    if (!high) digitalWrite(pin, LOW);  // some cores forget the level with the mode
  }
  /// Its level.
  bool read() const { return pin_ < 0 || digitalRead(static_cast<std::uint8_t>(pin_)) == HIGH; }

 private:
  int pin_;
};

}  // namespace tautline::arduino
