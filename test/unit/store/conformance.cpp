#include "conformance.hpp"

#include <algorithm>
#include <utility>

namespace tautline::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);

UpdateResult StoreConformance::commit_to(SessionStore& store, LinkUpdate update) {
  std::vector<LinkUpdate> updates;
  updates.push_back(std::move(update));
  std::vector<UpdateResult> results = store.commit(updates);
  EXPECT_EQ(results.size(), 1U);
  return results.empty() ? UpdateResult{} : results.front();
}

std::vector<StoredLink> StoreConformance::all() {
  std::vector<StoredLink> links = another()->take_over();
  for (StoredLink& link : links) --link.numbers.generation;
  std::sort(links.begin(), links.end(), [](const StoredLink& a, const StoredLink& b) { return a.id < b.id; });
  return links;
}

StoredLink StoreConformance::only() {
  const std::vector<StoredLink> links = all();
  EXPECT_EQ(links.size(), 1U);
  return links.empty() ? StoredLink{} : links.front();
}

LinkUpdate creation(const std::string& id, std::uint32_t sid) {
  LinkUpdate update;
  update.id = id;
  update.create = true;
  update.numbers.generation = first_generation;
  update.numbers.sid = sid;
  return update;
}

LinkUpdate after(const std::string& id, const StoredNumbers& present) {
  LinkUpdate update;
  update.id = id;
  update.expected_generation = present.generation;
  update.expected_sid = present.sid;
  update.expected_next = present.next;
  update.numbers = present;
  return update;
}

LinkUpdate after(const LinkUpdate& update) {
  return after(update.id, update.numbers);
}

LinkUpdate& receive(LinkUpdate& update, const std::vector<std::string>& payloads) {
  for (const std::string& payload : payloads) {
    update.received.push_back({update.numbers.sid, update.numbers.epoch, ++update.numbers.rx, payload});
  }
  return update;
}

LinkUpdate& write(LinkUpdate& update, const std::vector<std::string>& payloads) {
  for (const std::string& payload : payloads) update.written.push_back({update.numbers.next++, 0, 1234567890, payload});
  return update;
}

std::vector<std::string> inbox_of(const StoredLink& link) {
  std::vector<std::string> payloads;
  for (const InboxLine& line : link.inbox) payloads.push_back(line.payload);
  return payloads;
}

std::vector<std::string> outbox_of(const StoredLink& link) {
  std::vector<std::string> payloads;
  for (const OutboxLine& line : link.outbox) payloads.push_back(line.payload);
  return payloads;
}

}  // namespace tautline::test
