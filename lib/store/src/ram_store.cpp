#include "tautline/store/ram_store.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <utility>

#include "tautline/core/serial.hpp"
#include "update_rules.hpp"

namespace tautline {
namespace {

struct NoTransaction : StoreTransaction {
  void* native() override { return nullptr; }
};

template <typename Line>
void erase_front(std::vector<Line>& lines, std::size_t count) {
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

struct RamStore::Records {
  struct Record {
    StoredLink link;
    std::uint64_t revision = 0;
  };

  std::mutex mutex;
  std::unordered_map<std::string, Record> by_id;
  std::uint64_t last_revision = 0;  ///< of any record, so that a dropped and re-created one never looks the same
};

RamStore::RamStore() : RamStore(std::make_shared<Records>()) {}

RamStore::RamStore(std::shared_ptr<Records> records) : records_(std::move(records)) {}

std::shared_ptr<RamStore> RamStore::share() const {
  return std::shared_ptr<RamStore>(new RamStore(records_));
}

std::vector<StoredLink> RamStore::take_over() {
  const std::lock_guard lock(records_->mutex);
  std::vector<StoredLink> links;
  links.reserve(records_->by_id.size());
  for (auto& [id, record] : records_->by_id) {
    ++record.link.numbers.generation;
    seen_[id] = record.revision = ++records_->last_revision;
    links.push_back(record.link);
  }
  return links;
}

std::vector<UpdateResult> RamStore::commit(const std::vector<LinkUpdate>& updates) {
  const std::lock_guard lock(records_->mutex);
  std::vector<UpdateResult> results(updates.size());
  for (std::size_t i = 0; i < updates.size(); ++i) apply(updates[i], results[i]);
  return results;
}

void RamStore::apply(const LinkUpdate& update, UpdateResult& result) {
  auto found = records_->by_id.find(update.id);
  const bool exists = found != records_->by_id.end();
  if (update.create != !exists || (exists && (seen_[update.id] != found->second.revision ||
                                              !detail::condition_holds(found->second.link.numbers, update)))) {
    if (exists) {
      seen_[update.id] = found->second.revision;
      result.current = found->second.link;
    }
    return;
  }
  if (!exists) found = records_->by_id.emplace(update.id, Records::Record{{update.id, {}, {}, {}}, 0}).first;
  Records::Record& record = found->second;
  StoredLink& link = record.link;

  detail::assert_taken(update, static_cast<std::uint32_t>(link.inbox.size()));
  erase_front(link.inbox, update.consumed);
  if (update.effect) {
    try {
      NoTransaction transaction;
      update.effect(transaction);
      erase_front(link.inbox, 1);
    } catch (...) {
      result.effect_error = std::current_exception();
    }
  }
  link.inbox.insert(link.inbox.end(), update.received.begin(), update.received.end());
  link.outbox.insert(link.outbox.end(), update.written.begin(), update.written.end());
  link.numbers = update.numbers;
  const auto kept = std::find_if(link.outbox.begin(), link.outbox.end(),
                                 [&](const OutboxLine& line) { return !before(line.seq, link.numbers.base); });
  link.outbox.erase(link.outbox.begin(), kept);
  seen_[update.id] = record.revision = ++records_->last_revision;
  result.applied = true;
}

std::string RamStore::name() const {
  return "memory";
}

bool RamStore::drop(const std::string& id) {
  const std::lock_guard lock(records_->mutex);
  return records_->by_id.erase(id) > 0;
}

}  // namespace tautline
