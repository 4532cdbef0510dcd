#include <rapidcheck.h>

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tautline/core/protocol_2.hpp>

#include "link_pair.hpp"

namespace tautline {
namespace {

using pair::Pair;
using pair::Setup;

/// Line numbers and generations far from and close to the wrap at 2^32.
rc::Gen<std::uint32_t> any_start() {
  return rc::gen::oneOf(rc::gen::just(1U),
                        rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 40), [](std::uint32_t x) { return ~x; }));
}

rc::Gen<ReceiveLimits> any_limits() {
  return rc::gen::apply(
      [](std::uint32_t window, std::uint32_t timeout_ms) {
        return ReceiveLimits{window, min_payload_limit, timeout_ms};
      },
      rc::gen::inRange<std::uint32_t>(1, 7), rc::gen::inRange<std::uint32_t>(400, 3000));
}

Setup any_setup() {
  Setup setup;
  setup.client_limits = *any_limits();
  setup.server_limits = *any_limits();
  setup.server_inbox = setup.server_limits.window + *rc::gen::inRange<std::uint32_t>(0, 8);
  setup.first_generation = *any_start();
  setup.client_next = *any_start();
  setup.server_next = *any_start();
  return setup;
}

std::vector<std::uint16_t> any_steps() {
  return *rc::gen::scale(10.0, rc::gen::arbitrary<std::vector<std::uint16_t>>());
}

/// One of the things that may happen; `argument` is 0 to 2047.
void step(Pair& link, unsigned kind, std::uint32_t argument) {
  switch (kind) {
    case 0:
    case 1:
    case 2: link.client_writes(); break;
    case 3:
    case 4:
    case 5: link.server_writes(); break;
    case 6:
    case 7: link.deliver_to_server(argument % 64); break;
    case 8:
    case 9: link.deliver_to_client(argument % 64); break;
    case 10:
    case 11: link.deliver_to_server(4096); break;
    case 12:
    case 13: link.deliver_to_client(4096); break;
    case 14:
    case 15: link.client_takes(); break;
    case 16:
    case 17: link.server_takes(); break;
    case 18:
    case 19: link.let_time_pass(argument % 300); break;
    case 20: link.client_sends_plain_line(); break;
    case 21: link.server_sends_plain_line(); break;
    default:
      if (!link.connected()) link.connect();
      break;
  }
}

/// One of the things that go wrong.
void fault(Pair& link, unsigned kind, std::uint32_t argument) {
  switch (kind) {
    case 0: link.disconnect(); break;
    case 1: link.connect(); break;
    case 2: link.lose_line_to_server(); break;
    case 3: link.lose_line_to_client(); break;
    default: link.deliver_to_server(argument % 256, 1 + argument % 3); break;  // read late from an older connection
  }
}

void run(Pair& link, const std::vector<std::uint16_t>& steps, bool with_reboots) {
  // Some runs must be calm enough for a connection to open and carry lines, others full of faults.
  const auto calm = *rc::gen::element<std::uint32_t>(1, 4, 16);
  for (const std::uint16_t choice : steps) {
    const unsigned kind = choice % 32U;
    const std::uint32_t argument = choice / 32U;
    if (kind < 26) {
      step(link, kind, argument);
    } else if (argument % calm == 0) {
      if (kind < 31) fault(link, kind - 26, argument);
      if (kind == 31 && with_reboots) link.client_reboots();
    }
    if (argument % 3 != 0) link.flush(max_handshake_bytes + 1 + argument % 100);
    link.check();
  }
  link.settle();
}

RC_GTEST_PROP(Protocol2Pair, delivers_exactly_once_in_order_whatever_the_network_does, ()) {
  const Setup setup = any_setup();
  const auto steps = any_steps();
  Pair link(setup);
  run(link, steps, false);
}

RC_GTEST_PROP(Protocol2Pair, a_client_reboot_repeats_nothing_to_the_server_and_skips_nothing, ()) {
  Setup setup = any_setup();
  setup.client_next = 1;
  const auto steps = any_steps();
  Pair link(setup);
  run(link, steps, true);
}

}  // namespace
}  // namespace tautline
