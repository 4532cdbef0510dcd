#include "sim_store.hpp"

#include <algorithm>
#include <utility>

#include <sqlite3.h>

#include "tautline/store/sqlite_store.hpp"
#include "tautline/store/store_writer.hpp"
#include "world.hpp"

namespace tautline::sim {
namespace {

constexpr const char* vfs_name = "simulated";
constexpr const char* path = "/links.db";

/// A connection of the application's own.
using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Connection open_connection() {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, vfs_name);
  Connection connection(handle, &sqlite3_close);
  if (result != SQLITE_OK) throw StoreError("the application cannot open the file", true);
  return connection;
}

Statement prepare(sqlite3* database, const char* sql, std::int64_t first, std::int64_t second) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &handle, nullptr) != SQLITE_OK) {
    throw StoreError(std::string("the application cannot use the file: ") + sqlite3_errmsg(database), true);
  }
  sqlite3_bind_int64(handle, 1, first);
  sqlite3_bind_int64(handle, 2, second);
  return {handle, &sqlite3_finalize};
}

void make_table() {
  const Connection connection = open_connection();
  sqlite3_exec(connection.get(),
               "CREATE TABLE deeds(number INTEGER PRIMARY KEY, id, sid, epoch, seq, line, UNIQUE(id, sid, epoch, seq))",
               nullptr, nullptr, nullptr);
}

void write_down(sqlite3* database, std::uint32_t id, const Deed& deed) {
  const Statement statement = prepare(
      database, "INSERT INTO deeds(id, sid, epoch, seq, line) VALUES(?1, ?2, ?3, ?4, ?5)", id, deed.identity.sid);
  sqlite3_bind_int64(statement.get(), 3, deed.identity.epoch);
  sqlite3_bind_int64(statement.get(), 4, deed.identity.seq);
  sqlite3_bind_blob64(statement.get(), 5, deed.line.data(), deed.line.size(), SQLITE_STATIC);
  const int result = sqlite3_step(statement.get());
  if (result == SQLITE_CONSTRAINT) throw DoneTwice("line " + std::to_string(deed.identity.seq));
  if (result != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database));
}

}  // namespace

SimStore::SimStore(Context& context, StoreKind kind) : context_(context), kind_(kind) {
  if (kind == StoreKind::ram) ram_ = std::make_shared<RamStore>();
  if (kind == StoreKind::sqlite) {
    disk_ = std::make_unique<SimDisk>(context.random.next());
    vfs_ = std::make_unique<SimVfs>(*disk_, vfs_name);
    make_handle();
    make_table();  // the file is made before anything fails: until then nothing was accepted
  }
}

SimStore::~SimStore() = default;

std::shared_ptr<SessionStore> SimStore::make_handle() {
  if (kind_ == StoreKind::ram) return ram_->share();
  return SqliteStore{path, 0, vfs_name}.open();
}

std::vector<StoredLink> SimStore::open() {
  std::shared_ptr<SessionStore> store = make_handle();
  std::vector<StoredLink> links = store->take_over();
  store_ = std::move(store);
  return links;
}

void SimStore::let_another_take_over() {
  try {
    make_handle()->take_over();
    ++context_.counters.take_overs;
    context_.trace("another server takes the links over");
  } catch (const StoreError& error) {
    context_.trace("another server cannot take the links over: %s", error.what());
  }
}

// ---- the store's thread
// -----------------------------------------------------------------------------------------------------

void SimStore::schedule(Time delay) {
  const Time at = context_.now + std::max<Time>(delay, 1);
  if (due_ != 0 && due_ <= at) return;
  due_ = at;
  context_.events.push(at, EventKind::store_commit, 0, ++serial_);
}

void SimStore::submit(std::vector<LinkUpdate> batch, bool urgent) {
  waiting_.push_back(std::move(batch));
  schedule(context_.store_latency() + (urgent ? 0 : StoreWriter::lazy_ms));
}

bool SimStore::on_commit_due(std::uint32_t serial) {
  if (serial != serial_ || due_ == 0) return true;
  due_ = 0;
  if (waiting_.empty() || !store_) return true;
  if (commit()) return true;
  if (disk_ && !disk_->has_power()) return false;
  schedule(context_.random.between(50, 2000));
  return true;
}

/// All that waits, in one transaction.
bool SimStore::commit() {
  std::vector<LinkUpdate> all;
  for (const auto& batch : waiting_) all.insert(all.end(), batch.begin(), batch.end());
  std::vector<UpdateResult> results;
  try {
    results = store_->commit(all);
  } catch (const StoreError& error) {
    ++context_.counters.commits_failed;
    context_.trace("a commit fails: %s", error.what());
    if (!error.may_pass()) violated(Broken::internal, "the store says that this cannot pass: %s", error.what());
    return false;
  }
  ++context_.counters.commits;
  auto result = results.begin();
  for (auto& batch : waiting_) {
    const auto end = result + static_cast<std::ptrdiff_t>(batch.size());
    finished_.push_back({std::move(batch), {std::make_move_iterator(result), std::make_move_iterator(end)}});
    result = end;
  }
  waiting_.clear();
  context_.events.push(context_.now + context_.random.below(10), EventKind::store_done);
  return true;
}

std::optional<SimStore::Finished> SimStore::take_finished() {
  if (finished_.empty()) return std::nullopt;
  Finished first = std::move(finished_.front());
  finished_.pop_front();
  return first;
}

// ---- the application's own table
// ---------------------------------------------------------------------------------------------

StoreEffect SimStore::effect(std::uint32_t id, Deed deed) {
  return [this, id, deed = std::move(deed)](StoreTransaction& transaction) {
    if (kind_ == StoreKind::sqlite) {
      write_down(database_of(transaction), id, deed);
      return;
    }
    std::vector<Deed>& done = ram_deeds_[id];
    const auto same = [&deed](const Deed& one) { return one.identity == deed.identity; };
    if (std::any_of(done.begin(), done.end(), same)) throw DoneTwice("line " + std::to_string(deed.identity.seq));
    done.push_back(deed);
  };
}

std::vector<Deed> SimStore::deeds(std::uint32_t id, std::size_t known) {
  if (kind_ == StoreKind::ram) {
    const std::vector<Deed>& all = ram_deeds_[id];
    return {all.begin() + static_cast<std::ptrdiff_t>(std::min(known, all.size())), all.end()};
  }
  const Connection connection = open_connection();
  const Statement statement = prepare(
      connection.get(), "SELECT sid, epoch, seq, line FROM deeds WHERE id = ?1 ORDER BY number LIMIT -1 OFFSET ?2", id,
      static_cast<std::int64_t>(known));
  std::vector<Deed> found;
  int result = SQLITE_ROW;
  while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
    const auto number = [&](int column) {
      return static_cast<std::uint32_t>(sqlite3_column_int64(statement.get(), column));
    };
    const auto* const line = static_cast<const char*>(sqlite3_column_blob(statement.get(), 3));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), 3));
    found.push_back({{number(0), number(1), number(2)}, line == nullptr ? std::string() : std::string(line, size)});
  }
  if (result != SQLITE_DONE) throw StoreError("the application cannot read its table", true);
  return found;
}

// ---- misfortune
// -------------------------------------------------------------------------------------------------------------

void SimStore::process_gone(bool crash) {
  // It was about to commit, or in the middle of it, or nothing of it had begun.
  if (store_ && !waiting_.empty() && context_.random.permille(500)) {
    if (disk_ && crash) disk_->cut_power_after(context_.random.below(20));
    commit();
  }
  waiting_.clear();
  finished_.clear();
  due_ = 0;
  ++serial_;
  if (disk_ && crash) {
    disk_->power_cycle();
    ++context_.counters.power_failures;
  } else if (disk_) {
    disk_->kill_processes();
  }
  store_.reset();
}

void SimStore::hurt() {
  if (!disk_) return;
  DiskFaults faults;
  static const char* const names[] = {"syncs fail", "full", "read-only", "locked by another process", "reads fail"};
  const std::uint64_t fault = context_.random.below(5);
  switch (fault) {
    case 0: faults.sync = SyncFault::fail; break;
    case 1: faults.capacity = disk_->used() + context_.random.spread(0, 20'000); break;
    case 2: faults.read_only = true; break;
    case 3: faults.locked = true; break;
    default: faults.read_error = true; break;
  }
  context_.trace("fault: the disk, %s", names[fault]);
  disk_->set_faults(faults);
}

void SimStore::heal() {
  if (!disk_) return;
  context_.trace("the disk works again");
  disk_->set_faults({});
  disk_->cut_power_after(SimDisk::never);
}

void SimStore::fail_power_soon() {
  if (!disk_) return;
  context_.trace("fault: the power will fail in a commit");
  disk_->cut_power_after(context_.random.below(40));
}

}  // namespace tautline::sim
