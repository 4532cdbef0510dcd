#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tautline/store/session_store.hpp"

struct sqlite3;

namespace tautline {

/// A store in one SQLite file, which survives kill -9 and power failures: docs/store.md.
///
///     tautline::ServerOptions options;
///     options.store = tautline::SqliteStore{"links.db"};
struct SqliteStore {
  /// Made if it does not exist; its directory must. On a local disk: WAL needs shared memory.
  std::filesystem::path path;
  /// How long a commit waits for another process that writes; after that it fails and is tried again.
  int busy_timeout_ms = 200;
  /// Name of a registered VFS of SQLite; empty: the default. For tests of failing disks.
  std::string vfs = {};

  /// Opens the file, and brings it to this program's version of the schema. Throws StoreError.
  std::shared_ptr<SessionStore> open() const;
  operator std::shared_ptr<SessionStore>() const { return open(); }  // NOLINT(google-explicit-constructor)
};

/// For an effect: the database whose transaction it is in. The effect must not begin or end transactions (SQLite
/// refuses it); savepoints are allowed. std::logic_error if the store is not a SqliteStore.
sqlite3* database_of(StoreTransaction& transaction);

}  // namespace tautline
