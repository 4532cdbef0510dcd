#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event_queue.hpp"
#include "profile.hpp"
#include "station.hpp"
#include "tautline/client/link_client.hpp"

namespace tautline::sim {

struct WorldCounters;

/// The way from a device's client to the server: what a port gives to a client, and what the checkers have to know of
/// it. `now_ms` is the device's clock.
class Uplink {
 public:
  Uplink() = default;
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;
  virtual ~Uplink() = default;

  /// A new life of the device.
  virtual void boot(std::uint32_t) {}
  /// ... and its end. `silently`: without a word to the server.
  virtual void power_off(bool silently) = 0;
  /// At the begin and at the end of each turn of the device.
  virtual void begin_turn(std::uint32_t) {}
  virtual void end_turn(std::uint32_t) {}
  /// When the device has to look at it again at the latest.
  virtual std::uint32_t deadline_ms(std::uint32_t now_ms, std::uint32_t of_client) const {
    (void)now_ms;
    return of_client;
  }

  virtual bool wifi_is_up() const = 0;
  virtual void cycle_wifi() = 0;
  virtual void connect() = 0;
  virtual ConnectStatus progress() const = 0;
  virtual bool next_address() { return false; }
  virtual bool is_connected() const = 0;
  /// As those of Network.
  virtual std::ptrdiff_t receive(char* data, std::size_t size) = 0;
  virtual std::ptrdiff_t send(const char* data, std::size_t size) = 0;
  virtual void close() = 0;

  // ---- for the world
  /// The station's socket has bytes or room, its attempt an answer, its WiFi changed.
  virtual void network_changed() = 0;
  virtual void set_wifi(bool up) {
    station().set_wifi(up);
    network_changed();
  }
  virtual Station& station() = 0;
  /// Handles EventKind::cable and those of a bridge.
  virtual void on_event(EventKind, std::uint32_t) {}
  /// Faults between a hosted board and its bridge; their end; the end of all.
  virtual void hurt(BridgeFault, Time) {}
  virtual void heal() {}
  virtual void calm_down() { station().set_wifi(true); }
  virtual void audit() {}
  virtual void count(WorldCounters&) const {}

  // ---- for the checkers
  virtual bool has_connection() const = 0;
  /// When the client got its last LF.
  virtual Time last_line_at() = 0;
  /// Are complete lines waiting for the client? Asked last before close().
  virtual bool has_waiting_line() = 0;
  /// When the client last sent a status line, or could not.
  virtual Time last_status_at() = 0;
  /// The way takes no more bytes now.
  virtual bool takes_nothing() = 0;
};

class Device;

/// The device has a network of its own.
class DirectUplink final : public Uplink {
 public:
  DirectUplink(Context& context, Device& device, std::uint32_t index)
      : context_(context), device_(device), index_(index), station_(context, index) {}

  void power_off(bool silently) override { station_.vanish(silently); }
  bool wifi_is_up() const override { return station_.wifi_is_up(); }
  void cycle_wifi() override;
  void connect() override { station_.connect(); }
  ConnectStatus progress() const override { return station_.progress(); }
  bool is_connected() const override { return station_.is_connected(); }
  std::ptrdiff_t receive(char* data, std::size_t size) override { return station_.receive(data, size); }
  std::ptrdiff_t send(const char* data, std::size_t size) override { return station_.send(data, size); }
  void close() override { station_.close(); }

  void network_changed() override;
  Station& station() override { return station_; }

  bool has_connection() const override { return station_.socket() >= 0; }
  Time last_line_at() override;
  bool has_waiting_line() override;
  Time last_status_at() override;
  bool takes_nothing() override;

 private:
  Context& context_;
  Device& device_;
  std::uint32_t index_;
  Station station_;
};

}  // namespace tautline::sim
