// OpenCores' Ethernet controller. Descriptors in the controller name buffers in memory; descriptor 0 sends, 1 to 4
// receive in turn.

#include <cstdint>

#include "lwip/pbuf.h"
#include "lx106.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/registers.hpp"

namespace tautline::board {
namespace {

constexpr std::uintptr_t ethernet = 0x9d030000;
constexpr std::uintptr_t mode = ethernet + 0x00;
constexpr std::uintptr_t interrupt_source = ethernet + 0x04;  // write 1 to acknowledge
constexpr std::uintptr_t interrupt_mask = ethernet + 0x08;
constexpr std::uintptr_t transmit_descriptors = ethernet + 0x20;
constexpr std::uintptr_t mii_command = ethernet + 0x2c;
constexpr std::uintptr_t mii_address = ethernet + 0x30;
constexpr std::uintptr_t mii_read_data = ethernet + 0x38;
constexpr std::uintptr_t mii_status = ethernet + 0x3c;
constexpr std::uintptr_t address_low = ethernet + 0x40;
constexpr std::uintptr_t address_high = ethernet + 0x44;

constexpr std::uint32_t mode_reset = 1U << 11;
constexpr std::uint32_t mode_on =
    1U << 15 | 1U << 13 | 1U << 10 | 1U << 1 | 1U;  // pad, CRC, full duplex, send, receive
constexpr std::uint32_t frame_received = 1U << 2;
constexpr std::uint32_t crc_bytes = 4;

// Bits of a descriptor's first word; the length is in the upper half.
constexpr std::uint32_t owned_by_controller = 1U << 15;
constexpr std::uint32_t interrupts = 1U << 14;
constexpr std::uint32_t wraps = 1U << 13;
constexpr std::uint32_t pads_and_adds_crc = 1U << 12 | 1U << 11;

constexpr unsigned receive_count = 2;
constexpr std::size_t frame_bytes = 1536;

// QEMU takes the address that we set.
constexpr std::uint8_t own_address[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

alignas(4) std::uint8_t transmit_buffer[frame_bytes];
alignas(4) std::uint8_t receive_buffers[receive_count][frame_bytes];
unsigned next_received = 0;

volatile std::uint32_t& descriptor(unsigned number) {
  return reg(ethernet + 0x400 + 8 * number);
}
volatile std::uint32_t& buffer_of(unsigned number) {
  return reg(ethernet + 0x404 + 8 * number);
}

std::uint32_t address_of(const std::uint8_t* buffer) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(buffer));
}

void give_back(unsigned index) {
  const bool last = index == receive_count - 1;
  descriptor(1 + index) = owned_by_controller | interrupts | (last ? wraps : 0);
}

std::uint32_t read_phy(std::uint32_t number) {
  constexpr std::uint32_t read = 2, busy = 2;
  reg(mii_address) = number << 8 | 1;
  reg(mii_command) = read;
  while ((reg(mii_status) & busy) != 0) {
  }
  const std::uint32_t value = reg(mii_read_data);
  reg(mii_command) = 0;
  return value;
}

}  // namespace

void start_ethernet(std::uint8_t (&mac)[6]) {
  for (unsigned i = 0; i < 6; ++i) mac[i] = own_address[i];
  reg(mode) = mode_reset;
  reg(mode) = 0;
  reg(address_high) = std::uint32_t{mac[0]} << 8 | mac[1];
  reg(address_low) = std::uint32_t{mac[2]} << 24 | std::uint32_t{mac[3]} << 16 | std::uint32_t{mac[4]} << 8 | mac[5];
  reg(transmit_descriptors) = 1;
  descriptor(0) = 0;
  buffer_of(0) = address_of(transmit_buffer);
  for (unsigned i = 0; i < receive_count; ++i) {
    buffer_of(1 + i) = address_of(receive_buffers[i]);
    give_back(i);
  }
  reg(interrupt_source) = 0x7f;
  reg(interrupt_mask) = frame_received;
  reg(mode) = mode_on;
}

bool frame_waits() {
  return (descriptor(1 + next_received) & owned_by_controller) == 0;
}

bool send_frame(const pbuf& frame) {
  if ((descriptor(0) & owned_by_controller) != 0) return false;
  const std::uint32_t bytes = pbuf_copy_partial(&frame, transmit_buffer, sizeof transmit_buffer, ETH_PAD_SIZE);
  descriptor(0) = bytes << 16 | owned_by_controller | wraps | pads_and_adds_crc;
  return true;
}

pbuf* receive_frame() {
  if (!frame_waits()) {
    reg(interrupt_source) = frame_received;
    // One that came just before would not interrupt any more.
    if (!frame_waits()) return nullptr;
  }
  const auto bytes = static_cast<std::uint16_t>((descriptor(1 + next_received) >> 16) - crc_bytes);
  pbuf* const frame = pbuf_alloc(PBUF_RAW, static_cast<std::uint16_t>(bytes + ETH_PAD_SIZE), PBUF_POOL);
  if (frame != nullptr) pbuf_take_at(frame, receive_buffers[next_received], bytes, ETH_PAD_SIZE);
  give_back(next_received);
  next_received = (next_received + 1) % receive_count;
  return frame;
}

bool has_carrier() {
  constexpr std::uint32_t basic_status = 1, has_link = 1U << 2;
  return (read_phy(basic_status) & has_link) != 0;
}

}  // namespace tautline::board
