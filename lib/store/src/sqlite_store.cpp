#include "tautline/store/sqlite_store.hpp"

#include <stdexcept>

#include "sqlite_session_store.hpp"

namespace tautline {

std::shared_ptr<SessionStore> SqliteStore::open() const {
  return std::make_shared<detail::SqliteSessionStore>(*this);
}

sqlite3* database_of(StoreTransaction& transaction) {
  auto* const sqlite = dynamic_cast<detail::SqliteTransaction*>(&transaction);
  if (sqlite == nullptr) throw std::logic_error("database_of(): the server's store is not a SqliteStore");
  return static_cast<sqlite3*>(sqlite->native());
}

}  // namespace tautline
