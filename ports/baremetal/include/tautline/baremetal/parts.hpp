#pragma once

/// Which parts of the board an image has: CMake says so by the target that the program links. The files of the others
/// are not linked, so board.cpp must not refer to them.
namespace tautline::board {

constexpr bool has_ethernet = TAUTLINE_BOARD_ETHERNET != 0;  ///< a network controller
constexpr bool has_serial = TAUTLINE_BOARD_SERIAL != 0;      ///< a second UART

}  // namespace tautline::board
