#include "tautline/store/store_file.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <sqlite3.h>

#include "load.hpp"
#include "tautline/core/line_rules.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/store/detail/database.hpp"
#include "tautline/store/detail/schema.hpp"

namespace tautline {
namespace {

using detail::Database;
using detail::Statement;

/// What is read in its scope is of one moment.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) { database_.execute("BEGIN"); }
  ~Snapshot() { sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
};

using Problems = std::vector<std::string>;

/// PRAGMA integrity_check and foreign_key_check.
void check_file(Database& database, Problems& problems) {
  Statement integrity(database, "PRAGMA integrity_check");
  while (integrity.step()) {
    if (integrity.text(0) != "ok") problems.push_back("SQLite: " + integrity.text(0));
  }
  Statement orphans(database, "PRAGMA foreign_key_check");
  while (orphans.step()) {
    problems.push_back("row " + orphans.text(1) + " of the table " + orphans.text(0) + " belongs to no link");
  }
}

void check_numbers(Database& database, Problems& problems) {
  Statement out_of_range(database,
                         "SELECT id FROM links WHERE "
                         "min(generation, sid, ifnull(epoch, 0), rx, base, next, peer_max_payload) < 0 OR "
                         "max(generation, sid, ifnull(epoch, 0), rx, base, next, peer_max_payload) > 4294967295 OR "
                         "protocol NOT IN (0, 1, 2)");
  while (out_of_range.step()) problems.push_back("link " + out_of_range.text(0) + ": a number is out of its range");
}

void check_outbox(const StoredLink& link, Problems& problems) {
  const StoredNumbers& numbers = link.numbers;
  const std::string who = "link " + link.id + ": ";
  if (numbers.next - numbers.base != link.outbox.size()) {
    problems.push_back(who + "the outbox has " + std::to_string(link.outbox.size()) + " lines, its numbers say " +
                       std::to_string(numbers.next - numbers.base));
  }
  std::uint32_t expected = numbers.base;
  for (const OutboxLine& line : link.outbox) {
    if (line.seq != expected) {
      problems.push_back(who + "the outbox has line " + std::to_string(line.seq) + " where " +
                         std::to_string(expected) + " belongs");
      return;
    }
    ++expected;
  }
}

/// Lines of the present life of record and client; those of earlier ones have numbers of their own.
void check_inbox(const StoredLink& link, Problems& problems) {
  const StoredNumbers& numbers = link.numbers;
  const InboxLine* last = nullptr;
  for (const InboxLine& line : link.inbox) {
    if (line.sid != numbers.sid || line.epoch != numbers.epoch) continue;
    if (after(line.seq, numbers.rx) || (last != nullptr && !after(line.seq, last->seq))) {
      problems.push_back("link " + link.id + ": the inbox has line " + std::to_string(line.seq) +
                         (last == nullptr ? "" : " behind " + std::to_string(last->seq)) + ", the last received is " +
                         std::to_string(numbers.rx));
      return;
    }
    last = &line;
  }
}

}  // namespace

StoreFile::StoreFile(const std::filesystem::path& path, int busy_timeout_ms) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw StoreError(path.string() + ": there is no such file", false);
  database_ = std::make_unique<Database>(path, Database::Mode::read_write, std::string(), busy_timeout_ms);
  database_->execute("PRAGMA synchronous = FULL");
  detail::require_version(*database_, detail::schema_steps());
}

StoreFile::~StoreFile() = default;

std::vector<StoreFile::Summary> StoreFile::list() {
  Statement statement(
      *database_,
      "SELECT id, generation, sid, epoch, rx, base, next, peer_max_payload, protocol, ifnull(i.lines, 0), "
      "ifnull(o.lines, 0) FROM links "
      "LEFT JOIN (SELECT link, count(*) AS lines FROM inbox GROUP BY link) AS i USING (link) "
      "LEFT JOIN (SELECT link, count(*) AS lines FROM outbox GROUP BY link) AS o USING (link) ORDER BY id");
  std::vector<Summary> links;
  while (statement.step()) {
    Summary link;
    link.id = statement.text(0);
    link.numbers = {.generation = statement.u32(1),
                    .sid = statement.u32(2),
                    .epoch = statement.u32(3),
                    .epoch_known = !statement.is_null(3),
                    .rx = statement.u32(4),
                    .base = statement.u32(5),
                    .next = statement.u32(6),
                    .peer_max_payload = statement.u32(7),
                    .protocol = static_cast<std::uint8_t>(statement.number(8)),
                    .protocol_1 = {}};
    link.inbox_lines = static_cast<std::uint64_t>(statement.number(9));
    link.outbox_lines = static_cast<std::uint64_t>(statement.number(10));
    links.push_back(std::move(link));
  }
  return links;
}

std::optional<StoredLink> StoreFile::read(const std::string& id) {
  const Snapshot snapshot(*database_);
  std::vector<detail::LoadedLink> links = detail::load_some(*database_, {id});
  if (links.empty()) return std::nullopt;
  return std::move(links.front().stored);
}

std::vector<StoredLink> StoreFile::read_all() {
  const Snapshot snapshot(*database_);
  std::vector<StoredLink> links;
  for (detail::LoadedLink& link : detail::load_all(*database_)) links.push_back(std::move(link.stored));
  std::sort(links.begin(), links.end(), [](const StoredLink& a, const StoredLink& b) { return a.id < b.id; });
  return links;
}

bool StoreFile::drop(const std::string& id) {
  detail::Transaction transaction(*database_);
  Statement inbox(*database_, "DELETE FROM inbox WHERE link IN (SELECT link FROM links WHERE id = ?1)");
  Statement outbox(*database_, "DELETE FROM outbox WHERE link IN (SELECT link FROM links WHERE id = ?1)");
  Statement record(*database_, "DELETE FROM links WHERE id = ?1");
  inbox.bind(1, id).run();
  outbox.bind(1, id).run();
  const bool found = record.bind(1, id).run() > 0;
  transaction.commit();
  return found;
}

std::vector<std::string> StoreFile::check() {
  const Snapshot snapshot(*database_);
  Problems problems;
  check_file(*database_, problems);
  check_numbers(*database_, problems);
  for (const detail::LoadedLink& loaded : detail::load_all(*database_)) {
    const StoredLink& link = loaded.stored;
    if (!is_valid_id(link.id)) problems.push_back("'" + link.id + "' is not an id");
    check_outbox(link, problems);
    // Numbers of protocol 1 begin again with each life of a client.
    if (link.numbers.protocol == 2) check_inbox(link, problems);
  }
  return problems;
}

std::size_t StoreFile::mark_restored() {
  detail::Transaction transaction(*database_);
  // Any sid but the old one; SQLite's random() is seeded by the system.
  Statement mark(*database_,
                 "UPDATE links SET sid = (sid + 1 + (random() & 9223372036854775807) % 4294967295) & 4294967295, "
                 "generation = (generation + 1) & 4294967295, revision = revision + 1");
  const int count = mark.run();
  transaction.commit();
  return static_cast<std::size_t>(count);
}

}  // namespace tautline
