#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "load.hpp"
#include "row_queue.hpp"
#include "tautline/store/detail/database.hpp"
#include "tautline/store/session_store.hpp"
#include "tautline/store/sqlite_store.hpp"

namespace tautline::detail {

class SqliteTransaction : public StoreTransaction {
 public:
  explicit SqliteTransaction(sqlite3* handle) : handle_(handle) {}
  void* native() override { return handle_; }

 private:
  sqlite3* handle_;
};

/// Keeps in memory where each link's lines are, so that they are deleted by their rows; that is right as long as nobody
/// else writes the record, which its revision shows.
class SqliteSessionStore : public SessionStore {
 public:
  explicit SqliteSessionStore(const SqliteStore& options);
  ~SqliteSessionStore() override;
  SqliteSessionStore(const SqliteSessionStore&) = delete;
  SqliteSessionStore& operator=(const SqliteSessionStore&) = delete;

  std::vector<StoredLink> take_over() override;
  std::vector<UpdateResult> commit(const std::vector<LinkUpdate>& updates) override;
  std::string name() const override;

 private:
  /// A record as this handle knows it.
  struct Link {
    std::int64_t link = 0;
    std::int64_t revision = 0;
    std::int64_t committed_revision = 0;  ///< what revision becomes again if the commit fails
    RowQueue inbox;
    RowQueue outbox;
  };
  struct Statements;

  void forbid_transactions_in_effects();
  void apply(const LinkUpdate& update, UpdateResult& result);
  Link* create(const LinkUpdate& update);
  Link* advance(const LinkUpdate& update);
  static void bind_numbers(Statement& statement, const StoredNumbers& numbers);
  void consume(const LinkUpdate& update, Link& link, UpdateResult& result);
  std::exception_ptr run_effect(const StoreEffect& effect);
  void append(const LinkUpdate& update, Link& link);
  void read_fenced();
  void find_next_rows();
  void restore_rows();
  Link& remember(LoadedLink& loaded, std::int64_t committed_revision);
  void commit_failed();

  Database database_;
  bool in_effect_ = false;
  std::unique_ptr<Statements> statements_;
  std::unordered_map<std::string, Link> links_;
  std::vector<Link*> touched_;  ///< by this commit
  bool rows_lost_ = false;      ///< a commit failed: rows are read again before the next
  std::int64_t next_inbox_row_ = 1;
  std::int64_t next_outbox_row_ = 1;

  struct Fenced {
    const std::string* id;
    UpdateResult* result;
  };
  std::vector<Fenced> fenced_;  ///< by this commit, their records not read yet
  std::unordered_set<std::string> fenced_ids_;
};

}  // namespace tautline::detail
