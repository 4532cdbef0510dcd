// SQLite on the simulated disk: does the VFS do what SQLite asks of one?

#include "vfs/sim_vfs.hpp"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "database.hpp"

namespace tautline::sim {
namespace {

using sim_test::Database;
using sim_test::SqlError;

constexpr const char* settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL";

int code_of(Database& database, const std::string& sql) {
  try {
    database.run(sql);
    return SQLITE_OK;
  } catch (const SqlError& error) {
    return error.code;
  }
}

struct SimVfsTest : testing::Test {
  SimDisk disk{1};
  SimVfs vfs{disk, "sim"};
};

TEST_F(SimVfsTest, TwoConnectionsShareADatabaseInWalMode) {
  Database one("/db", "sim");
  EXPECT_EQ(one.run("PRAGMA journal_mode=WAL"), "wal");
  one.run("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  Database two("/db", "sim");
  EXPECT_EQ(two.run("SELECT a FROM t"), "1");
  two.run("BEGIN IMMEDIATE; UPDATE t SET a = 2");
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(3)"), SQLITE_BUSY);
  EXPECT_EQ(one.run("SELECT a FROM t"), "1") << "a reader sees what is committed";
  two.run("COMMIT");
  EXPECT_EQ(one.run("SELECT a FROM t"), "2");
  EXPECT_EQ(two.run("PRAGMA integrity_check"), "ok");
}

TEST_F(SimVfsTest, LocksWithoutWalModeToo) {
  Database one("/db", "sim");
  one.run("CREATE TABLE t(a)");
  Database two("/db", "sim");
  one.run("BEGIN EXCLUSIVE");
  EXPECT_EQ(code_of(two, "SELECT * FROM t"), SQLITE_BUSY);
  one.run("COMMIT");
  EXPECT_EQ(code_of(two, "INSERT INTO t VALUES(1)"), SQLITE_OK);
}

TEST_F(SimVfsTest, FaultsAreSqlitesErrors) {
  Database one("/db", "sim");
  one.run(settings);
  one.run("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  disk.set_faults({.capacity = disk.used()});
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(zeroblob(9000))"), SQLITE_FULL);
  disk.set_faults({.read_only = true});
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(2)"), SQLITE_IOERR_WRITE);
  disk.set_faults({.sync = SyncFault::fail});
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(2)"), SQLITE_IOERR_FSYNC);
  disk.set_faults({.locked = true});
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(2)"), SQLITE_BUSY);
  disk.set_faults({});
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(2)"), SQLITE_OK);
  EXPECT_EQ(one.run("SELECT count(*), sum(a) FROM t"), "2|3");
}

TEST_F(SimVfsTest, AReadOnlyDiskIsOpenedForReading) {
  Database("/db", "sim").run("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  disk.set_faults({.read_only = true});
  Database one("/db", "sim");
  EXPECT_EQ(one.run("SELECT a FROM t"), "1");
  EXPECT_EQ(code_of(one, "INSERT INTO t VALUES(2)"), SQLITE_READONLY);
}

TEST_F(SimVfsTest, WaitingForALockTakesNoTime) {
  Database one("/db", "sim");
  one.run("CREATE TABLE t(a)");
  one.run("BEGIN EXCLUSIVE");
  Database two("/db", "sim");
  two.run("PRAGMA busy_timeout=60000");
  const std::int64_t before = disk.time();
  EXPECT_EQ(code_of(two, "INSERT INTO t VALUES(1)"), SQLITE_BUSY);
  EXPECT_GT(disk.time(), before + 50'000);
}

/// Transactions that move one unit between two rows, and count. Returns how many were committed.
int transfer(SimDisk& disk, int most) {
  int committed = 0;
  try {
    Database database("/db", "sim");
    database.run(settings);
    database.run("PRAGMA wal_autocheckpoint=6");
    database.run(
        "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, n, filler);"
        "INSERT OR IGNORE INTO t VALUES(1, 0, zeroblob(5000)), (2, 0, zeroblob(5000))");
    for (; committed < most; ++committed) {
      database.run(
          "BEGIN IMMEDIATE; UPDATE t SET n = n + 1, filler = randomblob(5000) WHERE id = 1;"
          "UPDATE t SET n = n - 1 WHERE id = 2; COMMIT");
    }
  } catch (const SqlError&) {
    EXPECT_FALSE(disk.has_power());
  }
  return committed;
}

/// The power fails in each operation of the workload in turn: what was committed is there, whole, and no more than one
/// transaction beyond it.
TEST(SimVfs, SqliteKeepsItsPromiseAtEachPowerFailure) {
  constexpr int most = 12;
  constexpr std::uint64_t outcomes = 3;
  std::uint64_t operations = 0;
  {
    SimDisk disk(0);
    const SimVfs vfs(disk, "sim");
    ASSERT_EQ(transfer(disk, most), most);
    operations = disk.operations();
  }
  for (std::uint64_t cut = 0; cut < operations; ++cut) {
    for (std::uint64_t seed = 1; seed <= outcomes; ++seed) {
      SCOPED_TRACE("power cut in operation " + std::to_string(cut) + ", seed " + std::to_string(seed));
      SimDisk disk(seed * operations + cut);
      const SimVfs vfs(disk, "sim");
      disk.cut_power_after(cut);
      const int committed = transfer(disk, most);
      disk.power_cycle();
      Database database("/db", "sim");
      ASSERT_EQ(database.run("PRAGMA integrity_check"), "ok");
      int found = 0;
      if (committed > 0 || !database.run("SELECT 1 FROM sqlite_schema").empty()) {
        const std::string rows = database.run("SELECT sum(n), max(n) FROM t");
        if (committed > 0) {
          ASSERT_EQ(rows.substr(0, 2), "0|");
        }
        if (rows.size() > 2) found = std::atoi(rows.c_str() + 2);
      }
      ASSERT_GE(found, committed);
      ASSERT_LE(found, committed + 1);
      ASSERT_EQ(transfer(disk, 3), 3) << "it goes on";
    }
  }
}

/// The same test can fail: with a disk that lies, SQLite cannot keep its promise.
TEST(SimVfs, ADiskThatLiesIsNoticed) {
  bool lost = false;
  for (std::uint64_t seed = 1; seed <= 20 && !lost; ++seed) {
    SimDisk disk(seed);
    const SimVfs vfs(disk, "sim");
    disk.set_faults({.sync = SyncFault::lie});
    const int committed = transfer(disk, 12);
    disk.power_cycle();
    try {
      Database database("/db", "sim");
      lost = database.run("SELECT max(n) FROM t") != std::to_string(committed);
    } catch (const SqlError&) {
      lost = true;
    }
  }
  EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace tautline::sim
