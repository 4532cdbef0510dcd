#pragma once

#include <filesystem>

#include "counting_store.hpp"
#include "process.hpp"

/// Servers with the library, as an application would make them. Each runs until its process is killed.
namespace bench {

/// The application in its batch form: one handler that gets each line of all clients as a view.
void serve_tautline_batch(const ServerProcess::ReportPort& report_port);

/// The application as one coroutine per client (ids 1 to `links`) that awaits each line.
void serve_tautline_await(const ServerProcess::ReportPort& report_port, unsigned links = 64);

/// One coroutine per client (ids 1 to `links`) that writes lines as fast as they are acknowledged: an awaited write,
/// then try_write() until the outbox is full, which holds two windows of 64.
void serve_tautline_writing(unsigned links, unsigned line_bytes, const ServerProcess::ReportPort& report_port);

/// As serve_tautline_batch, `shards` times, each with a thread and a port of its own.
void serve_tautline_shards(unsigned shards, const ServerProcess::ReportPort& report_port);

/// As serve_tautline_batch, with the links in a SQLite file in `directory`: each line is durable before it is
/// acknowledged.
void serve_tautline_durable(const std::filesystem::path& directory, StoreCounters& counters,
                            const ServerProcess::ReportPort& report_port);

}  // namespace bench
