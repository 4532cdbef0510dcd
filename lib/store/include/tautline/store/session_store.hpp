#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// What a server keeps of its links when it is not running: an interface, so that a store may be a file, memory or a
/// distributed engine. docs/store.md.
namespace tautline {

/// The numbers of one link. docs/protocol.md, "State".
struct StoredNumbers {
  std::uint32_t generation = 0;        ///< `cur`: the fencing token. Who writes must know it.
  std::uint32_t sid = 0;               ///< one life of this record
  std::uint32_t epoch = 0;             ///< one life of the client
  bool epoch_known = false;            ///< has a client of protocol 2 named its epoch?
  std::uint32_t rx = 0;                ///< last line received in order
  std::uint32_t base = 1;              ///< oldest line of the outbox
  std::uint32_t next = 1;              ///< number of the next line to be written
  std::uint32_t peer_max_payload = 0;  ///< `n` of the client's last connection, 0: not known
  std::uint8_t protocol = 0;           ///< that the client spoke last: 1, 2, or 0: it never connected
  std::string protocol_1;              ///< numbers of protocol 1 as the server packs them; empty: none

  friend bool operator==(const StoredNumbers&, const StoredNumbers&) = default;
};

/// A line from the client that the application has not dealt with.
struct InboxLine {
  std::uint32_t sid = 0;    ///< with epoch and seq: what an application may de-duplicate on
  std::uint32_t epoch = 0;  ///< of the client that sent it
  std::uint32_t seq = 0;    ///< its number
  std::string payload;      ///< without its newline

  friend bool operator==(const InboxLine&, const InboxLine&) = default;
};

/// A line for the client that the client has not acknowledged.
struct OutboxLine {
  std::uint32_t seq = 0;        ///< its number
  std::uint8_t tag = 0;         ///< the server's, kept as it is
  std::int64_t written_at = 0;  ///< unix seconds
  std::string payload;          ///< without its newline

  friend bool operator==(const OutboxLine&, const OutboxLine&) = default;
};

/// All of one link: its record and its lines.
struct StoredLink {
  std::string id;                  ///< of the client
  StoredNumbers numbers;           ///< the record
  std::vector<InboxLine> inbox;    ///< oldest first
  std::vector<OutboxLine> outbox;  ///< oldest first: numbers.base, numbers.base + 1, ...

  friend bool operator==(const StoredLink&, const StoredLink&) = default;
};

/// The transaction that an update is part of, for an application that has tables of its own in the same database.
class StoreTransaction {
 public:
  virtual ~StoreTransaction() = default;
  /// The engine's handle (SQLite: `sqlite3*`), valid during the call; null if the engine has none.
  virtual void* native() = 0;
};

/// What an application does in the transaction that consumes a line. Called on the store's thread, perhaps several
/// times (a commit that failed is tried again after a rollback): it must touch nothing but the database. What it throws
/// undoes it, and leaves the line in the inbox.
using StoreEffect = std::function<void(StoreTransaction&)>;

/// One link's part of a commit: applied whole or not at all.
struct LinkUpdate {
  std::string id;  ///< of the client
  /// Condition. create: there is no record of that id. Otherwise there is one, and its generation, sid and next are
  /// these. A condition that does not hold means that somebody else has written: the update is not applied (fenced).
  bool create = false;
  std::uint32_t expected_generation = 0;  ///< of the record, before the update
  std::uint32_t expected_sid = 0;         ///< as expected_generation
  std::uint32_t expected_next = 1;        ///< as expected_generation

  StoredNumbers numbers;            ///< after the update
  std::vector<InboxLine> received;  ///< appended to the inbox
  std::vector<OutboxLine> written;  ///< appended to the outbox
  std::uint32_t consumed = 0;       ///< lines removed from the front of the inbox as it was before the update
  StoreEffect effect;               ///< if set: consumes one line more, together with what it does itself
  /// From the front of the outbox all lines before numbers.base are removed.
};

/// What became of one update.
struct UpdateResult {
  bool applied = false;  ///< else it was fenced
  /// Not applied: the record as it is now; none if there is none.
  std::optional<StoredLink> current;
  /// What the effect threw. The rest of the update was applied, the line of the effect was not consumed.
  std::exception_ptr effect_error;
};

/// Why a store could not commit or open, in words that name the file, the cause and what to do. `may_pass`: trying
/// again later can help (disk full, locked, read-only), which is what the writer does.
class StoreError : public std::runtime_error {
 public:
  /// See above for both.
  StoreError(const std::string& what, bool may_pass) : std::runtime_error(what), may_pass_(may_pass) {}
  /// Can trying again later help?
  bool may_pass() const { return may_pass_; }

 private:
  bool may_pass_;
};

/// The store's obligations (docs/protocol.md, "What the store owes"):
/// - commit() is one transaction: on return all of it is durable; after an exception, or a crash in the middle, none of
///   it is (or all of it, when the crash came after the commit).
/// - Each update is conditional: whoever commits first with the present generation wins, everybody else is fenced. That
///   holds between processes and machines that share the store.
/// - Who has not seen the last change of a record is fenced too, even if the numbers of the condition are still the
///   same (rx, base or the inbox may have changed): an update is applied only by the handle that made that change, or
///   that got it from take_over() or as `current`. A distributed engine has this as a conditional append.
/// - Updates of one commit are applied in order; a later one may be for the same link as an earlier one and then sees
///   its effect.
/// - Payloads are bytes, and come back as they are. An epoch that is not known comes back as 0.
///
/// Not thread-safe; calls may block. A StoreWriter gives it a thread. test/unit/store/conformance.hpp is the suite that
/// every implementation passes.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Makes the caller the owner of all links: advances the generation of every record by one and returns all records.
  /// From then on another server's updates are fenced. Throws StoreError.
  virtual std::vector<StoredLink> take_over() = 0;

  /// One result for each update, in order. Throws StoreError: nothing was applied.
  virtual std::vector<UpdateResult> commit(const std::vector<LinkUpdate>& updates) = 0;

  /// For messages: what it is and where.
  virtual std::string name() const = 0;
};

}  // namespace tautline
