#include "sqlite_session_store.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <sqlite3.h>

#include "tautline/store/detail/schema.hpp"
#include "update_rules.hpp"

namespace tautline::detail {
namespace {

/// While the file is opened, another process that opens it too is waited for a little longer.
constexpr int open_busy_timeout_ms = 2000;

}  // namespace

struct SqliteSessionStore::Statements {
  explicit Statements(Database& database)
      : begin(database, "BEGIN IMMEDIATE"),
        commit(database, "COMMIT"),
        create(database,
               "INSERT INTO links (generation, sid, epoch, rx, base, next, peer_max_payload, protocol, protocol_1, id, "
               "revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1) ON CONFLICT (id) DO NOTHING"),
        advance(database,
                "UPDATE links SET generation = ?1, sid = ?2, epoch = ?3, rx = ?4, base = ?5, next = ?6, "
                "peer_max_payload = ?7, protocol = ?8, protocol_1 = ?9, revision = revision + 1 "
                "WHERE link = ?10 AND id = ?11 AND revision = ?12 AND generation = ?13 AND sid = ?14 AND next = ?15"),
        receive(database, "INSERT INTO inbox (row, link, sid, epoch, seq, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        write(database,
              "INSERT INTO outbox (row, link, seq, tag, written_at, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        consume(database, "DELETE FROM inbox WHERE row BETWEEN ?1 AND ?2 AND link = ?3"),
        release(database, "DELETE FROM outbox WHERE row BETWEEN ?1 AND ?2 AND link = ?3"),
        last_inbox_row(database, "SELECT max(row) FROM inbox"),
        last_outbox_row(database, "SELECT max(row) FROM outbox"),
        begin_effect(database, "SAVEPOINT effect"),
        keep_effect(database, "RELEASE effect"),
        undo_effect(database, "ROLLBACK TO effect") {}

  Statement begin, commit, create, advance, receive, write, consume, release;
  Statement last_inbox_row, last_outbox_row;
  Statement begin_effect, keep_effect, undo_effect;
};

SqliteSessionStore::SqliteSessionStore(const SqliteStore& options)
    : database_(options.path, Database::Mode::create, options.vfs, open_busy_timeout_ms) {
  // A file that is another program's must not even be put into another journal mode.
  check_version(database_, schema_steps());
  if (database_.text("PRAGMA journal_mode = WAL") != "wal") {
    throw StoreError(database_.path() + ": cannot be used in WAL mode: it must be a file on a local disk", false);
  }
  database_.execute("PRAGMA synchronous = FULL");
  // A full disk must not keep the store from reading.
  database_.execute("PRAGMA temp_store = MEMORY");
  // A reader that stays for long makes the log grow; after that it becomes small again.
  database_.execute("PRAGMA journal_size_limit = 67108864");
  migrate(database_, schema_steps());
  database_.set_busy_timeout(options.busy_timeout_ms);
  forbid_transactions_in_effects();
  statements_ = std::make_unique<Statements>(database_);
}

SqliteSessionStore::~SqliteSessionStore() = default;

/// An effect that ended the transaction would commit a part of it.
void SqliteSessionStore::forbid_transactions_in_effects() {
  const auto authorize = [](void* store, int action, const char*, const char*, const char*, const char*) {
    const bool refused = action == SQLITE_TRANSACTION && static_cast<SqliteSessionStore*>(store)->in_effect_;
    return refused ? SQLITE_DENY : SQLITE_OK;
  };
  sqlite3_set_authorizer(database_.handle(), authorize, this);
}

std::string SqliteSessionStore::name() const {
  return "SQLite file " + database_.path();
}

std::vector<StoredLink> SqliteSessionStore::take_over() {
  database_.check_in_place();
  Transaction transaction(database_);
  database_.write_log_again();
  database_.execute("UPDATE links SET generation = (generation + 1) & 4294967295, revision = revision + 1");
  std::vector<LoadedLink> all = load_all(database_);
  transaction.commit();
  links_.clear();
  rows_lost_ = false;
  std::vector<StoredLink> links;
  links.reserve(all.size());
  for (LoadedLink& loaded : all) {
    remember(loaded, loaded.revision);
    links.push_back(std::move(loaded.stored));
  }
  return links;
}

SqliteSessionStore::Link& SqliteSessionStore::remember(LoadedLink& loaded, std::int64_t committed_revision) {
  Link link{loaded.link, loaded.revision, committed_revision, std::move(loaded.inbox), std::move(loaded.outbox)};
  return links_.insert_or_assign(loaded.stored.id, std::move(link)).first->second;
}

std::vector<UpdateResult> SqliteSessionStore::commit(const std::vector<LinkUpdate>& updates) {
  std::vector<UpdateResult> results(updates.size());
  if (updates.empty()) return results;
  database_.check_in_place();
  Transaction transaction(database_, statements_->begin);
  try {
    if (rows_lost_) restore_rows();
    find_next_rows();
    for (std::size_t i = 0; i < updates.size(); ++i) apply(updates[i], results[i]);
    read_fenced();
    statements_->commit.run();
  } catch (...) {
    commit_failed();
    throw;
  }
  for (Link* link : touched_) link->committed_revision = link->revision;
  touched_.clear();
  return results;
}

void SqliteSessionStore::commit_failed() {
  for (Link* link : touched_) link->revision = link->committed_revision;
  touched_.clear();
  fenced_.clear();
  fenced_ids_.clear();
  rows_lost_ = true;
}

/// Reads where the lines are. A record that others have changed or dropped meanwhile is forgotten: its next update is
/// fenced.
void SqliteSessionStore::restore_rows() {
  std::vector<LoadedLink> all = load_all(database_);
  const auto changed = [this](const LoadedLink& loaded) {
    const auto known = links_.find(loaded.stored.id);
    return known == links_.end() || known->second.link != loaded.link || known->second.revision != loaded.revision;
  };
  std::erase_if(all, changed);
  links_.clear();
  for (LoadedLink& loaded : all) remember(loaded, loaded.revision);
  rows_lost_ = false;
}

/// A row number is never used again while this process runs, so that one that was deleted by hand cannot come to mean
/// another line.
void SqliteSessionStore::find_next_rows() {
  const auto next = [](Statement& last) {
    last.step();
    const std::int64_t row = last.number(0);
    last.reset();
    return row + 1;
  };
  next_inbox_row_ = std::max(next_inbox_row_, next(statements_->last_inbox_row));
  next_outbox_row_ = std::max(next_outbox_row_, next(statements_->last_outbox_row));
}

void SqliteSessionStore::apply(const LinkUpdate& update, UpdateResult& result) {
  if (!fenced_.empty() && fenced_ids_.contains(update.id)) read_fenced();
  Link* const link = update.create ? create(update) : advance(update);
  if (link == nullptr) {
    fenced_.push_back({&update.id, &result});
    fenced_ids_.insert(update.id);
    return;
  }
  touched_.push_back(link);
  result.applied = true;
  consume(update, *link, result);
  append(update, *link);
}

/// Parameters 1 to 9.
void SqliteSessionStore::bind_numbers(Statement& statement, const StoredNumbers& numbers) {
  statement.bind(1, numbers.generation).bind(2, numbers.sid);
  if (numbers.epoch_known) {
    statement.bind(3, numbers.epoch);
  } else {
    statement.bind_null(3);
  }
  statement.bind(4, numbers.rx).bind(5, numbers.base).bind(6, numbers.next).bind(7, numbers.peer_max_payload);
  statement.bind(8, numbers.protocol);
  if (numbers.protocol_1.empty()) {
    statement.bind_null(9);
  } else {
    statement.bind_blob(9, numbers.protocol_1);
  }
}

SqliteSessionStore::Link* SqliteSessionStore::create(const LinkUpdate& update) {
  Statement& create = statements_->create;
  bind_numbers(create, update.numbers);
  if (create.bind(10, update.id).run() == 0) return nullptr;
  const std::int64_t row = sqlite3_last_insert_rowid(database_.handle());
  // Committed revision 0: if this commit fails, the record is not known.
  return &links_.insert_or_assign(update.id, Link{row, 1, 0, {}, {}}).first->second;
}

SqliteSessionStore::Link* SqliteSessionStore::advance(const LinkUpdate& update) {
  const auto found = links_.find(update.id);
  if (found == links_.end()) return nullptr;
  Link& link = found->second;
  Statement& advance = statements_->advance;
  bind_numbers(advance, update.numbers);
  advance.bind(10, link.link).bind(11, update.id).bind(12, link.revision);
  advance.bind(13, update.expected_generation).bind(14, update.expected_sid).bind(15, update.expected_next);
  if (advance.run() == 0) return nullptr;
  ++link.revision;
  return &link;
}

void SqliteSessionStore::consume(const LinkUpdate& update, Link& link, UpdateResult& result) {
  assert_taken(update, link.inbox.size());
  const auto remove = [&](std::int64_t first, std::int64_t last) {
    statements_->consume.bind(1, first).bind(2, last).bind(3, link.link).run();
  };
  link.inbox.pop(update.consumed, remove);
  if (!update.effect) return;
  statements_->begin_effect.run();
  result.effect_error = run_effect(update.effect);
  // After some errors, a full disk for one, SQLite has rolled back the whole transaction.
  if (sqlite3_get_autocommit(database_.handle()) != 0) {
    throw StoreError(database_.path() + ": an error in an effect for '" + update.id +
                         "' undid the whole commit: usually the disk is full, free some space on it",
                     true);
  }
  if (result.effect_error) {
    statements_->undo_effect.run();
  } else {
    link.inbox.pop(1, remove);
  }
  statements_->keep_effect.run();
}

std::exception_ptr SqliteSessionStore::run_effect(const StoreEffect& effect) {
  std::exception_ptr error;
  in_effect_ = true;
  try {
    SqliteTransaction transaction(database_.handle());
    effect(transaction);
  } catch (...) {
    error = std::current_exception();
  }
  in_effect_ = false;
  return error;
}

void SqliteSessionStore::append(const LinkUpdate& update, Link& link) {
  Statement& receive = statements_->receive;
  receive.bind(2, link.link);
  for (const InboxLine& line : update.received) {
    receive.bind(1, next_inbox_row_).bind(3, line.sid).bind(4, line.epoch).bind(5, line.seq).bind(6, line.payload);
    receive.run();
    link.inbox.push(next_inbox_row_++, line.seq);
  }
  Statement& write = statements_->write;
  write.bind(2, link.link);
  for (const OutboxLine& line : update.written) {
    write.bind(1, next_outbox_row_).bind(3, line.seq).bind(4, line.tag).bind(5, line.written_at).bind(6, line.payload);
    write.run();
    link.outbox.push(next_outbox_row_++, line.seq);
  }
  link.outbox.pop_before(update.numbers.base, [&](std::int64_t first, std::int64_t last) {
    statements_->release.bind(1, first).bind(2, last).bind(3, link.link).run();
  });
}

/// In one pass for all of them, because the tables of lines have no index by link.
void SqliteSessionStore::read_fenced() {
  if (fenced_.empty()) return;
  std::unordered_map<std::string_view, const StoredLink*> present;
  std::vector<LoadedLink> loaded = load_some(database_, {fenced_ids_.begin(), fenced_ids_.end()});
  for (const LoadedLink& link : loaded) present.emplace(link.stored.id, &link.stored);
  for (const Fenced& fenced : fenced_) {
    const auto found = present.find(*fenced.id);
    if (found != present.end()) fenced.result->current = *found->second;
  }
  for (LoadedLink& link : loaded) {
    // If this commit fails, the caller has not seen the record.
    const auto known = links_.find(link.stored.id);
    touched_.push_back(&remember(link, known == links_.end() ? 0 : known->second.committed_revision));
  }
  fenced_.clear();
  fenced_ids_.clear();
}

}  // namespace tautline::detail
