// The local log's server: appends each line of each node, with the time, to a file for that node. No internet needed.
//
// A line is taken from the link when it is in the file. While the disk does not take it nothing is lost: the node's
// writes pause as in an outage.

#include "tautline/server/server.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <deque>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "log_file.hpp"
#include "server_program.hpp"

using local_log::LogFile;

namespace {

struct Options {
  example::ServerArguments server;
  std::vector<std::string> nodes;
  std::string directory = ".";
  LogFile::Limits limits;
  int sync_ms = 1000;
};

/// UTC with milliseconds: 2026-01-31T12:00:00.000Z
std::string time_now() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char date[24], text[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(now.time_since_epoch().count() % 1000));
  return text;
}

void complain(const LogFile& file, const std::error_code& error) {
  std::cerr << "local_log_server: " << file.name() << ": " << error.message() << std::endl;
}

asio::awaitable<void> log_node(tautline::Server& server, std::string id, LogFile& file, int sync_ms) {
  tautline::Connection node = co_await server.client_conn(id);  // pauses until the node has connected
  for (;;) {
    const std::string line = co_await node.readline();  // pauses until there is one; takes the one before
    if (!nlohmann::json::accept(line)) {
      std::cerr << "local_log_server: not logged, " << id << " sent no JSON: " << line << std::endl;
      continue;
    }
    const std::string entry = time_now() + ' ' + line;
    while (const std::error_code error = file.append(entry)) {
      complain(file, error);
      co_await example::pause(std::chrono::seconds(1));
    }
    if (sync_ms == 0) {
      if (const std::error_code error = file.sync()) complain(file, error);
    }
  }
}

asio::awaitable<void> sync_files(std::deque<LogFile>& files, int sync_ms) {
  for (;;) {
    co_await example::pause(std::chrono::milliseconds(sync_ms));
    for (LogFile& file : files) {
      if (const std::error_code error = file.sync()) complain(file, error);
    }
  }
}

int sync_and_count(std::deque<LogFile>& files) {
  int status = 0;
  for (LogFile& file : files) {
    if (const std::error_code error = file.sync()) {
      complain(file, error);
      status = 1;
    }
    std::cout << file.name() << ": " << file.lines() << " lines" << std::endl;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App command("The local log's server: a file for each node, one line of JSON with its time for each line sent",
                   "local_log_server");
  options.server.add_to(command);
  command.add_option("--node", options.nodes, "id of a node; may be repeated")->required();
  command.add_option("--directory", options.directory, "where the files NODE.log are")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  command.add_option("--max-bytes", options.limits.bytes, "size at which a file is renamed")->capture_default_str();
  command.add_option("--keep", options.limits.keep, "old files that are kept of each node")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--sync", options.sync_ms,
                  "ms after which lines are on the disk at the latest, safe from a power cut; 0: each one at once")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = options.server.address,
                                              .port = options.server.port,
                                              .timeout_ms = options.server.timeout_ms,
                                              .expected = options.nodes,
                                              .on_link = example::show_link});
  std::cout << "listening on " << server.endpoint() << std::endl;
  std::deque<LogFile> files;
  for (const std::string& id : options.nodes) {
    std::string name = id;
    for (char& byte : name) byte = byte == '/' || byte == ':' ? '_' : byte;  // an id may have what a file name cannot
    LogFile& file = files.emplace_back(std::filesystem::path(options.directory) / (name + ".log"), options.limits);
    asio::co_spawn(io, log_node(server, id, file, options.sync_ms), example::rethrow);
  }
  if (options.sync_ms != 0) asio::co_spawn(io, sync_files(files, options.sync_ms), example::rethrow);

  int status = 0;
  asio::co_spawn(io, example::stop_on_signal(server), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return sync_and_count(files) == 0 ? status : 1;
} catch (const std::exception& error) {
  std::cerr << "local_log_server: " << error.what() << std::endl;
  return 3;
}
