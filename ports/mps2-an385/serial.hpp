#pragma once

namespace tautline::board {

constexpr unsigned serial_receive_interrupt = 2;
constexpr unsigned serial_transmit_interrupt = 3;

void on_serial_interrupt();
bool serial_work_waits();

}  // namespace tautline::board
