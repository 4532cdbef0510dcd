#pragma once

#include <cstddef>
#include <cstdint>

struct pbuf;

/// What a board gives to the rest of the firmware. Each folder of ports/ that is a board defines all of it, in the
/// files named here.
namespace tautline::board {

// ---- board.cpp ----------------------------------------------------------------------------------

/// Clocks, console, tick, pins. First of all.
void start();

/// Milliseconds since start().
std::uint32_t now_ms();

/// Sleeps until the next interrupt: a frame, bytes of the second UART, or the tick of every 10 ms. Returns at once if
/// one of the first two waits.
void wait();

/// One character to the first UART.
void put(char character);

/// The LED that shows a heartbeat; nothing on a board without one.
void toggle_led();

/// Resets the board unless it is fed within `timeout_ms`, whatever hangs.
void start_watchdog(std::uint32_t timeout_ms);
/// The board is alive: the time begins anew.
void feed_watchdog();
/// False: this one cannot be stopped.
bool stop_watchdog();

/// Pins that an application may use, numbered from 0; a board without them ignores writes and reads 0.
void write_pin(unsigned pin, bool on);
/// The level of a pin.
bool read_pin(unsigned pin);

// ---- ethernet.cpp -------------------------------------------------------------------------------

/// Switches the network controller on and tells its address.
void start_ethernet(std::uint8_t (&mac)[6]);

/// Sends one frame, which begins with ETH_PAD_SIZE bytes that are not sent. False: the controller takes none now.
bool send_frame(const pbuf& frame);

/// The next frame received, with ETH_PAD_SIZE bytes before it, or nullptr. The caller owns it.
pbuf* receive_frame();

/// What the PHY says of the cable; true where there is none to ask.
bool has_carrier();

// ---- serial.cpp: boards with a second UART -------------------------------------------------------

/// The second UART, 8 bits, no parity. From now on what arrives is kept as far as there is room.
void start_serial(std::uint32_t baud);

/// Takes what has arrived, at most `size` bytes; 0: nothing. Never waits.
std::size_t serial_read(char* data, std::size_t size);

/// Takes what there is room for; it leaves by itself. Never waits.
std::size_t serial_write(const char* data, std::size_t size);

/// An output for the reset line of another board. Until the first call it is an input; nothing on a board without pins.
void write_reset_line(bool high);

// ---- of the emulator: semihosting.cpp, simcall.S ------------------------------------------------

/// The emulator's `arg=` words after the first, separated by blanks. False: there are none, or they do not fit.
bool command_line(char* text, std::size_t size);

/// Ends the emulator with this exit status.
[[noreturn]] void exit(int status);

// ---- the same for all boards: boot.cpp ----------------------------------------------------------

/// How many times the board has started since power came on, counted in memory that no reset clears.
std::uint32_t boots();

/// Memory of the application's that a reset leaves as it was; all 0 after power came on.
struct Kept {
  std::uint32_t words[8];  ///< whatever the application wants
};
/// The one that there is.
Kept& kept();

}  // namespace tautline::board
