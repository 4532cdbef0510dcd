#pragma once

namespace tautline::board {

constexpr unsigned serial_interrupt = 6;

void on_serial_interrupt();
bool serial_work_waits();

}  // namespace tautline::board
