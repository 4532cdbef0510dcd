#pragma once

#include <cstdint>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "coroutine.hpp"
#include "tautline/posix/async_client.hpp"

namespace example {

/// Options that every client has.
struct ClientArguments {
  std::string id;
  std::string server = "localhost";
  std::uint16_t port = 8123;
  std::uint32_t timeout_ms = 1500;

  void add_to(CLI::App& command) {
    CLI::Option* const id_option = command.add_option("--id", id, "this client's id, as the server expects it");
    id.empty() ? id_option->required() : id_option->capture_default_str();
    command.add_option("--server", server, "host name or address of the server")->capture_default_str();
    command.add_option("--port", port, "its TCP port")->capture_default_str();
    command.add_option("--timeout", timeout_ms, "ms of silence after which the link is down")->capture_default_str();
  }

  tautline::posix::AsyncClientConfig config() const {
    return {.my_id = id, .server = server, .port = port, .timeout_ms = timeout_ms, .conn_cb = show_link};
  }

  /// As above; tells when the server has stopped in an orderly way: then it has all that is acknowledged here, and
  /// knows what was taken here.
  tautline::posix::AsyncClientConfig config(bool& server_stopped) const {
    tautline::posix::AsyncClientConfig result = config();
    result.conn_cb = [&server_stopped](bool up, tautline::Reason reason) {
      show_link(up, reason);
      if (reason == tautline::Reason::closing) server_stopped = true;
    };
    return result;
  }

  static void show_link(bool up, tautline::Reason reason) {
    std::cout << "Link is " << (up ? "up" : std::string("down: ") + to_string(reason)) << std::endl;
  }
};

/// Closes the client after its last words are out: what it took is acknowledged to the server.
inline asio::awaitable<void> close(tautline::posix::AsyncClient& client) {
  client.close();
  co_await wait_until([&] { return client.state() == tautline::LinkState::closed; }, std::chrono::seconds(2));
}

}  // namespace example
