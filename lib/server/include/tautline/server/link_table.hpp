#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "tautline/server/link.hpp"

namespace tautline {

/// The links of a shard by id; it owns them. They are only added, so an open-addressing table of pointers does: 11 to
/// 21 bytes a link, where std::unordered_set takes 44.
class LinkTable {
 public:
  LinkTable() = default;
  ~LinkTable();
  LinkTable(const LinkTable&) = delete;
  LinkTable& operator=(const LinkTable&) = delete;

  /// Null if there is none.
  Link* find(std::string_view id) const;
  /// There must be none with this id.
  Link& insert(std::unique_ptr<Link> link);
  /// How many there are.
  std::size_t size() const { return size_; }

  /// Calls visit(Link&) for each, in no order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (Link* const link : slots_) {
      if (link != nullptr) visit(*link);
    }
  }

 private:
  /// Where the link with this id is, or where it would be put.
  std::size_t slot_of(std::string_view id) const;
  void grow();

  std::vector<Link*> slots_;  ///< a power of two, at most three quarters in use
  std::size_t size_ = 0;
};

}  // namespace tautline
