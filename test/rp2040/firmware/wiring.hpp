#pragma once

#include "tautline/rp2040/pin.hpp"

/// The pins of both boards; harness/wiring.js has the same numbers. I2C is on 4 and 5, the console on 0.
namespace wiring {

using tautline::rp2040::Pin;

constexpr Pin syn(14);
constexpr Pin ack(15);
constexpr Pin bridge_reset(16);  ///< the hosted board's, to the bridge's RUN

// For the harness: like probes of a logic analyser, and jumpers.
constexpr Pin wrote_ping(18);  ///< changes when a ping was written ...
constexpr Pin got_ping(19);    ///< ... and at the other end when it was read
constexpr Pin flows(20);       ///< high: this board writes as many lines as go
constexpr Pin pings(21);       ///< high: it writes one at a time and waits for the answer

}  // namespace wiring
