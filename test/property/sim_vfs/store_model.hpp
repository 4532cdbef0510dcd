#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/random.hpp"
#include "tautline/store/session_store.hpp"

/// What a store must hold after a number of commits, and commits at random.
namespace tautline::sim_test {

using State = std::map<std::string, StoredLink>;

/// As session_store.hpp says, for an update whose condition holds.
inline void apply_update(State& state, const LinkUpdate& update) {
  StoredLink& link = state[update.id];
  link.id = update.id;
  link.numbers = update.numbers;
  link.inbox.erase(link.inbox.begin(), link.inbox.begin() + update.consumed);
  link.inbox.insert(link.inbox.end(), update.received.begin(), update.received.end());
  link.outbox.insert(link.outbox.end(), update.written.begin(), update.written.end());
  while (!link.outbox.empty() && static_cast<std::int32_t>(link.outbox.front().seq - link.numbers.base) < 0) {
    link.outbox.erase(link.outbox.begin());
  }
}

class UpdateSource {
 public:
  explicit UpdateSource(sim::Random& random) : random_(random) {}

  /// A commit of one to four updates, perhaps several of one link, whose conditions hold in `state`.
  std::vector<LinkUpdate> next_commit(State state) {
    std::vector<LinkUpdate> updates;
    for (std::uint64_t count = random_.between(1, 4); count > 0; --count) {
      updates.push_back(next_update(state));
      apply_update(state, updates.back());
    }
    return updates;
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_.below(bound)); }
  std::string payload() {
    const std::uint64_t size = random_.permille(50) ? random_.below(9000) : random_.below(200);
    return std::string(size, static_cast<char>('a' + random_.below(26)));
  }

  LinkUpdate next_update(const State& state) {
    LinkUpdate update;
    update.id = std::string(1, static_cast<char>('a' + random_.below(4)));
    const auto found = state.find(update.id);
    if (found == state.end()) {
      update.create = true;
      update.numbers.generation = 1000;
      update.numbers.sid = static_cast<std::uint32_t>(random_.next());
      if (random_.permille(300)) update.numbers.base = update.numbers.next = 0U - below(4);
      return update;
    }
    const StoredLink& link = found->second;
    update.expected_generation = link.numbers.generation;
    update.expected_sid = link.numbers.sid;
    update.expected_next = link.numbers.next;
    update.numbers = link.numbers;
    update.consumed = random_.permille(400) ? below(static_cast<std::uint32_t>(link.inbox.size()) + 1) : 0;
    if (random_.permille(150)) shake_hands(update.numbers);
    if (random_.permille(600)) receive(update);
    if (random_.permille(400)) write(update);
    if (random_.permille(400)) update.numbers.base += below(update.numbers.next - update.numbers.base + 1);
    return update;
  }

  void shake_hands(StoredNumbers& numbers) {
    ++numbers.generation;
    numbers.protocol = 2;
    numbers.peer_max_payload = 32 + below(1000);
    if (numbers.epoch_known && random_.permille(500)) return;
    numbers.epoch_known = true;
    numbers.epoch = numbers.generation;
    numbers.rx = below(3);
  }
  void receive(LinkUpdate& update) {
    for (std::uint32_t count = 1 + below(5); count > 0; --count) {
      const std::uint32_t seq = ++update.numbers.rx;
      update.received.push_back({update.numbers.sid, update.numbers.epoch, seq, payload()});
    }
  }
  void write(LinkUpdate& update) {
    for (std::uint32_t count = 1 + below(5); count > 0; --count) {
      const std::uint32_t seq = update.numbers.next++;
      update.written.push_back({seq, static_cast<std::uint8_t>(below(4)), 1'700'000'000 + below(1000), payload()});
    }
  }

  sim::Random& random_;
};

}  // namespace tautline::sim_test
