#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace tautline::linux_bridge {

/// The Uart seam over a serial line of the kernel: 8 bits, no parity, raw, without flow control. No other program may
/// have it at the same time. One that vanishes (a USB adapter, a pty whose other end is closed) is opened again when it
/// is there again; meanwhile nothing comes and nothing is taken.
///
/// A program waits for descriptor() to be readable, and writable while wants_write(); while not is_open() until
/// reopen_ms(), for poll().
class SerialPort {
 public:
  /// Told when the line is lost, and when it is there again, in words for the user.
  using Tell = std::function<void(const std::string& change)>;

  /// `path`: of the device, for example "/dev/ttyAMA0". `baud`: any speed that the driver can make.
  /// Throws std::runtime_error, which says what is wrong and what to do.
  SerialPort(std::string path, std::uint32_t baud, Tell tell = {});
  ~SerialPort();
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  /// Of the Uart seam: what has arrived, at most `size` bytes.
  std::size_t read(char* data, std::size_t size);
  /// Of the Uart seam: takes what the driver has room for.
  std::size_t write(const char* data, std::size_t size);

  /// Opens a lost line again, if it is time to try.
  void poll(std::uint32_t now_ms);
  /// While not is_open(): when poll() tries next.
  std::uint32_t reopen_ms() const { return reopen_ms_; }
  /// Is the line there, as far as is known?
  bool is_open() const { return descriptor_ >= 0; }
  /// What to wait for; -1: the line is lost.
  int descriptor() const { return descriptor_; }
  /// Did the last write() find no room?
  bool wants_write() const { return write_wanted_; }

 private:
  std::string open();
  void lose(int error);
  void close();

  const std::string path_;
  const std::uint32_t baud_;
  const Tell tell_;
  int descriptor_ = -1;
  bool write_wanted_ = false;
  std::uint32_t now_ms_ = 0;  ///< of the last poll()
  std::uint32_t reopen_ms_ = 0;
  std::uint32_t pause_ms_ = 0;  ///< before the next attempt
};

}  // namespace tautline::linux_bridge
