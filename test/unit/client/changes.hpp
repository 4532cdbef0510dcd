#pragma once

#include "fake_port.hpp"

namespace tautline::test {

/// What conn_cb was told, in order.
using Changes = std::vector<std::pair<bool, Reason>>;

inline ClientConfig told_to(Changes& changes) {
  ClientConfig config;
  config.conn_cb = [](void* argument, bool up, Reason reason) {
    static_cast<Changes*>(argument)->emplace_back(up, reason);
  };
  config.conn_cb_argument = &changes;
  return config;
}

}  // namespace tautline::test
