#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tautline::test {

/// What an existing device or server of protocol 1 does with messages, written from docs/protocol.md, section 1, and
/// from nothing else: numbers, acknowledgements, the map of 256 bits, sending again. It outlives connections; a power
/// cycle is a new object.
class Talk1 {
 public:
  /// One that waits for each acknowledgement has most_in_flight 1.
  Talk1(std::int64_t timeout_ms, std::size_t most_in_flight)
      : timeout_ms_(timeout_ms), most_in_flight_(most_in_flight) {}

  void write(std::string text) { queue_.push_back(std::move(text)); }

  /// What was unacknowledged is sent again.
  void connection_lost() {
    for (Pending& pending : pending_) pending.sent_at_ms.reset();
  }

  /// Takes one line of the peer and returns the answer.
  std::string hear(std::string_view line) {
    if (line.empty()) return {};
    const auto number = static_cast<std::uint8_t>(std::stoi(std::string(line.substr(0, 2)), nullptr, 16));
    if (line.size() == 2) {
      acknowledge(number);
      return {};
    }
    if (is_new(number)) received.emplace_back(line.substr(2));
    return hex(number) + "\n";
  }

  /// Messages that are due, new ones and those to be sent again.
  std::string say(std::int64_t now_ms) {
    while (!queue_.empty() && pending_.size() < most_in_flight_) {
      pending_.push_back({next_, std::move(queue_.front()), {}});
      queue_.pop_front();
      next_ = next_ == 0xff ? std::uint8_t{1} : static_cast<std::uint8_t>(next_ + 1);
    }
    std::string text;
    for (Pending& pending : pending_) {
      if (pending.sent_at_ms && now_ms - *pending.sent_at_ms < timeout_ms_) continue;
      pending.sent_at_ms = now_ms;
      text += hex(pending.number) + pending.text + "\n";
    }
    return text;
  }

  /// Lines that the peer has not acknowledged.
  std::size_t unacknowledged() const { return pending_.size() + queue_.size(); }

  std::vector<std::string> received;      ///< what the application got
  std::vector<std::string> acknowledged;  ///< what the peer has, as this side knows

 private:
  struct Pending {
    std::uint8_t number;
    std::string text;
    std::optional<std::int64_t> sent_at_ms;
  };

  static std::string hex(std::uint8_t number) {
    std::array<char, 3> text{};
    std::snprintf(text.data(), text.size(), "%02x", number);
    return text.data();
  }
  void acknowledge(std::uint8_t number) {
    for (auto at = pending_.begin(); at != pending_.end(); ++at) {
      if (at->number != number) continue;
      acknowledged.push_back(std::move(at->text));
      pending_.erase(at);
      return;
    }
  }
  bool is_new(std::uint8_t number) {
    if (number == 0) map_.reset();
    if (map_.test(number)) return false;
    map_.set(number);
    const unsigned ahead = (number / 8U + 16) % 32;
    for (unsigned bit = 0; bit < 8; ++bit) map_.reset(8 * ahead + bit);
    return true;
  }

  const std::int64_t timeout_ms_;
  const std::size_t most_in_flight_;
  std::deque<std::string> queue_;
  std::deque<Pending> pending_;
  std::bitset<256> map_;
  std::uint8_t next_ = 0;
};

}  // namespace tautline::test
