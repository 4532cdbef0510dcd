#include "start.hpp"

#include "node.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"

namespace node {
namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

constexpr int status_of_wrong_arguments = 2;

char arguments[256];
Settings settings;

void read_settings() {
  if (!board::command_line(arguments, sizeof arguments)) return;
  char* at = arguments;
  if (parse(at, settings)) return;
  print("not understood: ", at, "\n");
  board::exit(status_of_wrong_arguments);
}

}  // namespace

const Settings& start() {
  board::start();
  read_settings();
  print("\n");  // a reset may have cut a line short
  print("boot ", board::boots(), " of ", settings.id, "\n");
  return settings;
}

tautline::ClientConfig client_config(const Settings& from) {
  tautline::ClientConfig config;
  config.my_id = from.id;
  config.server = from.server;
  config.port = from.port;
  config.timeout_ms = from.timeout_ms;
  config.conn_cb = on_state;
  config.verbose = from.verbose;
  config.led = true;
  config.wdog = true;
  return config;
}

}  // namespace node
