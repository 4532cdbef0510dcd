#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/store/session_store.hpp"

/// What every SessionStore owes, as tests. A store joins with
///
///     INSTANTIATE_TEST_SUITE_P(my_store, StoreConformance, testing::Values([] { return std::make_unique<MyStore>();
///     }));
///
/// in a target that also compiles the conformance_*.cpp files.
namespace tautline::test {

/// A fresh, empty set of records, and ways to it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  /// A handle on the records, such as another process would have.
  virtual std::shared_ptr<SessionStore> open() = 0;
  /// What an operator does to get rid of a record.
  virtual void drop(const std::string& id) = 0;
  /// Do the records outlive the handles?
  virtual bool is_durable() const = 0;
};

struct StoreMaker {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;

  friend std::ostream& operator<<(std::ostream& out, const StoreMaker& maker) { return out << maker.name; }
};

template <typename Store>
StoreMaker store_maker(const std::string& name) {
  return {name, [] { return std::make_unique<Store>(); }};
}

class StoreConformance : public testing::TestWithParam<StoreMaker> {
 protected:
  void SetUp() override {
    records_ = GetParam().make();
    store_ = records_->open();
  }

  std::shared_ptr<SessionStore> another() { return records_->open(); }
  SessionStore& store() { return *store_; }
  StoreUnderTest& records() { return *records_; }
  void close() { store_.reset(); }
  void reopen() { store_ = records_->open(); }

  /// A commit of one update.
  UpdateResult commit(LinkUpdate update) { return commit_to(*store_, std::move(update)); }
  static UpdateResult commit_to(SessionStore& store, LinkUpdate update);
  /// All records by id, as a handle of its own finds them, with the generations that they had before that.
  std::vector<StoredLink> all();
  StoredLink only();

 private:
  std::unique_ptr<StoreUnderTest> records_;
  std::shared_ptr<SessionStore> store_;
};

constexpr std::uint32_t first_generation = 1'700'000'000;

/// A new record.
LinkUpdate creation(const std::string& id, std::uint32_t sid = 77);
/// An update of a record that has these numbers; so far it changes nothing.
LinkUpdate after(const std::string& id, const StoredNumbers& present);
LinkUpdate after(const LinkUpdate& update);

/// Appends lines to the update: numbered from rx + 1 and next, which it advances.
LinkUpdate& receive(LinkUpdate& update, const std::vector<std::string>& payloads);
LinkUpdate& write(LinkUpdate& update, const std::vector<std::string>& payloads);

std::vector<std::string> inbox_of(const StoredLink& link);
std::vector<std::string> outbox_of(const StoredLink& link);

}  // namespace tautline::test
