#include "tautline/store/sqlite_store.hpp"

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "conformance.hpp"
#include "tautline/store/detail/schema.hpp"
#include "tautline/store/ram_store.hpp"
#include "temporary_directory.hpp"

// What only the SQLite store has: its file, its errors, effects on tables of the application.

namespace tautline::test {
namespace {

using detail::Database;
using Payloads = std::vector<std::string>;

class Sqlite : public testing::Test {
 protected:
  std::filesystem::path path() const { return directory_ / "links.db"; }
  std::shared_ptr<SessionStore> open() const { return SqliteStore{.path = path(), .busy_timeout_ms = 1}; }
  Database shell() const { return {path(), Database::Mode::read_write, "", 0}; }

  static UpdateResult commit(SessionStore& store, const LinkUpdate& update) { return store.commit({update}).at(0); }

  /// The text of the StoreError that it throws, with "(may pass)" if it may.
  static std::string error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const StoreError& error) {
      return (error.may_pass() ? "(may pass) " : "") + std::string(error.what());
    }
    return "no error";
  }

  TemporaryDirectory directory_;
};

void expect_part(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(Sqlite, the_options_of_a_server_take_it_as_a_store) {
  struct Options {
    std::shared_ptr<SessionStore> store;
  };
  const Options options{.store = SqliteStore{path()}};
  expect_part(options.store->name(), path().string());
}

TEST_F(Sqlite, the_file_is_durable_and_says_what_it_is) {
  const auto store = open();
  Database database = shell();
  EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(database.number("PRAGMA application_id"), detail::application_id);
  EXPECT_EQ(database.number("PRAGMA user_version"), static_cast<std::int64_t>(detail::schema_steps().size()));
  EXPECT_EQ(database.text("PRAGMA encoding"), "UTF-8");
  EXPECT_EQ(database.number("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 1"), 3);

  LinkUpdate update = creation("door");
  update.effect = nullptr;
  receive(update, {"1"});
  commit(*store, update);
  LinkUpdate look = after(update);
  look.effect = [](StoreTransaction& transaction) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database_of(transaction), "PRAGMA synchronous", -1, &statement, nullptr);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_int(statement, 0), 2) << "FULL";
    sqlite3_finalize(statement);
  };
  EXPECT_EQ(commit(*store, look).effect_error, nullptr);
}

TEST_F(Sqlite, an_effect_is_in_the_transaction_that_consumes_its_line) {
  const auto store = open();
  shell().execute("CREATE TABLE readings (value TEXT)");
  LinkUpdate first = creation("door");
  receive(first, {"1", "2", "3"});
  commit(*store, first);

  LinkUpdate good = after(first);
  good.effect = [](StoreTransaction& transaction) {
    sqlite3_exec(database_of(transaction), "INSERT INTO readings VALUES ('good')", nullptr, nullptr, nullptr);
  };
  LinkUpdate bad = after(good);
  bad.effect = [](StoreTransaction& transaction) {
    sqlite3_exec(database_of(transaction), "INSERT INTO readings VALUES ('bad')", nullptr, nullptr, nullptr);
    throw std::runtime_error("after all not");
  };
  const std::vector<UpdateResult> results = store->commit({good, bad});
  EXPECT_EQ(results[0].effect_error, nullptr);
  EXPECT_NE(results[1].effect_error, nullptr);
  Database database = shell();
  EXPECT_EQ(database.text("SELECT group_concat(value) FROM readings"), "good");
  EXPECT_EQ(database.text("SELECT group_concat(payload) FROM inbox"), "2,3");
}

TEST_F(Sqlite, an_effect_cannot_end_the_transaction) {
  const auto store = open();
  LinkUpdate first = creation("door");
  receive(first, {"1", "2"});
  commit(*store, first);
  for (const char* const sql : {"COMMIT", "ROLLBACK", "BEGIN"}) {
    LinkUpdate update = after(first);
    update.effect = [sql](StoreTransaction& transaction) {
      if (sqlite3_exec(database_of(transaction), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw std::runtime_error(sqlite3_errmsg(database_of(transaction)));
      }
    };
    const UpdateResult result = commit(*store, update);
    EXPECT_TRUE(result.applied);
    ASSERT_NE(result.effect_error, nullptr) << sql;
    try {
      std::rethrow_exception(result.effect_error);
    } catch (const std::runtime_error& error) {
      expect_part(error.what(), "not authorized");
    }
  }
  EXPECT_EQ(shell().number("SELECT count(*) FROM inbox"), 2);
}

TEST_F(Sqlite, an_effect_that_fills_the_disk_undoes_the_commit_which_then_can_be_repeated) {
  const auto store = open();
  shell().execute("CREATE TABLE readings (value BLOB)");
  LinkUpdate first = creation("door");
  receive(first, {"1", "2", "3"});
  commit(*store, first);
  int calls = 0;
  LinkUpdate second = after(first);
  second.consumed = 1;
  receive(second, {"4"});
  second.effect = [&calls](StoreTransaction& transaction) {
    sqlite3* const database = database_of(transaction);
    // The first time there is no room for one page more.
    const char* const room = ++calls == 1 ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 100000";
    sqlite3_exec(database, room, nullptr, nullptr, nullptr);
    sqlite3_exec(database, "INSERT INTO readings VALUES (zeroblob(100000))", nullptr, nullptr, nullptr);
  };
  const std::string error = error_of([&] { commit(*store, second); });
  expect_part(error, "(may pass)");
  expect_part(error, "an error in an effect for 'door' undid the whole commit");
  EXPECT_EQ(shell().text("SELECT group_concat(payload) FROM inbox"), "1,2,3");
  const UpdateResult result = commit(*store, second);
  EXPECT_TRUE(result.applied);
  EXPECT_EQ(result.effect_error, nullptr);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(shell().text("SELECT group_concat(payload) FROM inbox"), "3,4");
  EXPECT_EQ(shell().number("SELECT count(*) FROM readings"), 1);
}

TEST_F(Sqlite, database_of_refuses_the_transaction_of_another_store) {
  RamStore ram;
  LinkUpdate update = creation("door");
  receive(update, {"1"});
  ram.commit({update});
  LinkUpdate next = after(update);
  next.effect = [](StoreTransaction& transaction) {
    EXPECT_EQ(transaction.native(), nullptr);
    database_of(transaction);
  };
  const UpdateResult result = commit(ram, next);
  EXPECT_THROW(std::rethrow_exception(result.effect_error), std::logic_error);
}

TEST_F(Sqlite, a_commit_that_finds_the_file_locked_fails_whole_and_succeeds_later) {
  const auto store = open();
  LinkUpdate first = creation("door");
  receive(first, {"1", "2"});
  commit(*store, first);
  LinkUpdate second = after(first);
  second.consumed = 1;
  {
    Database rival = shell();
    rival.execute("BEGIN IMMEDIATE");
    const std::string error = error_of([&] { commit(*store, second); });
    expect_part(error, "(may pass)");
    expect_part(error, path().string() + ": locked by another program");
    expect_part(error_of([&] { store->take_over(); }), "locked by another program");
  }
  EXPECT_TRUE(commit(*store, second).applied);
  EXPECT_EQ(shell().text("SELECT group_concat(payload) FROM inbox"), "2");
}

/// Files of this process may not grow beyond this size; 0: as they like.
void limit_file_size(rlim_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST_F(Sqlite, a_commit_that_cannot_be_written_fails_whole_and_succeeds_later) {
  const auto store = open();
  LinkUpdate first = creation("door");
  receive(first, {"1", "2", "3"});
  write(first, {"4"});
  commit(*store, first);
  LinkUpdate other = creation("lamp");
  LinkUpdate second = after(first);
  second.consumed = 1;
  second.numbers.base = 2;
  receive(second, {std::string(30'000, 'x')});
  LinkUpdate third = after(second);
  third.effect = [](StoreTransaction&) {};

  const auto present = std::filesystem::file_size(path().string() + "-wal");
  for (int attempt = 0; attempt < 3; ++attempt) {
    limit_file_size(present + 4096);
    const std::string error = error_of([&] { store->commit({other, second, third}); });
    limit_file_size(0);
    expect_part(error, "(may pass)");
    expect_part(error, "input/output error");
    EXPECT_EQ(shell().text("SELECT group_concat(payload) FROM inbox"), "1,2,3");
  }
  for (const UpdateResult& result : store->commit({other, second, third})) EXPECT_TRUE(result.applied);
  EXPECT_EQ(shell().text("SELECT group_concat(substr(payload, 1, 1)) FROM inbox"), "3,x");
  EXPECT_EQ(shell().number("SELECT count(*) FROM outbox"), 0);
}

TEST_F(Sqlite, what_others_changed_while_commits_failed_is_found_out) {
  const auto store = open();
  LinkUpdate first = creation("door");
  commit(*store, first);
  LinkUpdate second = after(first);
  receive(second, {std::string(30'000, 'x')});
  limit_file_size(std::filesystem::file_size(path().string() + "-wal") + 4096);
  EXPECT_NE(error_of([&] { commit(*store, second); }), "no error");
  limit_file_size(0);

  const auto other = open();
  const StoredLink taken = other->take_over().at(0);
  LinkUpdate change = after("door", taken.numbers);
  receive(change, {"theirs"});
  EXPECT_TRUE(commit(*other, change).applied);
  const UpdateResult result = commit(*store, second);
  EXPECT_FALSE(result.applied);
  EXPECT_EQ(inbox_of(*result.current), Payloads{"theirs"});
}

TEST_F(Sqlite, a_record_read_in_a_commit_that_failed_was_not_seen) {
  const auto store = open();
  LinkUpdate door = creation("door");
  LinkUpdate lamp = creation("lamp");
  store->commit({door, lamp});
  const auto other = open();
  LinkUpdate same_numbers = after(door);
  LinkUpdate big = creation("big");
  receive(big, {std::string(30'000, 'x')});
  limit_file_size(std::filesystem::file_size(path().string() + "-wal") + 4096);
  EXPECT_NE(error_of([&] { other->commit({same_numbers, big}); }), "no error");
  limit_file_size(0);
  const std::vector<UpdateResult> results = other->commit({same_numbers, big});
  EXPECT_FALSE(results[0].applied);
  EXPECT_TRUE(results[1].applied);
}

TEST_F(Sqlite, a_line_deleted_by_hand_does_not_take_another_with_it) {
  const auto store = open();
  LinkUpdate first = creation("door");
  receive(first, {"1", "poison"});
  commit(*store, first);
  shell().execute("DELETE FROM inbox WHERE payload = 'poison'");
  LinkUpdate second = after(first);
  receive(second, {"3"});
  commit(*store, second);
  LinkUpdate third = after(second);
  third.consumed = 2;
  EXPECT_TRUE(commit(*store, third).applied);
  EXPECT_EQ(shell().text("SELECT group_concat(payload) FROM inbox"), "3");
}

TEST_F(Sqlite, a_file_that_was_moved_or_deleted_is_noticed) {
  const auto store = open();
  LinkUpdate first = creation("door");
  commit(*store, first);
  std::filesystem::rename(path(), directory_ / "elsewhere.db");
  const std::string error = error_of([&] { commit(*store, after(first)); });
  expect_part(error, "(may pass)");
  expect_part(error, "moved or deleted");
  std::filesystem::rename(directory_ / "elsewhere.db", path());
  EXPECT_TRUE(commit(*store, after(first)).applied);
}

TEST_F(Sqlite, what_cannot_be_opened_is_explained) {
  expect_part(error_of([&] { SqliteStore{directory_ / "no/such/links.db"}.open(); }), "the directory must exist");
  expect_part(error_of([&] { SqliteStore{directory_.path()}.open(); }), "cannot be opened");
  std::ofstream(directory_ / "text") << std::string(5000, 'x');
  expect_part(error_of([&] { SqliteStore{directory_ / "text"}.open(); }), "not a SQLite database: name another file");
  expect_part(error_of([&] { SqliteStore{":memory:"}.open(); }), "a file on a local disk");
  expect_part(error_of([&] { (void)SqliteStore{path(), 200, "no such vfs"}.open(); }), "no such vfs");
}

TEST_F(Sqlite, the_database_of_another_program_is_refused_and_left_alone) {
  { Database(path(), Database::Mode::create, "", 0).execute("CREATE TABLE theirs (a)"); }
  expect_part(error_of([&] { open(); }), "of another program");
  EXPECT_EQ(shell().text("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(shell().number("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(Sqlite, a_file_of_a_newer_version_is_refused) {
  open();
  shell().execute("PRAGMA user_version = 99");
  const std::string error = error_of([&] { open(); });
  expect_part(error, "newer version");
  expect_part(error, "schema 99, this one knows 1");
  EXPECT_EQ(shell().number("PRAGMA user_version"), 99);
}

TEST_F(Sqlite, a_damaged_file_is_reported_when_it_is_read) {
  LinkUpdate first = creation("door");
  receive(first, Payloads(200, std::string(1000, 'x')));
  commit(*open(), first);
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 4; page < 40; ++page) {
      file.seekp(page * 4096);
      file << std::string(100, '\xee');
    }
  }
  const std::string error = error_of([&] { open()->take_over(); });
  expect_part(error, "damaged");
  EXPECT_EQ(error.find("(may pass)"), std::string::npos);
}

TEST_F(Sqlite, a_file_is_brought_to_the_version_of_the_last_step_whatever_its_own) {
  constexpr const char* one[] = {"CREATE TABLE a (x); INSERT INTO a VALUES (7)"};
  constexpr const char* three[] = {one[0], "ALTER TABLE a ADD y", "UPDATE a SET y = x + 1; CREATE TABLE b (z)"};
  Database database(path(), Database::Mode::create, "", 0);
  detail::migrate(database, one);
  EXPECT_EQ(database.number("PRAGMA user_version"), 1);
  EXPECT_NE(error_of([&] { detail::require_version(database, three); }), "no error");
  detail::migrate(database, three);
  detail::migrate(database, three);
  detail::require_version(database, three);
  EXPECT_EQ(database.number("PRAGMA user_version"), 3);
  EXPECT_EQ(database.number("SELECT y FROM a"), 8);
  EXPECT_NE(error_of([&] { detail::migrate(database, one); }), "no error") << "newer than the program";
}

TEST_F(Sqlite, a_migration_that_fails_leaves_the_file_as_it_was) {
  constexpr const char* one[] = {"CREATE TABLE a (x)"};
  constexpr const char* two[] = {one[0], "CREATE TABLE b (x); CREATE TABLE a (x)"};
  Database database(path(), Database::Mode::create, "", 0);
  detail::migrate(database, one);
  EXPECT_NE(error_of([&] { detail::migrate(database, two); }), "no error");
  EXPECT_EQ(database.number("PRAGMA user_version"), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace tautline::test
