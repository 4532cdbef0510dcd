// The outbox as a mailbox of a client that is away: its bounds, and what gives way.

#include <ctime>
#include <string>

#include "tautline/core/serial.hpp"
#include "tautline/server/shard.hpp"

namespace tautline {

std::int64_t Shard::unix_seconds() const {
  return options_.unix_seconds ? options_.unix_seconds() : std::time(nullptr);
}

bool Shard::is_full(const Link& link, std::size_t bytes) const {
  const std::uint32_t lines = link.outbox.size() + (link.store ? link.store->writing : 0);
  const std::size_t used = link.outbox.bytes() + (link.store ? link.store->writing_bytes : 0);
  return lines >= options_.outbox_lines || used + bytes > options_.outbox_bytes;
}

/// A line that was sent on the open connection, or is promised by a GO on its way, can't be taken back.
bool Shard::can_drop(const Link& link) const {
  if (link.conn != nullptr || link.replacing || opening_of(link) != nullptr || link.outbox.empty()) return false;
  if (link.store && !link.store->owned) return false;
  return !link.numbers_1 || link.numbers_1->can_drop_front();
}

void Shard::drop_front(Link& link) {
  link.outbox.pop_front();
  if (link.numbers_1) {
    link.numbers_1->drop_front();
  } else {
    ++link.numbers.base;
  }
}

/// Is there room for a line of that many bytes, if need be at the cost of older ones?
bool Shard::make_room(Link& link, std::size_t bytes) {
  if (!is_full(link, bytes)) return true;
  if (link.conn == nullptr) expire_lines(link);
  std::uint32_t dropped = 0;
  while (options_.when_full == WhenFull::drop_oldest && is_full(link, bytes) && can_drop(link)) {
    drop_front(link);
    ++dropped;
  }
  if (dropped != 0) report_dropped(link, dropped);
  return !is_full(link, bytes);
}

bool Shard::drop_oldest(Link& link) {
  if (!can_drop(link)) return false;
  drop_front(link);
  report_dropped(link, 1);
  return true;
}

void Shard::remember_age(Link& link, std::int64_t written) {
  std::deque<Age>& ages = ages_[&link];
  while (!ages.empty() && !after(ages.front().before, link.base())) ages.pop_front();
  if (ages.empty() || ages.back().written != written) {
    ages.push_back({link.next(), written});
  } else {
    ages.back().before = link.next();
  }
}

void Shard::expire_lines(Link& link) {
  const auto found = ages_.find(&link);
  if (found == ages_.end()) return;
  const std::int64_t now = unix_seconds();
  std::deque<Age>& ages = found->second;
  std::uint32_t dropped = 0;
  while (!ages.empty() && ages.front().written + options_.outbox_max_age_s < now) {
    while (before(link.base(), ages.front().before) && can_drop(link)) {
      drop_front(link);
      ++dropped;
    }
    if (before(link.base(), ages.front().before)) break;
    ages.pop_front();
  }
  if (ages.empty()) ages_.erase(found);
  if (dropped != 0) report_dropped(link, dropped);
}

void Shard::report_dropped(Link& link, std::uint32_t count) {
  std::uint32_t& dropped = dropped_[&link].old;
  dropped += count;
  log(LogLevel::warning, "client '" + std::string(link.id()) + "': " + std::to_string(count) +
                             " line(s) dropped from its outbox, too old or in the way of newer ones; " +
                             std::to_string(dropped) + " so far");
  if (link.store) note(link, false);
  observer_.lines_dropped(link, link.base(), count);
}

Shard::Dropped Shard::dropped(const Link& link) const {
  const auto found = dropped_.find(&link);
  return found == dropped_.end() ? Dropped{} : found->second;
}

}  // namespace tautline
