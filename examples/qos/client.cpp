// The qos demo's client: numbers its lines, and checks the numbers of the server's.

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <random>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "client_program.hpp"
#include "memory.hpp"
#include "number_check.hpp"

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using tautline::posix::AsyncClient;

namespace {

struct Options {
  example::ClientArguments client;
  int period_ms = 100;
  std::string memory;
};

/// What outlives the process, as flash memory would a reboot. The link needs none of it: it is for the report, which is
/// to say what a reboot does to lines.
struct Memory {
  std::uint32_t boot = 0;  ///< the life in which a line was acknowledged last
  long acknowledged = -1;  ///< its number
  int repeated = 0;        ///< lines from the server that came again after a reboot
  example::NumberCheck check;

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Memory, boot, acknowledged, repeated, check)
};

class App {
 public:
  App(asio::io_context& io, const Options& options)
      : options_(options),
        memory_(qos_demo::load<Memory>(options.memory)),
        before_(memory_),
        client_(io.get_executor(), options.client.config()) {}

  asio::awaitable<int> run() {
    using namespace asio::experimental::awaitable_operators;
    co_await client_.up();  // pauses until the client has connected to the server
    const auto outcome = co_await ((write_numbers() && read_numbers()) || stop_on_signal() || print_status());
    const bool finished = outcome.index() == 0;
    client_.accept();  // the server's last line
    co_await example::close(client_);
    if (!finished) std::cout << "Gave up: the server did not end with us" << std::endl;
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - started_);
    std::cout << "report: " << text() << " repeated_after_reboot=" << memory_.repeated
              << " connects=" << client_.connects() << " uptime_s=" << uptime.count() << std::endl;
    co_return finished&& memory_.check.all_well() ? 0 : 1;
  }

 private:
  asio::awaitable<void> write_numbers() {
    json message = {{"boot", boot_}, {"number", 0}};
    for (; !stopping_; ++sent_) {
      message["number"] = sent_;
      if (before_.boot != 0) message["before"] = {before_.boot, before_.acknowledged};
      co_await client_.write(message.dump());  // returns when the server has it; may pause in an outage
      memory_.boot = boot_;
      memory_.acknowledged = sent_;
      qos_demo::save(options_.memory, memory_);
      co_await example::pause(milliseconds(options_.period_ms));
    }
    const json last = {{"boot", boot_}, {"end", sent_}};
    co_await client_.write(last.dump());
  }

  asio::awaitable<void> read_numbers() {
    for (bool first = true;; first = false) {
      const std::string line = co_await client_.readline();  // pauses until there is one, also through an outage
      const json message = json::parse(line);
      if (message.contains("end")) {
        memory_.check.ended(message["end"].get<long>());
        co_return;
      }
      const long number = message.at("number").get<long>();
      if (first && before_.boot != 0 && number == before_.check.next() - 1) {
        // The line was not acknowledged when this board went down: the server cannot know that it had come.
        ++memory_.repeated;
      } else {
        memory_.check.received(number);
      }
      qos_demo::save(options_.memory, memory_);
    }
  }

  /// Returns when it is time to give up: the end takes a while if there is an outage.
  asio::awaitable<void> stop_on_signal() {
    co_await example::told_to_stop();
    stopping_ = true;
    co_await example::pause(std::chrono::seconds(20));
  }

  asio::awaitable<void> print_status() {
    for (;;) {
      const long sent = sent_, received = memory_.check.count();
      co_await example::pause(milliseconds(250));
      const bool both_ways = sent_ > sent && memory_.check.count() > received;
      std::cout << (both_ways ? "Running: " : "Waiting: ") << text() << std::endl;
    }
  }

  std::string text() const { return "sent=" + std::to_string(sent_) + ' ' + memory_.check.text(); }

  const Options& options_;
  const steady_clock::time_point started_ = steady_clock::now();
  const std::uint32_t boot_ = std::random_device()() | 1U;  ///< tells this life from others; never 0
  Memory memory_;
  const Memory before_;
  AsyncClient client_;
  long sent_ = 0;
  bool stopping_ = false;
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.client.id = "qos";
  CLI::App command("The qos demo's client; after SIGTERM it ends together with the server's count", "qos_client");
  options.client.add_to(command);
  command.add_option("--period", options.period_ms, "ms between two lines")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--memory", options.memory, "file that stands for flash memory: what a reboot does is counted");
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
  std::cerr << "qos_client: " << error.what() << std::endl;
  return 3;
}
