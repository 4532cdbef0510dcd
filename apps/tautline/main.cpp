// tautline: a link for any shell or language, as netcat is for TCP.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "connect.hpp"
#include "message.hpp"
#include "serve.hpp"
#include "store.hpp"
#include "tautline/core/line_rules.hpp"

namespace {

using namespace tautline::cli;

constexpr std::uint32_t max_timeout_ms = 3'600'000;

constexpr const char* exit_statuses = R"(
A line is at most --max-line bytes without newline, CR and NUL. An input line that is longer or malformed is reported
and skipped; all others are sent. When the queue is full (a peer is away), the input is not read.

Exit status:
  0  done: everything written was acknowledged, everything received was printed
  1  stdin cannot be read, or another error of the system
  2  wrong options
  3  serve cannot listen: port in use, no permission, or not an address of this machine; or cannot open its store
  4  an input line was too long or malformed, and skipped
  5  serve: an input line was for a client that is not expected, and skipped
  6  ended by SIGTERM before everything was acknowledged or printed
  7  stdout cannot be written
  8  connect --give-up: nobody answers at that address and port
  9  connect --give-up: the host name has no address
 10  connect --give-up: the server refuses this client, or does not speak this protocol
130  interrupted (ctrl-C); stderr says what was not acknowledged)";

constexpr const char* serve_examples = R"(
Input lines and output lines are `id TAB line`. The program ends by SIGTERM: it accepts no more lines, waits up to
--timeout for acknowledgements, says goodbye to the clients and reports what is left.

With --store an input line is done when it is in the file, and what is left waits there for the next start: it is no
failure. After a kill lines may be printed twice: those of the last moment, some tens of ms.

Examples:
  tautline serve --expect door,heating
  printf 'door\topen\n' | tautline serve --expect door --once
  tautline serve --expect door --store links.db
  tautline serve --expect 1,2 | while IFS=$'\t' read -r id line; do echo "$id said $line"; done)";

constexpr const char* connect_examples = R"(
It never gives up: while the server is away it keeps at least 256 lines and then stops reading its input. A process that
ends forgets what was not acknowledged; ctrl-C tells which lines these are.

Examples:
  tautline connect --id door --server 192.168.0.41
  echo '{"temp": 21.5}' | tautline connect --id heating --server nas.local --timeout 5000
  tail -f log | tautline connect --id 1 --server ::1 --port 9000 --no-wait)";

void add_common_options(CLI::App& command, CommonOptions& options, bool port_may_be_0) {
  command.add_option("--port", options.port, port_may_be_0 ? "TCP port; 0 picks a free one" : "TCP port of the server")
      ->check(CLI::Range(port_may_be_0 ? 0 : 1, 65535))
      ->capture_default_str();
  command
      .add_option("--qos", options.qos, "1: each line arrives exactly once; 0: at most once, only while the link is up")
      ->check(CLI::IsMember({0, 1}))
      ->capture_default_str();
  command.add_flag("--no-wait", options.no_wait, "take the next line before the one before it is acknowledged");
  command.add_option("--timeout", options.timeout_ms, "ms of silence after which the link is down")
      ->check(CLI::Range(40U, max_timeout_ms))
      ->capture_default_str();
  command.add_option("--max-line", options.max_line, "longest line in bytes")
      ->check(CLI::Range(32U, 32768U))
      ->capture_default_str();
  command.add_flag("--verbose", options.verbose, "say more on stderr");
}

std::string check_id(const std::string& id) {
  if (!tautline::is_valid_id(id)) return "the id '" + id + "' is not 1 to 32 of letters, digits and -_./:";
  if (tautline::looks_like_hello(id)) return "the id '" + id + "' looks like a protocol greeting: choose another";
  return {};
}

/// A descriptor below 3 that is closed would be given to a socket, which lines would then be written to.
void keep_standard_descriptors() {
  for (int descriptor = 0; descriptor < 3; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest free number is this one. Opened the wrong way round, so that using it is an error as before.
    if (::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);

  CLI::App app("Lasting, exactly-once line links between clients and a server, for any shell or language.", "tautline");
  app.require_subcommand(1);
  app.footer(std::string("\nExamples:\n  tautline serve --expect door,heating\n"
                         "  tautline connect --id door --server 192.168.0.41\n"
                         "  tautline store links.db list\n"
                         "  tautline serve --help\n") +
             exit_statuses);

  ServeOptions serve_options;
  CLI::App* const serve_command = app.add_subcommand("serve", "Listen for clients; print and send `id TAB line`");
  serve_command->add_option("--expect", serve_options.expect, "ids of the clients, as 1,2,...; others are refused")
      ->delimiter(',')
      ->required()
      ->check(check_id);
  serve_command->add_option("--address", serve_options.address, "address to listen on (default: all interfaces)");
  serve_command->add_option("--store", serve_options.store,
                            "SQLite file: what was accepted survives kill -9 and power failures");
  add_common_options(*serve_command, serve_options, true);
  serve_command->add_flag("--once", serve_options.once, "at the end of the input exit once everything is acknowledged");
  serve_command->footer(std::string(serve_examples) + "\n" + exit_statuses);

  ConnectOptions connect_options;
  CLI::App* const connect_command = app.add_subcommand("connect", "Connect to a server; print and send lines");
  connect_command->add_option("--id", connect_options.id, "this client's id, as the server expects it")
      ->required()
      ->check(check_id);
  connect_command->add_option("--server", connect_options.server, "host name, IPv4 or IPv6 address")->required();
  add_common_options(*connect_command, connect_options, false);
  connect_command->add_option("--protocol", connect_options.protocol, "1 for servers of the MicroPython IOT library")
      ->check(CLI::IsMember({1, 2}))
      ->capture_default_str();
  connect_command->add_option("--interface", connect_options.interface,
                              "wait while this network interface has no carrier, for example wlan0");
  connect_command->add_option("--watchdog", connect_options.watchdog,
                              "once connected, a hang ends in a reset: by a device of the kernel, for example "
                              "/dev/watchdog; `process`: SIGALRM ends this program");
  connect_command->add_option("--led", connect_options.led,
                              "toggle this LED of /sys/class/leds on each keepalive received");
  connect_command->add_flag("--linger", connect_options.linger,
                            "go on receiving after the end of the input, until a signal");
  connect_command->add_flag("--give-up", connect_options.give_up, "exit if the first attempt to connect fails");
  connect_command->footer(std::string(connect_examples) + "\n" + exit_statuses);

  const StoreCommand store_command(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(app.exit(error) == 0 ? ExitStatus::done : ExitStatus::usage);
  }

  try {
    start_messages("tautline", serve_options.verbose || connect_options.verbose);
    if (store_command.parsed()) return static_cast<int>(store_command.run());
    return static_cast<int>(serve_command->parsed() ? serve(serve_options) : connect(connect_options));
  } catch (const std::exception& error) {
    say(error.what());
    return static_cast<int>(ExitStatus::failed);
  }
}
