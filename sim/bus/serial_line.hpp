#pragma once

#include <array>
#include <deque>

#include "bus/part.hpp"

namespace tautline::sim {

struct SerialSettings {
  std::uint32_t baud = 115'200;
  std::size_t transmit_bytes = 256;  ///< that the transmitter has room for
  std::size_t receive_bytes = 256;   ///< that the receiver keeps; one more is lost
};

struct SerialFaults {
  std::uint32_t drop_ppm = 0;    ///< per byte: it never comes
  std::uint32_t flip_ppm = 0;    ///< per byte: one bit is changed
  std::uint32_t insert_ppm = 0;  ///< per byte: any other byte comes after it
};

/// A serial line, 8 bits without parity (ten bit times a byte), the same in both directions.
///
/// Wakes: a side when a byte arrived, and when its transmitter has become empty.
class SerialLine {
 public:
  /// The seam Uart of one side.
  class Uart {
   public:
    std::size_t read(char* data, std::size_t size) { return line_.read(side_, data, size); }
    std::size_t write(const char* data, std::size_t size) { return line_.write(side_, data, size); }

   private:
    friend class SerialLine;
    Uart(SerialLine& line, Side side) : line_(line), side_(side) {}
    SerialLine& line_;
    const Side side_;
  };

  struct Counters {
    std::uint64_t bytes = 0;   ///< that were sent
    std::uint64_t faults = 0;  ///< drawn
    std::uint64_t lost = 0;    ///< by a receiver without room
  };

  explicit SerialLine(const SerialSettings& settings = {}, Random* random = nullptr, const SerialFaults& faults = {})
      : settings_(settings), byte_ns_(10 * ns_per_s / settings.baud), chance_(random), faults_{faults, faults} {}
  SerialLine(const SerialLine&) = delete;
  SerialLine& operator=(const SerialLine&) = delete;

  Uart& uart(Side side) { return uarts_[index_of(side)]; }

  /// When something happens next by itself.
  Nanoseconds next_ns() const;
  /// Does what is due until then.
  Wakes advance(Nanoseconds now_ns);

  /// This side is in reset: what it had to send and has received is gone; the byte it was sending arrives damaged.
  void reset(Side side);

  void set_faults(const SerialFaults& faults) { faults_ = {faults, faults}; }
  /// Of what this side sends.
  void set_faults(Side side, const SerialFaults& faults) { faults_[index_of(side)] = faults; }
  const Counters& counters() const { return counters_; }

 private:
  /// One direction, from the side of this index.
  struct Direction {
    std::deque<char> to_send;   ///< the first one is on the line
    std::deque<char> received;  ///< by the other side
    Nanoseconds arrives_ns = never_ns;
    bool cut = false;  ///< the byte on the line is damaged
  };

  std::size_t read(Side side, char* data, std::size_t size);
  std::size_t write(Side side, const char* data, std::size_t size);
  void arrive(Side from, Wakes& wakes);
  void deliver(Side to, char byte, Wakes& wakes);
  bool fault(std::uint32_t ppm);

  const SerialSettings settings_;
  const Nanoseconds byte_ns_;
  Chance chance_;
  std::array<SerialFaults, 2> faults_;  ///< from the side of this index
  Counters counters_;
  Nanoseconds now_ns_ = 0;
  std::array<Uart, 2> uarts_{Uart(*this, Side::board), Uart(*this, Side::bridge)};
  std::array<Direction, 2> directions_;
};

}  // namespace tautline::sim
