#pragma once

#include <array>
#include <deque>
#include <optional>

#include "bus/part.hpp"

namespace tautline::sim {

struct WireFaults {
  std::uint32_t lost_edge_ppm = 0;  ///< per change: the other side goes on reading the level before, until the next
  std::uint32_t lost_wake_ppm = 0;  ///< per change: it reads right when it looks, but nothing wakes it
  std::uint32_t stuck_ppm = 0;      ///< per change: the wire stays as it is, whoever drives it, ...
  Span stuck_ns = {ns_per_ms, 10 * ns_per_s};  ///< ... for so long
};

/// One wire with a pull-up between board and bridge: high unless somebody drives it low. Each side reads it through
/// its own end; a change takes `delay_ns` to be seen, and wakes the side that did not make it.
class Wire {
 public:
  /// The seam Pin of one side.
  class Pin {
   public:
    void write(bool high) { wire_.drive(side_, high); }
    bool read() const { return wire_.seen_[index_of(side_)]; }
    /// Its owner is off or in reset: an input, until the next write().
    void release() { wire_.drive(side_, std::nullopt); }

   private:
    friend class Wire;
    Pin(Wire& wire, Side side) : wire_(wire), side_(side) {}
    Wire& wire_;
    const Side side_;
  };

  explicit Wire(Random* random = nullptr, const WireFaults& faults = {}, Nanoseconds delay_ns = 100)
      : chance_(random), faults_(faults), delay_ns_(delay_ns) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  Pin& pin(Side side) { return pins_[index_of(side)]; }

  /// When something happens next by itself.
  Nanoseconds next_ns() const;
  /// Does what is due until then.
  Wakes advance(Nanoseconds now_ns);

  void set_faults(const WireFaults& faults) { faults_ = faults; }
  /// Holds the wire at a level, whoever drives it; until never_ns, or the next call.
  void stick(bool high, Nanoseconds until_ns);
  /// The level on the wire itself.
  bool level() const { return level_; }
  /// Edges that one of the sides never saw.
  std::uint64_t lost_edges() const { return lost_edges_; }

 private:
  struct Edge {
    Nanoseconds at_ns;
    bool high;
    Side maker;
  };

  void drive(Side side, std::optional<bool> high);
  void update(Side maker, bool may_fail);
  void see(const Edge& edge, Wakes& wakes);

  Chance chance_;
  WireFaults faults_;
  const Nanoseconds delay_ns_;
  Nanoseconds now_ns_ = 0;
  std::array<Pin, 2> pins_{Pin(*this, Side::board), Pin(*this, Side::bridge)};
  std::array<std::optional<bool>, 2> driven_;
  std::array<bool, 2> seen_{true, true};
  bool level_ = true;
  std::optional<bool> stuck_at_;
  Nanoseconds stuck_until_ns_ = 0;
  std::deque<Edge> edges_;
  std::uint64_t lost_edges_ = 0;
};

}  // namespace tautline::sim
