// The MPS2's Ethernet controller, an SMSC LAN9118. Frames pass through FIFOs of 32-bit words; MAC and PHY have
// registers of their own behind it. The two bytes of ETH_PAD_SIZE are skipped by the controller when sending.

#include "ethernet.hpp"

#include "cortex_m3.hpp"
#include "lwip/pbuf.h"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/frame.hpp"

namespace tautline::board {
namespace {

constexpr std::uintptr_t lan9118 = 0x40200000;
constexpr std::uintptr_t receive_data = lan9118 + 0x00;
constexpr std::uintptr_t transmit_data = lan9118 + 0x20;
constexpr std::uintptr_t receive_status = lan9118 + 0x40;
constexpr std::uintptr_t transmit_status = lan9118 + 0x48;
constexpr std::uintptr_t interrupt_config = lan9118 + 0x54;
constexpr std::uintptr_t interrupt_status = lan9118 + 0x58;
constexpr std::uintptr_t interrupt_enable = lan9118 + 0x5c;
constexpr std::uintptr_t fifo_interrupt = lan9118 + 0x68;
constexpr std::uintptr_t receive_config = lan9118 + 0x6c;
constexpr std::uintptr_t transmit_config = lan9118 + 0x70;
constexpr std::uintptr_t hardware_config = lan9118 + 0x74;
constexpr std::uintptr_t receive_fifo = lan9118 + 0x7c;
constexpr std::uintptr_t transmit_fifo = lan9118 + 0x80;
constexpr std::uintptr_t power_control = lan9118 + 0x84;
constexpr std::uintptr_t mac_command = lan9118 + 0xa4;
constexpr std::uintptr_t mac_data = lan9118 + 0xa8;

constexpr std::uint32_t frame_received = 1U << 3;  // of interrupt_status and interrupt_enable
constexpr std::uint32_t crc_bytes = 4;

// Registers of the MAC.
constexpr std::uint32_t mac_control = 1;
constexpr std::uint32_t mac_address_high = 2;
constexpr std::uint32_t mac_address_low = 3;
constexpr std::uint32_t mii_access = 6;
constexpr std::uint32_t mii_data = 7;
constexpr std::uint32_t mac_busy = 1U << 31;
constexpr std::uint32_t mac_read = 1U << 30;

// Registers of the PHY.
constexpr std::uint32_t phy_address = 1U << 11;
constexpr std::uint32_t phy_control = 0;
constexpr std::uint32_t phy_status = 1;
constexpr std::uint32_t phy_advertise = 4;
constexpr std::uint32_t phy_has_link = 1U << 2;

std::uint32_t read_mac(std::uint32_t number) {
  reg(mac_command) = mac_busy | mac_read | number;
  while ((reg(mac_command) & mac_busy) != 0) {
  }
  return reg(mac_data);
}

void write_mac(std::uint32_t number, std::uint32_t value) {
  reg(mac_data) = value;
  reg(mac_command) = mac_busy | number;
  while ((reg(mac_command) & mac_busy) != 0) {
  }
}

std::uint32_t read_phy(std::uint32_t number) {
  write_mac(mii_access, phy_address | number << 6 | 1);
  return read_mac(mii_data) & 0xffff;
}

void write_phy(std::uint32_t number, std::uint32_t value) {
  write_mac(mii_data, value);
  write_mac(mii_access, phy_address | number << 6 | 2 | 1);
}

void reset_controller() {
  reg(hardware_config) = 1;
  while ((reg(hardware_config) & 1) != 0) {
  }
  constexpr std::uint32_t ready = 1;
  while ((reg(power_control) & ready) == 0) {
  }
}

}  // namespace

void start_ethernet(std::uint8_t (&mac)[6]) {
  reset_controller();
  const std::uint32_t high = read_mac(mac_address_high);
  const std::uint32_t low = read_mac(mac_address_low);
  for (unsigned i = 0; i < 6; ++i) mac[i] = static_cast<std::uint8_t>(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
  reg(hardware_config) = 5U << 16;  // 5 KB of the FIFOs to send
  reg(receive_config) = 0;
  reg(transmit_config) = 1U << 1;             // on
  write_mac(mac_control, 1U << 2 | 1U << 3);  // receive and send
  reg(fifo_interrupt) = 0;                    // at the first frame
  reg(interrupt_status) = ~0U;
  reg(interrupt_enable) = frame_received;
  reg(interrupt_config) = 1U << 8 | 1U << 4 | 1;  // on, active high, push-pull
  write_phy(phy_advertise, 0x1e1);
  write_phy(phy_control, 1U << 12 | 1U << 9);  // negotiate, now
  enable_interrupt(ethernet_interrupt);
}

bool frame_waits() {
  return (reg(receive_fifo) >> 16 & 0xff) != 0;
}

/// It stays pending while a frame waits, so it is masked until the main loop has taken all.
void on_ethernet_interrupt() {
  reg(interrupt_enable) = 0;
}

bool send_frame(const pbuf& frame) {
  constexpr std::uint32_t whole_frame = 1U << 13 | 1U << 12;  // first and last buffer of it
  const std::uint32_t bytes = frame.tot_len - ETH_PAD_SIZE;
  if ((reg(transmit_fifo) & 0xffff) < bytes + 16) return false;
  reg(transmit_data) = ETH_PAD_SIZE << 16 | whole_frame | bytes;
  reg(transmit_data) = bytes;
  for_each_word(frame, [](std::uint32_t word) { reg(transmit_data) = word; });
  while ((reg(transmit_fifo) >> 16 & 0xff) != 0) {
    [[maybe_unused]] const std::uint32_t taken = reg(transmit_status);  // reading it frees its place
  }
  return true;
}

pbuf* receive_frame() {
  if (!frame_waits()) {
    reg(interrupt_status) = frame_received;
    reg(interrupt_enable) = frame_received;
    return nullptr;
  }
  const std::uint32_t length = reg(receive_status) >> 16 & 0x3fff;
  FrameWriter writer(length - crc_bytes + ETH_PAD_SIZE);
  writer.skip(ETH_PAD_SIZE);
  for (std::uint32_t words = (length + 3) / 4; words != 0; --words) writer.put(reg(receive_data));
  return writer.frame();
}

bool has_carrier() {
  return (read_phy(phy_status) & phy_has_link) != 0;
}

}  // namespace tautline::board
