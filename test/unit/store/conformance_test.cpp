#include "conformance.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tautline/store/ram_store.hpp"
#include "tautline/store/sqlite_store.hpp"
#include "tautline/store/store_file.hpp"
#include "temporary_directory.hpp"

namespace tautline::test {
namespace {

class RamUnderTest : public StoreUnderTest {
 public:
  std::shared_ptr<SessionStore> open() override { return ram_.share(); }
  void drop(const std::string& id) override { ram_.drop(id); }
  bool is_durable() const override { return false; }

 private:
  RamStore ram_;
};

class SqliteUnderTest : public StoreUnderTest {
 public:
  std::shared_ptr<SessionStore> open() override { return SqliteStore{directory_ / "links.db"}; }
  void drop(const std::string& id) override { StoreFile(directory_ / "links.db").drop(id); }
  bool is_durable() const override { return true; }

 private:
  TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(ram, StoreConformance, testing::Values(store_maker<RamUnderTest>("ram")));
INSTANTIATE_TEST_SUITE_P(sqlite, StoreConformance, testing::Values(store_maker<SqliteUnderTest>("sqlite")));

}  // namespace
}  // namespace tautline::test
