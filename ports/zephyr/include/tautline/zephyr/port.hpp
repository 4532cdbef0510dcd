#pragma once

#include <sys/select.h>
#include <sys/time.h>

#include <cstdint>

#include <zephyr/drivers/gpio.h>
#include <zephyr/kernel.h>
#include <zephyr/net/net_if.h>
#include <zephyr/random/random.h>
#include <zephyr/sys/printk.h>
#include <zephyr/task_wdt/task_wdt.h>

#include "tautline/client/client.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/sockets/socket_transport.hpp"
#include "tautline/zephyr/name_lookup.hpp"

namespace tautline::zephyr {

/// The network seam: Zephyr's default interface. Joining a WiFi is the matter of Zephyr's connection manager, or of the
/// application.
struct DefaultInterface {
  /// Nothing: the system has the credentials.
  bool connect_stored() { return true; }
  /// Nothing.
  void connect(const char*, const char*) {}
  /// Nothing: what the system set up is not taken down.
  void disconnect() {}
  /// Has it an IPv4 address that can be used?
  bool is_up() const {
    net_if* const interface = net_if_get_default();
    return interface != nullptr && net_if_is_up(interface) &&
           net_if_ipv4_get_global_addr(interface, NET_ADDR_PREFERRED) != nullptr;
  }
};

/// Random numbers of the system.
struct SystemRandom {
  /// Uniformly distributed.
  std::uint32_t next() { return sys_rand32_get(); }
};

/// The watchdog seam: a channel of Zephyr's task watchdog, which reboots.
class TaskWatchdog {
 public:
  /// It must be fed within `timeout_ms` from now on.
  void start(std::uint32_t timeout_ms) {
    task_wdt_init(nullptr);
    channel_ = task_wdt_add(timeout_ms, nullptr, nullptr);
  }
  /// The thread is alive: the time begins anew.
  void feed() {
    if (channel_ >= 0) task_wdt_feed(channel_);
  }
  /// It needs no more feeding.
  bool stop() {
    const bool stopped = channel_ < 0 || task_wdt_delete(channel_) == 0;
    if (stopped) channel_ = -1;
    return stopped;
  }

 private:
  int channel_ = -1;
};

/// An LED of the device tree.
class DeviceTreeLed {
 public:
  /// Null: none. Else it must outlive this.
  explicit DeviceTreeLed(const gpio_dt_spec* pin) : pin_(pin) {}

  /// On becomes off, off on.
  void toggle() {
    if (pin_ == nullptr) return;
    if (!set_up_) gpio_pin_configure_dt(pin_, GPIO_OUTPUT_INACTIVE);
    set_up_ = true;
    gpio_pin_toggle_dt(pin_);
  }

 private:
  const gpio_dt_spec* pin_;
  bool set_up_ = false;
};

/// One line by printk() for each change of state.
struct PrintkLog {
  /// Called by a client with ClientConfig::verbose.
  void state(LinkState state, Reason reason) { printk("tautline: %s (%s)\n", to_string(state), to_string(reason)); }
};

/// What adapts the client to Zephyr. Make it static: sockets::Lookup says why. A thread's loop:
///
///     while (true) {
///       client.poll(port.now_ms());
///       ...
///       port.wait(client.deadline_ms());
///     }
struct Port {
  static constexpr bool speaks_protocol_1 = false;  ///< a board has no room for what it does not need

  DefaultInterface wifi;                           ///< the network interface
  sockets::SocketTransport<NameLookup> transport;  ///< the connection to the server
  SystemRandom random;                             ///< jitter of the attempts to connect
  TaskWatchdog watchdog;                           ///< with ClientConfig::wdog
  DeviceTreeLed led;                               ///< with ClientConfig::led
  PrintkLog log;                                   ///< with ClientConfig::verbose

  /// `led_pin` null: no LED; else it must outlive the port.
  explicit Port(const gpio_dt_spec* led_pin = nullptr) : led(led_pin) {}

  /// Milliseconds since the start.
  static std::uint32_t now_ms() { return k_uptime_get_32(); }

  /// Sleeps until the deadline or until the transport has something to do, for no more than a tenth of a second.
  void wait(std::uint32_t deadline_ms) {
    transport.wait(distance(deadline_ms, now_ms()), [](std::int32_t ms) { k_msleep(ms); });
  }
};

}  // namespace tautline::zephyr
