#include "tautline/server/timer_wheel.hpp"

#include <bit>

#include "tautline/core/serial.hpp"

namespace tautline {
namespace {

constexpr unsigned bits_per_level = 6;
constexpr unsigned slot_mask = 63;

unsigned slot_at(std::uint32_t time_ms, unsigned level) {
  return (time_ms >> (bits_per_level * level)) & slot_mask;
}

}  // namespace

void TimerWheel::arm(Timer& timer, std::uint32_t deadline_ms) {
  if (timer.armed) remove(timer);
  // At least one tick ahead: the slot of the current tick has been emptied already.
  if (!after(deadline_ms, current_ms_)) deadline_ms = current_ms_ + 1;
  if (deadline_ms - current_ms_ > longest_ms) deadline_ms = current_ms_ + longest_ms;
  timer.deadline_ms = deadline_ms;
  insert(timer);
}

void TimerWheel::disarm(Timer& timer) {
  if (timer.armed) remove(timer);
}

void TimerWheel::insert(Timer& timer) {
  const std::uint32_t ahead = timer.deadline_ms - current_ms_;
  unsigned level = 0;
  while (level + 1 < levels && ahead >= (1U << (bits_per_level * (level + 1)))) ++level;
  const unsigned index = slot_at(timer.deadline_ms, level);
  Slot& slot = slots_[level * slots + index];
  timer.slot = static_cast<std::uint8_t>(level * slots + index);
  timer.previous = nullptr;
  timer.next = slot.head;
  if (slot.head != nullptr) slot.head->previous = &timer;
  slot.head = &timer;
  timer.armed = true;
  occupied_[level] |= std::uint64_t{1} << index;
  ++count_;
}

void TimerWheel::remove(Timer& timer) {
  Slot& slot = slots_[timer.slot];
  if (timer.previous != nullptr) {
    timer.previous->next = timer.next;
  } else {
    slot.head = timer.next;
  }
  if (timer.next != nullptr) timer.next->previous = timer.previous;
  if (slot.head == nullptr) occupied_[timer.slot / slots] &= ~(std::uint64_t{1} << (timer.slot % slots));
  timer.armed = false;
  --count_;
}

std::uint32_t TimerWheel::next_ms() const {
  std::uint32_t best = current_ms_ + longest_ms;
  for (unsigned level = 0; level < levels; ++level) {
    if (occupied_[level] == 0) continue;
    // Slots ahead of the present one, the present one itself (a whole turn ahead) last.
    const unsigned present = slot_at(current_ms_, level);
    const std::uint64_t ahead = std::rotr(occupied_[level], static_cast<int>((present + 1) & slot_mask));
    const auto turns = static_cast<std::uint32_t>(std::countr_zero(ahead)) + 1;
    const unsigned shift = bits_per_level * level;
    best = earlier(best, ((current_ms_ >> shift) + turns) << shift);
  }
  return best;
}

/// Moves to the next time at which a slot must be looked at; false when there is none up to now_ms.
bool TimerWheel::step(std::uint32_t now_ms) {
  if (count_ == 0) {
    current_ms_ = now_ms;
    return false;
  }
  if (after(next_ms(), now_ms)) {
    current_ms_ = later(current_ms_, now_ms);
    return false;
  }
  current_ms_ = next_ms();
  for (unsigned level = levels - 1; level > 0; --level) {
    const std::uint32_t span = 1U << (bits_per_level * level);
    if (current_ms_ % span == 0) cascade(level);
  }
  return true;
}

/// Spreads the present slot of a level over the levels below.
void TimerWheel::cascade(unsigned level) {
  Slot& slot = slots_[level * slots + slot_at(current_ms_, level)];
  while (slot.head != nullptr) {
    Timer& timer = *slot.head;
    remove(timer);
    insert(timer);
  }
}

Timer* TimerWheel::take_due() {
  Timer* const timer = slots_[slot_at(current_ms_, 0)].head;
  if (timer != nullptr) remove(*timer);
  return timer;
}

}  // namespace tautline
