// The relay demo's server: clients talk to each other through it. A line has a destination,
// {"to": "bob", "text": "hello"}, and arrives there as {"from": "alice", "text": "hello"}.

#include "tautline/server/server.hpp"

#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "server_program.hpp"

using nlohmann::json;
using tautline::Connection;

namespace {

/// Passes a line on. Returns what is wrong with it, or nothing.
asio::awaitable<std::string> pass_on(Connection from, std::string line) {
  const json message = json::parse(line, nullptr, false);
  const json to = message.is_object() ? message.value("to", json()) : json();
  if (!to.is_string()) co_return "no destination: {\"to\": ID, \"text\": TEXT}";
  json passed_on = message;
  passed_on.erase("to");
  passed_on["from"] = std::string(from.id());
  try {
    Connection peer = from[to.get<std::string>()];  // throws if that client never connected
    // Without waiting for the destination: it may be in an outage, and lines for others come behind this one.
    co_await peer.write(passed_on.dump(), {.wait = false});
  } catch (const std::system_error& error) {
    if (error.code() == tautline::Error::closed) throw;
    co_return to.get<std::string>() + ": " + error.code().message();
  }
  co_return "";
}

asio::awaitable<void> serve(tautline::Server& server, std::string id) {
  Connection client = co_await server.client_conn(id);  // pauses until the client has connected
  for (;;) {
    const std::string line = co_await client.readline();  // pauses until there is one; takes the one before
    const std::string problem = co_await pass_on(client, line);
    if (problem.empty()) continue;
    std::cout << "From " << id << ": " << problem << std::endl;
    const json answer = {{"error", problem}};
    co_await client.write(answer.dump(), {.wait = false});
  }
}

}  // namespace

int main(int argc, char** argv) try {
  example::ServerArguments arguments;
  std::vector<std::string> clients;
  CLI::App command("The relay demo's server: clients talk to each other through it", "relay_server");
  arguments.add_to(command);
  command.add_option("--client", clients, "id of a client; may be repeated")->required();
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = arguments.address,
                                              .port = arguments.port,
                                              .timeout_ms = arguments.timeout_ms,
                                              .expected = clients,
                                              .on_link = example::show_link});
  std::cout << "listening on " << server.endpoint() << std::endl;
  for (const std::string& id : clients) asio::co_spawn(io, serve(server, id), example::rethrow);

  int status = 0;
  asio::co_spawn(io, example::stop_on_signal(server), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "relay_server: " << error.what() << std::endl;
  return 3;
}
