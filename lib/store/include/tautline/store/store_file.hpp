#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tautline/store/session_store.hpp"

namespace tautline {

namespace detail {
class Database;
}

/// A store's file as an operator sees it, also while a server has it open; `tautline store` is a face of this. What is
/// read together is of one moment. All calls throw StoreError.
class StoreFile {
 public:
  /// One link without its lines.
  struct Summary {
    std::string id;                  ///< of the client
    StoredNumbers numbers;           ///< the record
    std::uint64_t inbox_lines = 0;   ///< that the application has not dealt with
    std::uint64_t outbox_lines = 0;  ///< that the client has not acknowledged
  };

  /// The file must exist and be a store of this program's version. `busy_timeout_ms`: how long a change waits for a
  /// server that is committing.
  explicit StoreFile(const std::filesystem::path& path, int busy_timeout_ms = 5000);
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  /// All links, by id.
  std::vector<Summary> list();
  /// One link with its lines; nothing: there is no record of that id.
  std::optional<StoredLink> read(const std::string& id);
  /// All links with their lines, by id.
  std::vector<StoredLink> read_all();

  /// Removes a record and its lines; false: there is none. A running server finds out at its next update.
  bool drop(const std::string& id);

  /// What is wrong, one sentence each: SQLite's own check, and what must hold between numbers and lines. Empty:
  /// nothing.
  std::vector<std::string> check();

  /// For a file that was put back from a backup: every record gets a new sid, so that clients find out that it may have
  /// forgotten something. The number of records.
  std::size_t mark_restored();

 private:
  std::unique_ptr<detail::Database> database_;
};

}  // namespace tautline
