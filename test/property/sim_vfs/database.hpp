#pragma once

#include <stdexcept>
#include <string>

#include <sqlite3.h>

/// The least of SQLite that these tests need.
namespace tautline::sim_test {

struct SqlError : std::runtime_error {
  SqlError(int c, const std::string& text) : std::runtime_error(text), code(c) {}
  int code;  ///< extended
};

class Database {
 public:
  Database(const std::string& path, const std::string& vfs) {
    const int code = sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.c_str());
    if (code != SQLITE_OK) {
      const SqlError error(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_));
      sqlite3_close_v2(handle_);
      throw error;
    }
    sqlite3_extended_result_codes(handle_, 1);
  }
  ~Database() { sqlite3_close_v2(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// The values of the first row, or nothing.
  std::string run(const std::string& sql) {
    std::string result;
    const auto keep = [](void* to, int count, char** values, char**) {
      auto& text = *static_cast<std::string*>(to);
      if (!text.empty()) return 0;
      for (int i = 0; i < count; ++i) text += (i == 0 ? "" : "|") + std::string(values[i] == nullptr ? "" : values[i]);
      return 0;
    };
    const int code = sqlite3_exec(handle_, sql.c_str(), keep, &result, nullptr);
    if (code != SQLITE_OK) throw SqlError(code, std::string(sqlite3_errmsg(handle_)) + ": " + sql);
    return result;
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace tautline::sim_test
