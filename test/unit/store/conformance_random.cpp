#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "conformance.hpp"
#include "tautline/core/serial.hpp"

// A store beside a model of it, in a random history of several handles. A failure names its seed; TAUTLINE_SEED=<seed>
// runs that one alone.

namespace tautline::test {
namespace {

using Payloads = std::vector<std::string>;

class History {
 public:
  History(StoreUnderTest& records, std::uint32_t seed) : records_(records), random_(seed) {
    for (int i = 0; i < 2; ++i) servers_.push_back({records.open(), {}});
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    take_over(servers_[0]);  // compares
  }

 private:
  struct Server {
    std::shared_ptr<SessionStore> store;
    std::map<std::string, StoredLink> seen;  ///< as it believes
  };

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  std::string some_id() { return "link" + std::to_string(below(4)); }
  Payloads some_lines() {
    Payloads lines;
    for (std::uint32_t count = below(3); count > 0; --count) lines.push_back(std::to_string(++last_payload_));
    return lines;
  }

  void step() {
    Server& server = servers_[below(2)];
    switch (below(20)) {
      case 0: take_over(server); break;
      case 1: drop(some_id()); break;
      case 2:
        server.store.reset();
        server.store = records_.open();
        take_over(server);
        break;
      default: commit(server); break;
    }
  }

  void take_over(Server& server) {
    for (auto& [id, link] : model_) link.numbers.generation += 1;
    server.seen.clear();
    for (StoredLink& link : server.store->take_over()) server.seen[link.id] = link;
    EXPECT_EQ(server.seen, model_);
    for (auto& [id, link] : model_) informed_[id] = {&server};
  }

  void drop(const std::string& id) {
    if (model_.erase(id) == 0) return;
    records_.drop(id);
    informed_.erase(id);
  }

  LinkUpdate some_update(Server& server) {
    const std::string id = some_id();
    const auto seen = server.seen.find(id);
    LinkUpdate update = seen == server.seen.end() ? creation(id, static_cast<std::uint32_t>(random_()))
                                                  : after(id, seen->second.numbers);
    if (update.create) update.numbers.base = update.numbers.next = 0U - below(20);
    if (below(8) == 0) update.numbers.generation += 1;
    receive(update, some_lines());
    write(update, some_lines());
    if (update.create) return update;
    const std::vector<InboxLine>& inbox = seen->second.inbox;
    update.consumed = inbox.empty() ? 0 : below(static_cast<std::uint32_t>(inbox.size()) + 1);
    update.numbers.base += below(update.numbers.next - update.numbers.base + 1);
    if (inbox.size() > update.consumed && below(3) == 0) {
      const bool fails = below(2) == 0;
      update.effect = [fails](StoreTransaction&) {
        if (fails) throw 1;
      };
    }
    return update;
  }

  /// The link after the update, which the store has applied.
  static StoredLink applied(StoredLink link, const LinkUpdate& update, bool effect_failed) {
    link.id = update.id;
    link.numbers = update.numbers;
    const std::uint32_t taken = update.consumed + (update.effect && !effect_failed ? 1U : 0U);
    link.inbox.erase(link.inbox.begin(), link.inbox.begin() + taken);
    link.inbox.insert(link.inbox.end(), update.received.begin(), update.received.end());
    link.outbox.insert(link.outbox.end(), update.written.begin(), update.written.end());
    std::erase_if(link.outbox, [&](const OutboxLine& line) { return before(line.seq, update.numbers.base); });
    return link;
  }

  /// Up to three updates, each of what the server believes after those before it.
  void commit(Server& server) {
    std::vector<LinkUpdate> updates;
    for (std::uint32_t count = 1 + below(3); count > 0; --count) {
      const LinkUpdate update = some_update(server);
      const auto other = [&](const LinkUpdate& earlier) { return earlier.id == update.id; };
      if (std::any_of(updates.begin(), updates.end(), other)) continue;
      updates.push_back(update);
    }
    const std::vector<UpdateResult> results = server.store->commit(updates);
    ASSERT_EQ(results.size(), updates.size());
    for (std::size_t i = 0; i < updates.size(); ++i) judge(server, updates[i], results[i]);
  }

  void judge(Server& server, const LinkUpdate& update, const UpdateResult& result) {
    const auto present = model_.find(update.id);
    const bool exists = present != model_.end();
    const bool allowed = update.create ? !exists : exists && informed_[update.id].contains(&server);
    ASSERT_EQ(result.applied, allowed) << update.id;
    if (!result.applied) {
      EXPECT_EQ(result.current.has_value(), exists);
      if (exists) {
        EXPECT_EQ(*result.current, present->second);
        server.seen[update.id] = present->second;
        informed_[update.id].insert(&server);
      } else {
        server.seen.erase(update.id);
      }
      return;
    }
    const StoredLink link = applied(exists ? present->second : StoredLink{}, update, result.effect_error != nullptr);
    model_[update.id] = server.seen[update.id] = link;
    informed_[update.id] = {&server};
  }

  StoreUnderTest& records_;
  std::mt19937 random_;
  std::vector<Server> servers_;
  std::map<std::string, StoredLink> model_;
  std::map<std::string, std::set<const Server*>> informed_;  ///< who has seen the last change of each record
  int last_payload_ = 0;
};

TEST_P(StoreConformance, a_random_history_is_that_of_the_model) {
  constexpr std::uint32_t seeds = 8;
  constexpr int steps = 250;
  const char* const wanted = std::getenv("TAUTLINE_SEED");
  const auto first = wanted == nullptr ? 1U : static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 10));
  for (std::uint32_t seed = first; seed < first + (wanted == nullptr ? seeds : 1); ++seed) {
    SCOPED_TRACE("TAUTLINE_SEED=" + std::to_string(seed));
    const std::unique_ptr<StoreUnderTest> records = GetParam().make();
    History(*records, seed).run(steps);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tautline::test
