#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rig.hpp"
#include "serial_line.hpp"

namespace tautline::test {

/// A board without a network ("1", an LM3S6965) and its bridge, joined by a serial line and the reset line, with a
/// server. The network is the bridge's alone.
class BridgeRig {
 public:
  /// The hosted board writes a line every `period_ms`; `image` is its firmware.
  BridgeRig(const Board& bridge_board, int period_ms, const RigOptions& options = {},
            const std::vector<std::string>& hosted_settings = {}, const std::string& image = "hosted");

  Rig& rig() { return rig_; }
  SerialLine& line() { return line_; }
  Emulator& hosted() { return rig_.device("1"); }
  Emulator& bridge() { return *bridge_; }

  /// As if its power went (kill -9), and came back. Its console begins anew.
  void kill_bridge() { bridge_.reset(); }
  void start_bridge();
  /// How often the hosted board has pulled the reset line.
  std::size_t pulls();

 private:
  void carry_reset_line();

  const Board& bridge_board_;
  Rig rig_;
  SerialLine line_;
  std::unique_ptr<Emulator> bridge_;
  std::size_t pulls_carried_ = 0;
};

}  // namespace tautline::test
