#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tautline::test {

/// One end of a socket pair whose other end QEMU gets; reads lines from it. All waiting is bounded and ends in
/// std::runtime_error.
class Channel {
 public:
  Channel();
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// What QEMU inherits; close_peer() after it was started.
  int peer() const { return peer_; }
  void close_peer();

  void send(const std::string& line) const;
  /// The next line without LF; false if none comes within the time.
  bool receive(std::string& line, int limit_ms);

 private:
  int own_ = -1;
  int peer_ = -1;
  std::string received_;
};

/// QEMU's machine protocol (QMP): commands and events as lines of JSON.
class Monitor {
 public:
  int peer() const { return channel_.peer(); }
  /// After QEMU was started.
  void open();

  /// Returns what the command returns. Throws if QEMU reports an error.
  nlohmann::json command(const std::string& name, const nlohmann::json& arguments = nlohmann::json::object());
  /// How often an event of this name has come until now, "WATCHDOG" or "RESET".
  std::size_t events(const std::string& name);

 private:
  Channel channel_;
  std::vector<std::string> events_;
};

/// The pins of the emulated chip, through QEMU's qtest protocol. One port is listened to and another one driven.
class Pins {
 public:
  int peer() const { return channel_.peer(); }
  void open(Monitor& monitor);

  /// Addresses are of the GPIO port's registers, 0x40005000 is port B of the LM3S6965.
  void listen(const std::string& port) { ask("irq_intercept_out " + port); }
  void drive(const std::string& port, unsigned pin, bool on);
  /// The level of an output pin of the port that is listened to, as last reported; false before that.
  bool output(unsigned pin);
  /// How often that pin has gone from high to low.
  std::size_t falls(unsigned pin);
  /// The object in QEMU's tree that is the GPIO port number `index` (0 is port A).
  std::string port(unsigned index) const { return ports_.at(index); }

 private:
  void ask(const std::string& line);
  void note(const std::string& line);
  void take_reports();

  Channel channel_;
  std::vector<std::string> ports_;
  std::vector<bool> levels_ = std::vector<bool>(8);
  std::vector<std::size_t> falls_ = std::vector<std::size_t>(8);
};

}  // namespace tautline::test
