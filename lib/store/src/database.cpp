#include "tautline/store/detail/database.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "tautline/store/session_store.hpp"

namespace tautline::detail {
namespace {

struct Advice {
  std::string text;
  bool may_pass;
};

/// What the code of an error means for the person who runs the program.
Advice advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return {"the disk is full: free some space on it", true};
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:  // another process is just opening it
    case SQLITE_LOCKED: return {"locked by another program: end its transaction (an open sqlite3 shell?)", true};
    case SQLITE_READONLY:
      return {
          "not writable: this user needs write permission for the file and its directory, and the file system "
          "must not be mounted read-only",
          true};
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return {
          "cannot be opened: the directory must exist, and this user needs permission for the file and for the "
          "directory",
          true};
    case SQLITE_IOERR: return {"input/output error: check the disk and the kernel's log", true};
    case SQLITE_NOMEM: return {"out of memory", true};
    case SQLITE_CORRUPT:
      return {"damaged: see `tautline store FILE check`, then restore a backup and run `tautline store FILE restored`",
              false};
    case SQLITE_NOTADB: return {"not a SQLite database: name another file", false};
    default: return {"unexpected error of SQLite", false};
  }
}

StoreError error_of(const std::string& path, int code, const char* message, int system_error) {
  const Advice what = advice(code);
  std::string text = path + ": " + what.text + " (SQLite: " + message + ", code " + std::to_string(code);
  if (system_error != 0) text += std::string("; ") + std::strerror(system_error);
  return {text + ")", what.may_pass};
}

}  // namespace

Database::Database(const std::filesystem::path& path, Mode mode, const std::string& vfs, int busy_timeout_ms)
    : path_(path.string()) {
  // One thread at a time uses the connection: SQLite's own mutex is not needed.
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  const int result = sqlite3_open_v2(path_.c_str(), &handle_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (result != SQLITE_OK) {
    const StoreError error = handle_ == nullptr ? error_of(path_, SQLITE_NOMEM, "no memory", 0)
                                                : error_of(path_, sqlite3_extended_errcode(handle_),
                                                           sqlite3_errmsg(handle_), sqlite3_system_errno(handle_));
    sqlite3_close_v2(handle_);
    throw error;
  }
  if (mode == Mode::create && sqlite3_db_readonly(handle_, "main") == 1) {
    sqlite3_close_v2(handle_);
    throw error_of(path_, SQLITE_READONLY, "opened read-only", 0);
  }
  sqlite3_extended_result_codes(handle_, 1);
  set_busy_timeout(busy_timeout_ms);
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

void Database::set_busy_timeout(int ms) {
  sqlite3_busy_timeout(handle_, ms);
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t Database::number(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : std::string();
}

void Database::check_in_place() {
  int moved = 0;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0) {
    throw StoreError(path_ + ": the file was moved or deleted while it is in use: put it back, or restart the program",
                     true);
  }
}

void Database::write_log_again() {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  sqlite3_int64 size = 0;
  if (log == nullptr || log->pMethods == nullptr) return;
  int result = log->pMethods->xFileSize(log, &size);
  std::vector<char> bytes(64 * 1024);
  for (sqlite3_int64 at = 0; at < size && result == SQLITE_OK;) {
    const auto count = static_cast<int>(std::min<sqlite3_int64>(size - at, static_cast<sqlite3_int64>(bytes.size())));
    result = log->pMethods->xRead(log, bytes.data(), count, at);
    if (result == SQLITE_OK) result = log->pMethods->xWrite(log, bytes.data(), count, at);
    at += count;
  }
  if (result == SQLITE_OK && size > 0) result = log->pMethods->xSync(log, SQLITE_SYNC_FULL);
  if (result != SQLITE_OK) throw error_of(path_, result, sqlite3_errstr(result), sqlite3_system_errno(handle_));
}

void Database::fail() const {
  const int code = sqlite3_extended_errcode(handle_);
  const int kind = code & 0xff;
  const bool system = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL;
  throw error_of(path_, code, sqlite3_errmsg(handle_), system ? sqlite3_system_errno(handle_) : 0);
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK) {
    database.fail();
  }
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::check(int result) const {
  if (result != SQLITE_OK) database_.fail();
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // An empty view may have no address, which would bind NULL.
  const char* const bytes = text.empty() ? "" : text.data();
  check(sqlite3_bind_text64(statement_, parameter, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_, parameter, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_, parameter));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  // reset() gives the error again, with its message.
  const int again = sqlite3_reset(statement_);
  if (result != SQLITE_DONE) check(again == SQLITE_OK ? result : again);
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

int Statement::run() {
  step();
  return sqlite3_changes(database_.handle());
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  const unsigned char* const bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_, column);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::string Statement::blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::Transaction(Database& database, Statement& begin) : database_(database) {
  begin.run();
}

Transaction::~Transaction() {
  // SQLite itself has rolled back after some errors. If ROLLBACK fails, the next BEGIN says so.
  if (sqlite3_get_autocommit(database_.handle()) == 0) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
}

}  // namespace tautline::detail
