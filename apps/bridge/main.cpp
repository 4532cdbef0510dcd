// tautline_bridge: carries the link of a board without a network, over UART or I2C.

#include <csignal>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "carrier.hpp"
#include "message.hpp"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

constexpr const char* footer = R"(
Server, port and credentials come from the hosted board: there is nothing else to configure. A line on stderr tells of
each change: the board, the network, the connection. The program keeps nothing: killed or restarted at any instant it
loses no line and repeats none.

Exit status: 0 ended by SIGTERM or SIGINT; 1 a device is missing or not usable, stderr says why; 2 wrong options.

Examples:
  tautline_bridge --uart /dev/ttyAMA0 --baud 115200
  tautline_bridge --uart /dev/serial/by-id/usb-... --baud 921600 --interface wlan0
  tautline_bridge --i2c /dev/i2c-1 --address 0x12 --syn gpiochip0:17 --ack gpiochip0:27)";

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Carries the link of a board without a network to its server.", "tautline_bridge");
  app.footer(footer);

  tautline::bridge_program::Options options;
  constexpr std::uint32_t slowest_baud = 1200, fastest_baud = 4'000'000;
  CLI::Option* const uart = app.add_option("--uart", options.uart, "serial line to the hosted board");
  app.add_option("--baud", options.baud, "speed of the serial line, as on the hosted board")
      ->check(CLI::Range(slowest_baud, fastest_baud))
      ->needs(uart)
      ->capture_default_str();
  CLI::Option* const i2c = app.add_option("--i2c", options.i2c, "I2C adapter to the hosted board")->excludes(uart);
  app.add_option("--address", options.address, "its I2C address, 7 bits")
      ->check(CLI::Range(0x08U, 0x77U))
      ->needs(i2c)
      ->capture_default_str();
  CLI::Option* const syn =
      app.add_option("--syn", options.syn, "GPIO line that the board drives, CHIP:LINE")->needs(i2c);
  CLI::Option* const ack = app.add_option("--ack", options.ack, "GPIO line to the board, CHIP:LINE")->needs(i2c);
  i2c->needs(syn)->needs(ack);
  app.add_option("--interface", options.interface,
                 "the network interface: the board is told when it is up, for example wlan0");
  app.add_option("--watchdog", options.watchdog,
                 "from the first board on, a hang ends in a reset: by a device of the kernel, for example "
                 "/dev/watchdog; `process`: SIGALRM ends this program");
  app.add_flag("--verbose", options.verbose, "say the time with each line");
  app.callback([&] {
    if (options.uart.empty() && options.i2c.empty()) throw CLI::RequiredError("--uart or --i2c");
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }

  tautline::cli::start_messages("tautline_bridge", options.verbose);
  try {
    tautline::bridge_program::carry(options);
    return 0;
  } catch (const std::exception& error) {
    tautline::cli::say(error.what());
    return exit_failed;
  }
}
