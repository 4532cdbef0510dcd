// The same client in the coroutine style: a task for each thing that it does, which waits where it has to. It needs
// no heap, so it would run on a board as it is.

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include "board.hpp"
#include "tautline/client/coroutine.hpp"
#include "tautline/core/serial.hpp"

namespace {

using Client = tautline::CoroutineClient<hosted::Client>;

volatile std::sig_atomic_t stopped = 0;

tautline::Task read_lines(Client& client) {
  while (true) {
    const std::string_view line = co_await client.readline();
    std::cout << "got " << line << std::endl;
  }
}

tautline::Task write_lists(Client& client, std::uint32_t period_ms) {
  static char list[48];  // not in the frame, where it would be there as long as the task
  co_await client;       // the link is up
  for (unsigned count = 0;; ++count) {
    std::snprintf(list, sizeof list, "[%u, 1, %u]", count, client.plain().connects());
    co_await client.write(list);  // the server has it; an outage only makes this take longer
    std::cout << "acknowledged " << count + 1 << std::endl;
    co_await tautline::delay(period_ms);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  hosted::Options options;
  CLI::App app("A client without a network, behind a bridge, in the coroutine style.");
  options.add_to(app);
  CLI11_PARSE(app, argc, argv);
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { stopped = 1; });

  hosted::Board board(options);
  static tautline::Tasks<512> tasks;
  Client client(tasks, board.client);
  const tautline::Task running[] = {read_lines(client), write_lists(client, options.period_ms)};
  for (const tautline::Task& task : running) {
    if (!task.failed()) continue;
    std::cerr << "hosted_coroutines: no room for a task of " << tasks.missing_bytes() << " bytes" << std::endl;
    return 1;
  }
  while (stopped == 0) {
    board.poll();
    const std::uint32_t next_task_ms = tasks.run(hosted::Board::now_ms());
    board.wait(tautline::earlier(next_task_ms, board.poll()));  // what the tasks wrote and took has left
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "hosted_coroutines: " << error.what() << std::endl;
  return 1;
}
