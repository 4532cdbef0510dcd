// Work of a fixed amount per line. bench/count-instructions runs it under callgrind.

#include "instructions.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace bench {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

namespace {

constexpr unsigned most_rounds = 4;

struct Case {
  const char* name;
  unsigned lines_per_round;
  void (*run)(const Work& work);
};

constexpr Case cases[] = {
    {"core: server receives, 64 lines at a time", 4096, core_server_receives},
    {"core: server writes, 64 lines at a time", 4096, core_server_writes},
    {"client: writes, 64 lines at a time", 4096, client_writes},
    {"client: reads, 64 lines at a time", 4096, client_reads},
    {"shard: 64 links, window 64, one handler", 4096, shard_handler},
    {"shard: 64 links, window 64, inbox", 4096, shard_inbox},
    {"shard: 64 links, one line at a time", 4096, shard_one_at_a_time},
    {"shard: writes to 64 links, window 64", 4096, shard_writes},
    {"server: window 64, one handler", 4096, server_handler},
    {"server: window 64, one awaitable per line", 4096, server_awaitable_per_line},
    {"both sides: one line at a time, to the server", 1024, exchange_to_server},
    {"both sides: one line at a time, to the client", 1024, exchange_to_client},
};

int list() {
  for (const Case& c : cases) std::printf("%u\t%s\n", c.lines_per_round, c.name);
  return 0;
}

int run(const char* name, unsigned rounds) {
  for (const Case& c : cases) {
    if (std::strcmp(c.name, name) != 0) continue;
    c.run({rounds * c.lines_per_round, most_rounds * c.lines_per_round});
    return 0;
  }
  std::fprintf(stderr, "tautline_bench_instructions: there is no case '%s'\n", name);
  return 2;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const int rounds = argc == 3 ? std::atoi(argv[2]) : 0;
  try {
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) return bench::list();
    if (rounds >= 1 && rounds <= static_cast<int>(bench::most_rounds)) {
      return bench::run(argv[1], static_cast<unsigned>(rounds));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tautline_bench_instructions: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: tautline_bench_instructions --list | CASE ROUNDS\n"
               "--list prints lines per round and name of each case; ROUNDS is 1 to %u\n",
               bench::most_rounds);
  return 2;
}
