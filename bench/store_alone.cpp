#include "store_alone.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "process.hpp"
#include "tautline/store/sqlite_store.hpp"

namespace bench {
namespace {

constexpr unsigned links = 64;
constexpr std::uint32_t generation = 1;

std::vector<tautline::LinkUpdate> make_links() {
  std::vector<tautline::LinkUpdate> updates(links);
  for (unsigned i = 0; i < links; ++i) {
    updates[i].id = "link-" + std::to_string(i);
    updates[i].create = true;
    updates[i].numbers.generation = generation;
    updates[i].numbers.sid = i + 1;
  }
  return updates;
}

}  // namespace

LoadResult commit_alone(const std::filesystem::path& directory, unsigned lines, double seconds) {
  const std::shared_ptr<tautline::SessionStore> store = tautline::SqliteStore{directory / "alone.db"}.open();
  std::vector<tautline::LinkUpdate> all = make_links();
  store->commit(all);
  const std::string payload(27, 'x');
  LoadResult result;
  const auto start = Clock::now();
  unsigned next = 0;
  while (seconds_since(start) < seconds) {
    std::vector<tautline::LinkUpdate> updates;
    const unsigned count = std::min(lines, links);
    for (unsigned i = 0; i < count; ++i) {
      tautline::LinkUpdate& update = all[next++ % links];
      update.create = false;
      update.expected_generation = generation;
      update.expected_sid = update.numbers.sid;
      update.consumed = static_cast<std::uint32_t>(update.received.size());
      update.received.clear();
      for (unsigned line = i; line < lines; line += links) {
        update.received.push_back({update.numbers.sid, 0, ++update.numbers.rx, payload});
      }
      updates.push_back(update);
    }
    const auto before = Clock::now();
    store->commit(updates);
    result.latencies_us.push_back(1e6 * std::chrono::duration<double>(Clock::now() - before).count());
    result.lines += lines;
  }
  result.seconds = seconds_since(start);
  std::sort(result.latencies_us.begin(), result.latencies_us.end());
  return result;
}

}  // namespace bench
