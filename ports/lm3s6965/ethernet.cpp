// The LM3S6965's Ethernet controller. A frame passes through FIFOs of 32-bit words. The first word of a received frame
// holds its length in the low 16 bits; the first word of a frame to send has the length of its payload there. The other
// 16 bits are the first two bytes of the frame: ETH_PAD_SIZE 2 makes room for just that.

#include "ethernet.hpp"

#include "cortex_m3.hpp"
#include "lwip/pbuf.h"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/frame.hpp"

static_assert(ETH_PAD_SIZE == 2, "the length word of the FIFO stands in the padding");

namespace tautline::board {
namespace {

constexpr std::uintptr_t ethernet = 0x40048000;
constexpr std::uintptr_t interrupt_status = ethernet + 0x00;  // write 1 to acknowledge
constexpr std::uintptr_t interrupt_mask = ethernet + 0x04;
constexpr std::uintptr_t receive_control = ethernet + 0x08;
constexpr std::uintptr_t transmit_control = ethernet + 0x0c;
constexpr std::uintptr_t data = ethernet + 0x10;
constexpr std::uintptr_t address_low = ethernet + 0x14;
constexpr std::uintptr_t address_high = ethernet + 0x18;
constexpr std::uintptr_t frames_waiting = ethernet + 0x34;
constexpr std::uintptr_t transmit_request = ethernet + 0x38;

constexpr std::uint32_t received = 1;
constexpr std::uint32_t reset_fifo = 0x10;
constexpr std::uint32_t receive_on = 0x01 | 0x08;                 // and drop frames with a wrong CRC
constexpr std::uint32_t transmit_on = 0x01 | 0x02 | 0x04 | 0x10;  // pad, add the CRC, full duplex
constexpr std::uint32_t header_bytes = 14;
constexpr std::uint32_t length_bytes = 2;
constexpr std::uint32_t crc_bytes = 4;

}  // namespace

void start_ethernet(std::uint8_t (&mac)[6]) {
  // QEMU presets the address; on the board it comes from two words of flash that the factory wrote.
  const std::uint32_t low = reg(address_low);
  const std::uint32_t high = reg(address_high);
  for (unsigned i = 0; i < 6; ++i) mac[i] = static_cast<std::uint8_t>(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
  reg(interrupt_mask) = 0;
  reg(receive_control) = reset_fifo;
  reg(transmit_control) = transmit_on;
  reg(receive_control) = receive_on;
  reg(interrupt_status) = 0x7f;
  reg(interrupt_mask) = received;
  enable_interrupt(ethernet_interrupt);
}

bool frame_waits() {
  return (reg(frames_waiting) & 0x3f) != 0;
}

void on_ethernet_interrupt() {
  reg(interrupt_status) = received;  // ends the sleep; the main loop looks for frames
}

bool send_frame(const pbuf& frame) {
  if ((reg(transmit_request) & 1) != 0) return false;
  const std::uint32_t payload = frame.tot_len - ETH_PAD_SIZE - header_bytes;
  bool first = true;
  for_each_word(frame, [&](std::uint32_t word) {
    reg(data) = first ? (word & 0xffff0000U) | payload : word;
    first = false;
  });
  reg(transmit_request) = 1;
  return true;
}

pbuf* receive_frame() {
  if (!frame_waits()) return nullptr;
  const std::uint32_t first = reg(data);
  const std::uint32_t length = (first & 0xffff) - length_bytes - crc_bytes;
  const std::uint32_t words_left = ((first & 0xffff) + 3) / 4 - 1;  // the FIFO holds the CRC too
  FrameWriter writer(length + ETH_PAD_SIZE);
  writer.put(first);
  for (std::uint32_t i = 0; i < words_left; ++i) writer.put(reg(data));
  return writer.frame();
}

bool has_carrier() {
  return true;  // QEMU's model has no PHY; the board's is read through the MII registers
}

}  // namespace tautline::board
