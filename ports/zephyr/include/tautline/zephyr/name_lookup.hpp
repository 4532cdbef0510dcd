#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include <zephyr/net/dns_resolve.h>

#include "tautline/client/link_client.hpp"

namespace tautline::zephyr {

/// Finds the IPv4 address of a host name, or of an address in digits, by Zephyr's resolver. Nothing here waits.
///
/// The resolver calls until the look-up is over, so the object must outlive one that it began: make it static.
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
    const auto limit_ms = static_cast<std::int32_t>(resolve_limit_ms);
    if (dns_get_addr_info(host, DNS_QUERY_TYPE_A, nullptr, on_event, this, limit_ms) < 0) end();
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
  /// Called for each address, then once more. In the resolver's thread, or within start() for an address in digits.
  static void on_event(dns_resolve_status status, dns_addrinfo* found, void* self) {
    auto& lookup = *static_cast<NameLookup*>(self);
    if (status != DNS_EAI_INPROGRESS) {
      lookup.end();
    } else if (found != nullptr && found->ai_family == AF_INET && lookup.address_ == 0) {
      sockaddr_in address = {};
      std::memcpy(&address, &found->ai_addr, sizeof address);
      lookup.address_ = address.sin_addr.s_addr;
    }
  }

  void end() { running_.store(false, std::memory_order_release); }

  const char* host_ = "";
  std::uint32_t address_ = 0;         ///< 0: none. Written before running_ becomes false
  std::atomic<bool> running_{false};  ///< the resolver has the other members
  bool failed_ = false;               ///< the last start() could not even begin
};

}  // namespace tautline::zephyr
