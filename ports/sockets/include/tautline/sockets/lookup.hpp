#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

namespace tautline::sockets {

/// What a look-up of a name that another thread does has in common: one at a time, and a class derived from this starts
/// it in the way of its system. Systems can't take a look-up back, so the object must outlive one that it began: make
/// it static.
class Lookup {
 public:
  /// How the look-up stands.
  enum class Status : std::uint8_t { running, found, failed };

  Lookup() = default;
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  /// Of the last one that was asked for.
  Status status() const {
    if (refused_) return Status::failed;
    if (running_.load(std::memory_order_acquire)) return Status::running;
    return address_ != 0 ? Status::found : Status::failed;
  }

  /// In the byte order of the network. Only when found.
  std::uint32_t address() const { return address_; }

 protected:
  /// True: the caller starts a look-up of host(). False: there is nothing to start. One that nobody waited for any more
  /// still runs: it serves, if it is for the same name; else this one has failed.
  bool begin(const char* host) {
    const bool running = running_.load(std::memory_order_acquire);
    refused_ = running && std::strcmp(host_, host) != 0;
    if (running) return false;
    host_ = host;
    address_ = 0;
    running_.store(true, std::memory_order_release);
    return true;
  }

  /// As given to begin().
  const char* host() const { return host_; }
  /// In the thread of the look-up: the first address counts.
  void found(std::uint32_t address) {
    if (address_ == 0) address_ = address;
  }
  /// In the thread of the look-up: it calls no more.
  void end() { running_.store(false, std::memory_order_release); }

 private:
  const char* host_ = "";
  std::uint32_t address_ = 0;         ///< 0: none
  std::atomic<bool> running_{false};  ///< the other thread has the two above
  bool refused_ = false;              ///< the last begin() found one for another name
};

}  // namespace tautline::sockets
