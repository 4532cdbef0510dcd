// The remote control's receiver: an LED that the switch of another client switches.

#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "client_program.hpp"

using nlohmann::json;
using tautline::posix::AsyncClient;

namespace {

/// On the terminal, and an LED of the system if its file is given (/sys/class/leds/NAME/brightness).
class Led {
 public:
  explicit Led(std::string file_name) : file_name_(std::move(file_name)) {}

  void set(bool on) {
    std::cout << (on ? "LED (*) on" : "LED ( ) off") << std::endl;
    ++changes_;
    if (file_name_.empty()) return;
    std::ofstream file(file_name_);
    file << (on ? '1' : '0') << std::flush;
    if (!file) std::cerr << "remote_control_rx: cannot write '" << file_name_ << "'" << std::endl;
  }
  int changes() const { return changes_; }

 private:
  std::string file_name_;
  int changes_ = 0;
};

asio::awaitable<void> serve(AsyncClient& client, Led& led) {
  for (;;) {
    json message = json::parse(co_await client.readline(), nullptr, false);
    if (!message.is_object() || !message.contains("on") || !message["on"].is_boolean()) {
      std::cerr << "remote_control_rx: no message for an LED: " << message << std::endl;
      continue;
    }
    led.set(message["on"].get<bool>());
    co_await client.write(message.dump(), {.qos = false});  // tells the switch that the LED has changed
  }
}

asio::awaitable<int> run(AsyncClient& client, Led& led) {
  using namespace asio::experimental::awaitable_operators;
  co_await (serve(client, led) || example::told_to_stop());
  co_await example::close(client);
  std::cout << "changes=" << led.changes() << std::endl;
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  example::ClientArguments arguments;
  arguments.id = "rx";
  std::string led_file;
  CLI::App command("The remote control's receiver: an LED that another client switches", "remote_control_rx");
  arguments.add_to(command);
  command.add_option("--led", led_file, "also write 1 or 0 to this file, as /sys/class/leds/NAME/brightness");
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  AsyncClient client(io.get_executor(), arguments.config());
  Led led(led_file);
  int status = 0;
  asio::co_spawn(io, run(client, led), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "remote_control_rx: " << error.what() << std::endl;
  return 3;
}
