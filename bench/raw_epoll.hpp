#pragma once

#include "process.hpp"

/// The bare transport: epoll and sockets, no protocol, no state, no application. What any server of acknowledged lines
/// costs at least.
namespace bench {

/// Finds the lines, counts them, sends one acknowledgement per read.
void serve_raw_epoll(const ServerProcess::ReportPort& report_port);

/// Sends each client lines of `line_bytes` as soon as it connects, `window` of them unacknowledged.
void serve_raw_epoll_writing(unsigned window, unsigned line_bytes, const ServerProcess::ReportPort& report_port);

}  // namespace bench
