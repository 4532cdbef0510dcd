// The remote control's transmitter: a switch that switches the LED of another client.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "client_program.hpp"
#include "switch.hpp"

using nlohmann::json;
using remote_control::Switch;
using std::chrono::steady_clock;
using tautline::posix::AsyncClient;
using Milliseconds = std::chrono::duration<double, std::milli>;

namespace {

struct Options {
  example::ClientArguments client;
  std::string gpio;
  int presses = 0;
  int period_ms = 200;
};

std::unique_ptr<Switch> make_switch(const Options& options, const asio::any_io_executor& executor) {
  if (options.presses != 0) {
    return remote_control::make_scripted_switch(options.presses, std::chrono::milliseconds(options.period_ms));
  }
  return options.gpio.empty() ? remote_control::make_key_switch(executor)
                              : remote_control::make_gpio_switch(executor, options.gpio);
}

class App {
 public:
  App(asio::io_context& io, const Options& options)
      : switch_(make_switch(options, io.get_executor())), client_(io.get_executor(), options.client.config()) {}

  asio::awaitable<int> run() {
    using namespace asio::experimental::awaitable_operators;
    co_await client_.up();  // pauses until the client has connected to the server
    co_await (send_presses() || read_answers() || example::told_to_stop());
    co_await example::close(client_);
    report();
    co_return 0;
  }

 private:
  asio::awaitable<void> send_presses() {
    for (bool on = false; co_await switch_->next(on);) {
      // The state and not "toggle": should this line be lost, the next one puts it right.
      json message = {{"press", ++presses_}, {"on", on}};
      sent_[presses_] = steady_clock::now();
      co_await client_.write(message.dump(), {.qos = false});  // pauses while the link is down
    }
    // What was lost stays away; the answer to the last press may be under way.
    co_await example::wait_until([&] { return sent_.empty(); }, std::chrono::seconds(5));
  }

  asio::awaitable<void> read_answers() {
    for (;;) {
      const std::string line = co_await client_.readline();
      const json message = json::parse(line, nullptr, false);
      const json press = message.is_object() ? message.value("press", json()) : json();
      const json on = message.is_object() ? message.value("on", json()) : json();
      if (press.is_number_integer() && on.is_boolean()) {
        answered(press.get<int>(), on.get<bool>());
      } else {
        std::cerr << "remote_control_tx: no answer of an LED: " << line << std::endl;
      }
    }
  }

  void answered(int press, bool on) {
    const auto sent = sent_.find(press);
    if (sent == sent_.end()) return;
    round_trips_.push_back(Milliseconds(steady_clock::now() - sent->second).count());
    sent_.erase(sent);
    std::printf("press %d: the LED is %s, after %.2f ms\n", press, on ? "on" : "off", round_trips_.back());
    std::fflush(stdout);
  }

  void report() {
    std::cout << "presses=" << presses_ << " answers=" << round_trips_.size();
    if (!round_trips_.empty()) {
      std::sort(round_trips_.begin(), round_trips_.end());
      char text[100];
      std::snprintf(text, sizeof text, ", round trip %.2f ms in the middle, %.2f ms at most",
                    round_trips_[round_trips_.size() / 2], round_trips_.back());
      std::cout << text;
    }
    std::cout << std::endl;
  }

  std::unique_ptr<Switch> switch_;
  AsyncClient client_;
  int presses_ = 0;
  std::map<int, steady_clock::time_point> sent_;  ///< presses without an answer so far
  std::vector<double> round_trips_;               ///< in ms
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.client.id = "tx";
  CLI::App command(
      "The remote control's transmitter: the space bar, or a GPIO line, switches the LED of another client",
      "remote_control_tx");
  options.client.add_to(command);
  CLI::Option* const gpio =
      command.add_option("--gpio", options.gpio, "the switch is a button between this line and ground: CHIP:LINE");
  command.add_option("--script", options.presses, "so many presses, without a person")
      ->check(CLI::PositiveNumber)
      ->excludes(gpio);
  command.add_option("--period", options.period_ms, "ms between the presses of --script")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  App app(io, options);
  int status = 0;
  asio::co_spawn(io, app.run(), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "remote_control_tx: " << error.what() << std::endl;
  return 3;
}
