#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include <sqlite3.h>

#include "server/server_fixture.hpp"
#include "tautline/store/sqlite_store.hpp"
#include "temporary_directory.hpp"

namespace tautline::test {

/// A server with a SQLite file in a directory of its own.
class DurableTest : public ServerTest {
 protected:
  ~DurableTest() override { server.reset(); }
  std::filesystem::path file() const { return directory_ / "links.db"; }
  ServerOptions durable() {
    ServerOptions with = options();
    with.store = SqliteStore{file()};
    return with;
  }
  void restart() {
    server.reset();
    start(durable());
  }
  /// The number that the SQL query gives.
  int query(const std::string& sql) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sql;
    const int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return value;
  }

  TemporaryDirectory directory_{std::filesystem::temp_directory_path()};
};

}  // namespace tautline::test
