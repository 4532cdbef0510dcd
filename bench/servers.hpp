#pragma once

#include <filesystem>

#include "counting_store.hpp"
#include "process.hpp"

/// The servers that are compared. Each runs until its process is killed.
namespace bench {

/// Bare epoll: finds the lines, counts them, sends one acknowledgement per read. No protocol, no state, no application.
void serve_raw_epoll(const std::function<void(std::uint16_t)>& report_port);

/// Bare Asio: a coroutine per connection that reads and answers each read with one acknowledgement.
void serve_raw_asio(const std::function<void(std::uint16_t)>& report_port);

/// Tautline, the application in its batch form: one handler that gets each line as a view.
void serve_tautline_batch(const std::function<void(std::uint16_t)>& report_port);

/// Tautline, the application as one coroutine per client that awaits each line.
void serve_tautline_await(const std::function<void(std::uint16_t)>& report_port);

/// As serve_tautline_batch, with the links in a SQLite file in `directory`: each line is durable before it is
/// acknowledged.
void serve_tautline_durable(const std::filesystem::path& directory, StoreCounters& counters,
                            const std::function<void(std::uint16_t)>& report_port);

}  // namespace bench
