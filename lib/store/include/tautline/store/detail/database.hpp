#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite with errors as StoreError, whose text names the file, the cause and what to do.
namespace tautline::detail {

class Database {
 public:
  enum class Mode { create, read_write };

  /// `vfs`: the name of a registered VFS, empty: SQLite's default. Throws StoreError.
  Database(const std::filesystem::path& path, Mode mode, const std::string& vfs, int busy_timeout_ms);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

  void set_busy_timeout(int ms);
  void execute(const char* sql);
  /// The first column of the first row, 0 or "" if there is none.
  std::int64_t number(const char* sql);
  std::string text(const char* sql);

  /// StoreError if the file has been moved or deleted: what is written to it then is lost with this process.
  void check_in_place();

  /// Of a process whose sync failed the log may hold what can be read and is not on the disk; a later sync would not
  /// write it either, and after a power failure all that followed it in the log would be lost with it. This writes it
  /// all once more. In a transaction that writes, and before anything builds on what the log holds.
  void write_log_again();
  /// Throws the StoreError of the call that failed last.
  [[noreturn]] void fail() const;

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters are numbered from 1, columns from 0; bound text must live until run() or reset().
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  /// To the next row; false: there is none, and the statement is reset.
  bool step();
  void reset();
  /// A statement that gives no rows. The number of rows it changed.
  int run();

  std::int64_t number(int column) const;
  std::uint32_t u32(int column) const { return static_cast<std::uint32_t>(number(column)); }
  bool is_null(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;

 private:
  void check(int result) const;

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// From BEGIN IMMEDIATE to commit(), or rolled back with the object.
class Transaction {
 public:
  explicit Transaction(Database& database);
  /// `begin`: BEGIN IMMEDIATE, prepared.
  Transaction(Database& database, Statement& begin);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
};

}  // namespace tautline::detail
