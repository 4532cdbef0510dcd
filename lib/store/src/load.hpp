#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "row_queue.hpp"
#include "tautline/store/detail/database.hpp"
#include "tautline/store/session_store.hpp"

namespace tautline::detail {

/// One record of the file.
struct LoadedLink {
  std::int64_t link = 0;
  std::int64_t revision = 0;
  StoredLink stored;
  RowQueue inbox;
  RowQueue outbox;
};

/// All records with their lines. Call it in a transaction, else records and lines may be of different moments.
std::vector<LoadedLink> load_all(Database& database);

/// The records of these ids, as far as they exist. The tables of lines are read once, from end to end.
std::vector<LoadedLink> load_some(Database& database, const std::vector<std::string>& ids);

}  // namespace tautline::detail
