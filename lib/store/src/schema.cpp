#include "tautline/store/detail/schema.hpp"

#include <string>

#include "tautline/store/session_store.hpp"

namespace tautline::detail {
namespace {

/// Rows of lines are in the order of their arrival, over all links: a commit then writes the last pages only. (A table
/// ordered by link and number took three times as long.)
constexpr const char* version_1 = R"(
CREATE TABLE links (
  link             INTEGER PRIMARY KEY,
  id               TEXT    NOT NULL UNIQUE,
  revision         INTEGER NOT NULL,
  generation       INTEGER NOT NULL,
  sid              INTEGER NOT NULL,
  epoch            INTEGER,
  rx               INTEGER NOT NULL,
  base             INTEGER NOT NULL,
  next             INTEGER NOT NULL,
  peer_max_payload INTEGER NOT NULL,
  protocol         INTEGER NOT NULL,
  protocol_1       BLOB
) STRICT;
CREATE TABLE inbox (
  row     INTEGER PRIMARY KEY,
  link    INTEGER NOT NULL REFERENCES links (link),
  sid     INTEGER NOT NULL,
  epoch   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  payload TEXT    NOT NULL
) STRICT;
CREATE TABLE outbox (
  row        INTEGER PRIMARY KEY,
  link       INTEGER NOT NULL REFERENCES links (link),
  seq        INTEGER NOT NULL,
  tag        INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  payload    TEXT    NOT NULL
) STRICT;
)";

constexpr const char* all_steps[] = {version_1};

StoreError newer(const Database& database, std::int64_t version, std::size_t known) {
  return {database.path() + ": written by a newer version of this program (schema " + std::to_string(version) +
              ", this one knows " + std::to_string(known) + "): use that version",
          false};
}

}  // namespace

SchemaSteps schema_steps() {
  return all_steps;
}

std::int64_t schema_version(Database& database) {
  const std::int64_t owner = database.number("PRAGMA application_id");
  if (owner == application_id) return database.number("PRAGMA user_version");
  if (owner == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0) return 0;
  throw StoreError(database.path() +
                       ": a database of another program: name a file of the store's own (tables of an application can "
                       "be added to that one later)",
                   false);
}

void check_version(Database& database, SchemaSteps steps) {
  const std::int64_t version = schema_version(database);
  if (version > static_cast<std::int64_t>(steps.size())) throw newer(database, version, steps.size());
}

void migrate(Database& database, SchemaSteps steps) {
  const auto target = static_cast<std::int64_t>(steps.size());
  if (schema_version(database) == target) return;
  Transaction transaction(database);
  // Another process may have been first.
  check_version(database, steps);
  for (std::int64_t version = schema_version(database); version < target; ++version) {
    database.execute(steps[static_cast<std::size_t>(version)]);
  }
  database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  database.execute(("PRAGMA user_version = " + std::to_string(target)).c_str());
  transaction.commit();
}

void require_version(Database& database, SchemaSteps steps) {
  const auto known = static_cast<std::int64_t>(steps.size());
  check_version(database, steps);
  const std::int64_t version = schema_version(database);
  if (version == known) return;
  if (version == 0) throw StoreError(database.path() + ": empty, not a store: name another file", false);
  throw StoreError(database.path() + ": written by an older version of this program (schema " +
                       std::to_string(version) + "): start the server once, it brings the file up to date",
                   false);
}

}  // namespace tautline::detail
