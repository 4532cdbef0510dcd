// The node in the coroutine style (C++20): a task for each thing that it does, which waits where it has to.

#include "actions.hpp"
#include "node.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/client/coroutine.hpp"

namespace node {
namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

constexpr int status_without_memory = 3;
constexpr std::uint32_t switch_period_ms = 10;

struct Node {
  tautline::BasicTasks& tasks() const { return client.tasks(); }

  tautline::Task read_lines();
  tautline::Task write_lists();
  tautline::Task watch_switch();
  tautline::Task tell_acknowledged();
  void wrote(std::string_view line) {
    ++written;
    print("wrote ", line, "\n");
  }

  tautline::CoroutineClient<Client>& client;
  const Settings& settings;
  std::uint32_t written = 0;  ///< lines
  Text list = {};             ///< not in a frame, where it would be there as long as the task
};

tautline::Task Node::read_lines() {
  while (true) {
    const std::string_view line = co_await client.readline();
    print("got ", line, "\n");
    if (line == "hang") {
      client.plain().accept();
      co_await tautline::delay(1);  // the command must be acknowledged, or it comes again after the reset
      hang();
    }
    act_on(line, client.plain(), settings);
  }
}

tautline::Task Node::write_lists() {
  co_await client;
  for (std::uint32_t count = 0; settings.lists == 0 || count != settings.lists; ++count) {
    list = list_of(count, client.plain());
    co_await client.write(list, {.wait = false});  // pauses while the queue is full, in an outage
    wrote(list);
    co_await tautline::delay(settings.period_ms);
  }
}

tautline::Task Node::watch_switch() {
  for (bool on = false;; co_await tautline::delay(switch_period_ms)) {
    if (on == board::read_pin(input_pin)) continue;
    on = !on;
    co_await client.write(switch_line(on), {.wait = false});
    wrote(switch_line(on));
  }
}

tautline::Task Node::tell_acknowledged() {
  for (std::uint32_t told = 0;; co_await tautline::delay(1)) {
    const std::uint32_t acknowledged = written - client.plain().unacknowledged();
    if (acknowledged == told) continue;
    told = acknowledged;
    print("acknowledged ", told, "\n");
  }
}

}  // namespace

void run(Port& port, Client& client, const Settings& settings) {
  static tautline::Tasks<512> tasks;
  static tautline::CoroutineClient coroutine_client(tasks, client);
  static Node node{coroutine_client, settings};
  static tautline::Task running[] = {node.read_lines(), settings.period_ms != 0 ? node.write_lists() : tautline::Task(),
                                     settings.has_switch ? node.watch_switch() : tautline::Task(),
                                     node.tell_acknowledged()};
  for (const tautline::Task& task : running) {
    if (!task.failed()) continue;
    print("no room for a task of ", static_cast<std::uint32_t>(tasks.missing_bytes()), " bytes\n");
    board::exit(status_without_memory);
  }
  print("tasks take ", static_cast<std::uint32_t>(tasks.peak_bytes()), " bytes\n");
  while (true) {
    poll_network(port);
    const std::uint32_t now_ms = board::now_ms();
    client.poll(now_ms);
    tasks.run(now_ms);
    client.poll(now_ms);  // what the tasks wrote and took leaves in this turn
    board::wait();
  }
}

}  // namespace node
