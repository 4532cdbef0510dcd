#pragma once

#include <cstdint>

#include "load.hpp"
#include "process.hpp"
#include "shared_samples.hpp"
#include "tautline/posix/async_client.hpp"

/// One line at a time between two programs of the same kind: what an application sees from write to return. Each
/// server also answers other clients, which may be a load beside.
namespace bench {

/// Bare Asio: a coroutine per connection that answers each read with an acknowledgement.
void serve_asio(const ServerProcess::ReportPort& report_port);
/// The same, but the client that says it is the partner gets a line, and the next when it has answered.
void serve_asio_writing(SharedSamples& samples, const ServerProcess::ReportPort& report_port);
/// A coroutine that awaits the lines of client 1, a handler for the lines of all others.
void serve_ping_pong(const ServerProcess::ReportPort& report_port);
/// A coroutine that writes to client 1, a line when the one before was acknowledged.
void serve_ping_pong_writing(SharedSamples& samples, const ServerProcess::ReportPort& report_port);

/// The client writes; for serve_asio() and serve_ping_pong().
LoadResult write_over_asio(std::uint16_t port, double seconds);
LoadResult write_over_tautline(tautline::Dialect dialect, std::uint16_t port, double seconds);
/// The client reads; for the servers that write.
LoadResult read_over_asio(const SharedSamples& samples, std::uint16_t port, double seconds);
LoadResult read_over_tautline(tautline::Dialect dialect, const SharedSamples& samples, std::uint16_t port,
                              double seconds);

}  // namespace bench
