#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "monitor.hpp"

namespace tautline::test {

/// A board of ports/ that QEMU emulates.
struct Board {
  const char* name;
  std::vector<std::string> machine;  ///< QEMU's program and the options that choose the board
  bool has_phy;                      ///< can the firmware see that the cable is out?
  bool has_watchdog;                 ///< in hardware; else a timer's interrupt does it
  bool has_two_uarts;                ///< else a board with a serial line has no console
};

const Board& lm3s6965();
const Board& mps2_an385();
const Board& lx106();

struct EmulatorOptions {
  bool with_pins = false;  ///< make pins() usable
  std::string name_server =
      {};                      ///< address of what answers the device's DNS requests; empty: this machine's; needs root
  std::string image = "node";  ///< target of examples/firmware
  std::string frames_file = {};  ///< where QEMU writes all frames, as pcap; empty: nowhere
  bool with_network = true;      ///< else set_link() and mute() have nothing to act on
  int serial_line = -1;          ///< the socket that the second, or only, UART is; the caller's
  std::string serial_path = {};  ///< a tty of this machine that the second UART is; empty: none
  int listen_to_port = -1;       ///< with_pins: the GPIO port whose outputs are reported from the first instruction on
};

/// One QEMU that runs an image of build/firmware/<board>. Its network is QEMU's user network: the firmware reaches this
/// machine's loopback as 10.0.2.2. Ends with the object, and with the test if that dies.
class Emulator {
 public:
  /// `settings`: words for the firmware, "port=8123".
  Emulator(const Board& board, const std::vector<std::string>& settings, const EmulatorOptions& options = {});
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  /// Complete lines that the firmware has printed so far, over all its lives.
  const std::vector<std::string>& console();
  /// How many lines of console() are this one, or begin with this.
  std::size_t count(const std::string& line);
  std::size_t count_beginning(const std::string& prefix);

  /// The cable.
  void set_link(bool up);
  /// What it sends is lost; what is sent to it arrives.
  void mute(bool muted);
  /// Nothing runs, and the clock of the firmware stands still.
  void freeze() { monitor_.command("stop"); }
  void unfreeze() { monitor_.command("cont"); }
  /// As the reset button: memory stays.
  void reset() { monitor_.command("system_reset"); }
  Monitor& monitor() { return monitor_; }
  Pins& pins() { return pins_; }

 private:
  std::vector<std::string> command(const Board& board, const std::vector<std::string>& settings) const;
  void start(std::vector<std::string> command);

  const EmulatorOptions options_;
  const std::string console_file_;
  Monitor monitor_;
  Pins pins_;
  pid_t pid_ = -1;
  std::vector<std::string> lines_;
  std::size_t read_bytes_ = 0;
};

/// Is the firmware built (script/firmware)?
bool has_firmware();

}  // namespace tautline::test
