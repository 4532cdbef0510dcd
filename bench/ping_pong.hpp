#pragma once

#include <cstdint>

#include "load.hpp"

/// One line at a time with a client of the same kind as the server: what a program sees from write to return.
namespace bench {

/// Bare Asio: a coroutine that writes a line and reads the answer.
LoadResult ping_pong_asio(std::uint16_t port, double seconds);

/// tautline::posix::AsyncClient: `co_await client.write(line)`.
LoadResult ping_pong_tautline(std::uint16_t port, double seconds);

}  // namespace bench
