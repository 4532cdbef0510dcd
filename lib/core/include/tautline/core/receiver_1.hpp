#pragma once

#include <cstdint>
#include <string_view>

#include "tautline/core/bitmap.hpp"

namespace tautline {

/// Which protocol-1 messages of the peer's present life were received: a window that slides with the highest number.
/// Outlives connections. docs/protocol.md, section 1.
///
/// Existing implementations keep a map of all 256 numbers, and clear the byte half a map ahead whenever a bit is set.
/// When a burst of eight qos=False lines is lost nobody clears that byte, and a round later new lines are taken for old
/// ones: acknowledged and swallowed. A window forgets by distance instead, and survives a lost burst of 127.
///
/// 00 means that the peer powered up, but it is also an ordinary message that is sent again when its acknowledgement
/// is lost, and no field tells the two apart:
/// - not the first message of its connection: a device cannot reboot inside a TCP connection, so it is a resend, or a
///   00 that was overtaken. It never clears the window.
/// - first of its connection, after other numbers: a reboot. (A peer that overtakes its own 00 with wait=False, loses
///   its acknowledgement and then the connection, has it delivered twice.)
/// - first of its connection, and 00 is all that this life has brought: a resend if the payload is the same and nothing
///   showed that the acknowledgement arrived; else a reboot. What remains wrong, and only protocol 2 cures: a device
///   that says one thing, vanishes within two timeouts and says the same thing after a reboot is heard once. To call
///   every 00 a resend would swallow the lines of a device that sleeps without power between single messages; to call
///   every one a reboot would run a command twice whenever an outage eats the acknowledgement.
class Receiver1 {
 public:
  /// Numbers remembered, counted back from the highest.
  static constexpr unsigned window = 128;

  enum class Verdict : std::uint8_t {
    fresh,      ///< deliver
    duplicate,  ///< acknowledge again, do not deliver
    reboot,     ///< deliver, and forget what the former life sent
  };

  /// `first_of_connection`: no other message of this connection was delivered or found duplicate.
  Verdict judge(std::uint8_t number, std::string_view payload, bool first_of_connection) const;

  /// The message was delivered after that verdict (not duplicate).
  void take(std::uint8_t number, std::string_view payload, Verdict verdict);
  /// The same with hash(payload), for a caller that no longer has the payload.
  void take(std::uint8_t number, std::uint32_t payload_hash, Verdict verdict);
  static std::uint32_t hash(std::string_view payload);

  /// Did the peer see the acknowledgement of its 00? True is what lets an equal 00 pass as a reboot.
  void set_first_settled(bool settled) { first_settled_ = settled; }
  bool first_settled() const { return first_settled_; }

 private:
  Bitmap<window> received_;               ///< by number; meaningful for `window` numbers up to highest_
  std::uint32_t first_payload_hash_ = 0;  ///< of the 00 of this life
  std::uint8_t highest_ = 0;
  bool any_received_ = false;
  bool first_received_ = false;  ///< the 00 of this life
  bool first_settled_ = false;
};

}  // namespace tautline
