#include "tautline/server/link_table.hpp"

#include <cassert>
#include <functional>
#include <utility>

namespace tautline {
namespace {

constexpr std::size_t first_slots = 16;

}  // namespace

LinkTable::~LinkTable() {
  for (Link* const link : slots_) delete link;
}

std::size_t LinkTable::slot_of(std::string_view id) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(id)&mask;
  while (slots_[slot] != nullptr && slots_[slot]->id() != id) slot = (slot + 1) & mask;
  return slot;
}

Link* LinkTable::find(std::string_view id) const {
  return slots_.empty() ? nullptr : slots_[slot_of(id)];
}

Link& LinkTable::insert(std::unique_ptr<Link> link) {
  if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  Link*& slot = slots_[slot_of(link->id())];
  assert(slot == nullptr);
  slot = link.release();
  ++size_;
  return *slot;
}

void LinkTable::grow() {
  const std::vector<Link*> before =
      std::exchange(slots_, std::vector<Link*>(slots_.empty() ? first_slots : slots_.size() * 2, nullptr));
  for (Link* const link : before) {
    if (link != nullptr) slots_[slot_of(link->id())] = link;
  }
}

}  // namespace tautline
