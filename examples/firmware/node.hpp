#pragma once

#include <cstdint>
#include <string_view>

#include "settings.hpp"
#include "tautline/baremetal/port.hpp"
#include "tautline/client/client.hpp"

namespace node {

/// The client of the main demo on a board: writes a small list every period and prints what comes from the server. The
/// line `hang` from the server makes it hang, so that the watchdog has to help. It is also both ends of the remote
/// control: a change of the switch is written, and what the other end's switch says drives the output pin.
class Node {
 public:
  using Client = tautline::Client<tautline::baremetal::Port>;

  /// Before the client's first poll(). Both must outlive the node.
  Node(Client& client, const Settings& settings);

  /// Called in every turn of the main loop. Never waits.
  void turn(std::uint32_t now_ms);

  static void on_state(void*, bool up, tautline::Reason reason);

 private:
  void read_lines();
  void handle(std::string_view line);
  void take_list();
  void write_list(std::uint32_t now_ms);
  void watch_switch();
  void tell_acknowledged();
  bool write(std::string_view line);

  static constexpr unsigned input_pin = 0;
  static constexpr unsigned output_pin = 0;

  Client& client_;
  const Settings& settings_;
  std::uint32_t count_ = 0;         ///< the first element of the next list
  std::uint32_t written_ = 0;       ///< lines
  std::uint32_t acknowledged_ = 0;  ///< of them
  std::uint32_t next_list_ms_ = 0;
  bool started_ = false;
  bool hang_next_ = false;  ///< not at once: the command must be acknowledged, or it comes again after the reset
  bool switch_on_ = false;  ///< as last told
};

}  // namespace node
