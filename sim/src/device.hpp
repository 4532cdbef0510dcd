#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event_queue.hpp"
#include "model.hpp"
#include "tautline/client/link_client.hpp"
#include "uplink.hpp"

namespace tautline::sim {

struct Context;
class ServerProcess;

/// A device: the shipped LinkClient, the loop that a port would run around it, and an application that reads and
/// writes.
class Device {
 public:
  Device(Context& context, ServerProcess& server, std::uint32_t index, std::uint32_t id);

  void boot();
  /// RAM is lost. `silently`: its sockets are gone without a word, as at a power failure.
  void power_off(bool silently);
  void freeze();
  void wake();
  void set_wifi(bool up);

  /// Something happened to its socket, or a timer is due.
  void attend();
  void on_timer(std::uint32_t serial);
  void on_wake_event() {
    wake_pending_ = false;
    run();
  }
  void on_connected(std::uint32_t connection, bool accepted);
  void write();
  void resume_reading();
  void calm_down();

  /// Judged from outside: is an open link silent for too long, or a queue beyond its bound?
  void audit();

  bool is_running() const { return client_.has_value(); }
  bool is_frozen() const { return frozen_; }
  bool is_open() const { return client_ && client_->is_open(); }
  bool is_idle() const { return is_open() && client_->unacknowledged() == 0 && !client_->has_line(); }
  std::uint32_t id() const { return id_; }
  std::uint32_t stream() const { return stream_; }
  Station& station() { return uplink_->station(); }
  Uplink& uplink() { return *uplink_; }
  std::uint32_t first_seq() const { return first_ticket_; }
  Reader& reader() { return reader_; }
  bool was_told_closing() const { return told_closing_; }
  void forget_closing() { told_closing_ = false; }
  /// When an open connection last ended.
  Time last_end() const { return last_end_; }
  void note_end();

 private:
  std::uint32_t clock() const;
  void run();
  void read_socket();
  void read_lines();
  void send_output();
  void check_acknowledged();
  void check_end_of_connection();
  void arm();

  Context& context_;
  ServerProcess& server_;
  std::uint32_t index_;
  std::uint32_t id_;
  std::string name_;
  LinkSettings settings_;
  std::vector<char> memory_[4];
  std::unique_ptr<Uplink> uplink_;
  std::optional<LinkClient> client_;
  Reader reader_;
  Time timer_at_ = 0;
  Time last_end_ = 0;
  Time awake_since_ = 0;
  Time open_since_ = 0;
  std::uint32_t spins_ = 0;
  std::uint32_t timer_serial_ = 0;
  std::uint32_t clock_offset_ = 0;
  std::uint32_t stream_ = 0;
  std::uint32_t first_ticket_ = 1;
  std::uint32_t acked_ = 0;
  bool frozen_ = false;
  bool wake_pending_ = false;
  bool reading_paused_ = false;
  bool was_open_ = false;
  bool told_closing_ = false;
};

}  // namespace tautline::sim
