#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

#include "lwip/dns.h"
#include "lwip/tcpip.h"

namespace tautline::esp_idf {

/// Finds the IPv4 address of a host name, or of an address in digits, in lwIP's own task. Nothing here waits.
///
/// lwIP cannot take a look-up back, so the object must outlive one that it began: make it static.
class NameLookup {
 public:
  /// How the look-up stands.
  enum class Status : std::uint8_t { running, found, failed };

  NameLookup() = default;
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  /// `host` must stay as it is until the look-up is over. One that nobody waited for any more serves this start, if it
  /// is for the same name; else this one fails.
  void start(const char* host) {
    failed_ = false;
    if (running_.load(std::memory_order_acquire)) {
      failed_ = std::strcmp(host_, host) != 0;
      return;
    }
    host_ = host;
    address_ = 0;
    running_.store(true, std::memory_order_release);
    if (tcpip_callback(begin, this) != ERR_OK) end(nullptr);
  }

  /// Of the last start().
  Status status() const {
    if (failed_) return Status::failed;
    if (running_.load(std::memory_order_acquire)) return Status::running;
    return address_ != 0 ? Status::found : Status::failed;
  }

  /// In the byte order of the network. Only when found.
  std::uint32_t address() const { return address_; }

 private:
  /// In lwIP's task.
  static void begin(void* self) {
    auto& lookup = *static_cast<NameLookup*>(self);
    ip_addr_t known;
    switch (dns_gethostbyname_addrtype(lookup.host_, &known, on_found, self, LWIP_DNS_ADDRTYPE_IPV4)) {
      case ERR_OK: lookup.end(&known); break;
      case ERR_INPROGRESS: break;
      default: lookup.end(nullptr); break;
    }
  }

  /// In lwIP's task.
  static void on_found(const char*, const ip_addr_t* address, void* self) {
    static_cast<NameLookup*>(self)->end(address);
  }

  void end(const ip_addr_t* address) {
    address_ = address != nullptr ? ip_2_ip4(address)->addr : 0;
    running_.store(false, std::memory_order_release);
  }

  const char* host_ = "";
  std::uint32_t address_ = 0;         ///< 0: none. Written before running_ becomes false
  std::atomic<bool> running_{false};  ///< lwIP's task has the other members
  bool failed_ = false;               ///< the last start() could not even begin
};

}  // namespace tautline::esp_idf
