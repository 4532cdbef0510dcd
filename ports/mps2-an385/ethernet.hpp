#pragma once

namespace tautline::board {

constexpr unsigned ethernet_interrupt = 13;

void on_ethernet_interrupt();
bool frame_waits();

}  // namespace tautline::board
