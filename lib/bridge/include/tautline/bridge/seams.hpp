#pragma once

#include <cstdint>

/// What a board gives to a channel between a hosted board (no network) and its bridge. The channels are templates over
/// these seams; nothing is virtual, and no function may block.
///
///     Uart: a serial line, 8 bits, no parity.
///       std::size_t read(char* data, std::size_t size);          what has arrived, at most `size` bytes; 0: nothing
///       std::size_t write(const char* data, std::size_t size);   takes what the transmitter has room for
///
///     Pin: one handshake or reset line. It has a pull-up, so that it is high while its owner is off or in reset.
///       void write(bool high);   drives it, also the first time: until then it is an input
///       bool read();             its level
///
///     I2cMaster: transfers with the one slave of the bus; the driver knows its address (default_i2c_address).
///       void begin_write(const char* data, std::size_t size);    `data` stays as it is until status() is not busy
///       void begin_read(char* data, std::size_t size);
///       I2cStatus status();                                      also drives the transfer where there is no interrupt
///       void abort();                                            gives the transfer up and frees the bus: nine clocks,
///       STOP
///
///     I2cSlave: answers to its address while it has an I2cExchange, from its interrupt handler.
///       void arm(I2cExchange& exchange);   from now on, until it is complete()
///       void disarm();                     while not armed nothing is acknowledged, or the clock is held
///
/// Time is milliseconds of one monotonic clock in 32 bits, an argument of every poll().
namespace tautline::bridge {

/// That of the original's boards, 7 bits.
constexpr std::uint8_t default_i2c_address = 0x12;

/// How an I2C transfer stands.
enum class I2cStatus : std::uint8_t {
  busy,    ///< not over yet
  done,    ///< all bytes went over
  failed,  ///< no acknowledgement, arbitration lost or another error of the bus; it is free again
};

}  // namespace tautline::bridge
