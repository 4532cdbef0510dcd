#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>

#include "tautline/async/error.hpp"
#include "tautline/async/waiting.hpp"
#include "tautline/core/line_rules.hpp"
#include "tautline/server/shard.hpp"

/// What the templates in connection.hpp and server.hpp call; implemented in server_core.cpp.
namespace tautline {
class Connection;
}

namespace tautline::detail {

class ServerCore;

using ReadWaiting = Waiting<std::string>;
using UpWaiting = Waiting<>;
using StopWaiting = Waiting<StopReport>;
using EffectWaiting = Waiting<std::exception_ptr>;

struct WriteWaiting : Waiting<> {
  std::string line;  ///< until it is queued
  WriteOptions options;
  std::uint32_t seq = 0;
  bool queued = false;

 protected:
  ~WriteWaiting() = default;
};

struct ArrivalWaiting : Waiting<std::optional<Connection>> {
  Link* result = nullptr;      ///< null: only the peers are waited for
  std::vector<Link*> missing;  ///< clients that have not connected yet

 protected:
  ~ArrivalWaiting() = default;
};

const asio::any_io_executor& executor_of(const ServerCore& core);
Shard& shard_of(ServerCore& core);
/// The link of a client that has connected at least once, or null.
Link* find_connected(ServerCore& core, std::string_view id);

/// The next line, if one is there and no earlier reader waits. The bytes stay valid until the next read or accept.
bool try_read(ServerCore& core, Link& link, std::string_view& line);
/// would_block also while earlier writes wait for room: order is kept.
Shard::Written try_write(ServerCore& core, Link& link, std::string_view line, WriteOptions options);

void start_read(ServerCore& core, Link& link, ReadWaiting& waiting);
void start_write(ServerCore& core, Link& link, WriteWaiting& waiting);
/// Cancellation of a write: not sent if it waits, else only the waiting ends.
void abort_write(ServerCore& core, Link& link, WriteWaiting& waiting);
/// accept() with an effect.
void start_effect(ServerCore& core, Link& link, StoreEffect effect, EffectWaiting& waiting);
std::string problem_of(const ServerCore& core, const Link& link);
void start_up(ServerCore& core, Link& link, UpWaiting& waiting);
/// `id` empty: wait for the peers only. No peers and `all_expected`: wait for all expected clients.
void start_arrival(ServerCore& core, const std::string& id, const std::vector<std::string>& peers, bool all_expected,
                   ArrivalWaiting& waiting);
void start_stop(ServerCore& core, StopWaiting& waiting);

/// Cancellation: the operation leaves its list and completes.
template <typename Base, typename... Results>
void abort(Base& waiting, std::error_code error, Results... nothing) {
  waiting.unlink();
  waiting.complete(Completion::posted, error, std::move(nothing)...);
}

}  // namespace tautline::detail
