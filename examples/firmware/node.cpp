// The node in the polling style: each turn of the main loop looks at everything and waits for nothing.

#include "node.hpp"

#include "actions.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/core/serial.hpp"

namespace node {
namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

class Node {
 public:
  Node(Client& client, const Settings& settings) : client_(client), settings_(settings) {}

  /// Called in every turn of the main loop. Never waits.
  void turn(std::uint32_t now_ms) {
    if (hang_next_) hang();
    read_lines();
    if (settings_.period_ms != 0) write_list(now_ms);
    if (settings_.has_switch) watch_switch();
    tell_acknowledged();
  }

 private:
  void read_lines();
  void write_list(std::uint32_t now_ms);
  void watch_switch();
  void tell_acknowledged();
  bool write(std::string_view line);

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

void Node::read_lines() {
  std::string_view line;
  while (client_.readline(line)) {
    print("got ", line, "\n");
    if (line == "hang") {
      hang_next_ = true;
    } else {
      act_on(line, client_, settings_);
    }
  }
}

void Node::write_list(std::uint32_t now_ms) {
  if (!started_) {
    if (!client_.status()) return;  // the first line when the link is up for the first time
    started_ = true;
    next_list_ms_ = now_ms;
  }
  if (!tautline::at_or_before(next_list_ms_, now_ms)) return;
  if (settings_.lists != 0 && count_ == settings_.lists) return;
  if (!write(list_of(count_, client_))) return;  // the queue is full, in an outage: the next turn tries again
  ++count_;
  next_list_ms_ = now_ms + settings_.period_ms;
}

void Node::watch_switch() {
  const bool on = board::read_pin(input_pin);
  if (on == switch_on_) return;
  if (write(switch_line(on))) switch_on_ = on;
}

bool Node::write(std::string_view line) {
  if (client_.write(line).status != tautline::WriteStatus::ok) return false;
  ++written_;
  print("wrote ", line, "\n");
  return true;
}

void Node::tell_acknowledged() {
  const std::uint32_t acknowledged = written_ - client_.unacknowledged();
  if (acknowledged == acknowledged_) return;
  acknowledged_ = acknowledged;
  print("acknowledged ", acknowledged_, "\n");
}

}  // namespace

void run(Port& port, Client& client, const Settings& settings) {
  static Node node(client, settings);
  while (true) {
    poll_network(port);
    const std::uint32_t now_ms = board::now_ms();
    client.poll(now_ms);
    node.turn(now_ms);
    client.poll(now_ms);  // what the application wrote and took leaves in this turn
    board::wait();
  }
}

}  // namespace node
