#include "bus/wire.hpp"

namespace tautline::sim {

Nanoseconds Wire::next_ns() const {
  const Nanoseconds edge = edges_.empty() ? never_ns : edges_.front().at_ns;
  return stuck_at_ ? std::min(edge, stuck_until_ns_) : edge;
}

Wakes Wire::advance(Nanoseconds now_ns) {
  Wakes wakes;
  for (Nanoseconds at = next_ns(); at <= now_ns && at != never_ns; at = next_ns()) {
    now_ns_ = at;
    if (stuck_at_ && stuck_until_ns_ <= at) {
      stuck_at_.reset();
      // Nobody made this edge, so nobody knows of it: both are told.
      update(Side::board, false);
      update(Side::bridge, false);
    }
    while (!edges_.empty() && edges_.front().at_ns <= at) {
      see(edges_.front(), wakes);
      edges_.pop_front();
    }
  }
  now_ns_ = now_ns;
  return wakes;
}

void Wire::stick(bool high, Nanoseconds until_ns) {
  stuck_at_ = high;
  stuck_until_ns_ = until_ns;
  update(Side::board, false);
  update(Side::bridge, false);
}

void Wire::drive(Side side, std::optional<bool> high) {
  if (driven_[index_of(side)] == high) return;
  driven_[index_of(side)] = high;
  update(side, true);
}

void Wire::update(Side maker, bool may_fail) {
  const bool pulled_low = !driven_[0].value_or(true) || !driven_[1].value_or(true);
  const bool wanted = stuck_at_.value_or(!pulled_low);
  if (wanted != level_ && may_fail && chance_.happens(faults_.stuck_ppm)) {
    stuck_at_ = level_;
    stuck_until_ns_ = now_ns_ + chance_.draw(faults_.stuck_ns);
    return;
  }
  const bool changed = wanted != level_;
  level_ = wanted;
  // Who drives it sees it at once; a change by nobody (stuck, unstuck) comes here once for each side.
  if (may_fail) seen_[index_of(maker)] = level_;
  if (changed || !may_fail) edges_.push_back({now_ns_ + delay_ns_, level_, maker});
}

void Wire::see(const Edge& edge, Wakes& wakes) {
  const Side side = other_than(edge.maker);
  bool& seen = seen_[index_of(side)];
  if (seen == edge.high) return;
  if (chance_.happens(faults_.lost_edge_ppm)) {
    ++lost_edges_;
    return;
  }
  seen = edge.high;
  if (!chance_.happens(faults_.lost_wake_ppm)) wakes.add(side);
}

}  // namespace tautline::sim
