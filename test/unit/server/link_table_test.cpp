#include "tautline/server/link_table.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace tautline {
namespace {

TEST(LinkTable, finds_each_link_by_its_id_and_no_other) {
  LinkTable table;
  EXPECT_EQ(table.find("1"), nullptr);
  constexpr int count = 5000;
  for (int i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    Link& link = table.insert(Link::make(id));
    EXPECT_EQ(link.id(), id);
  }
  EXPECT_EQ(table.size(), 5000U);
  for (int i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    Link* const link = table.find(id);
    ASSERT_NE(link, nullptr) << id;
    EXPECT_EQ(link->id(), id);
  }
  EXPECT_EQ(table.find("5000"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
  std::set<std::string> visited;
  table.for_each([&](const Link& link) { visited.emplace(link.id()); });
  EXPECT_EQ(visited.size(), 5000U);
}

TEST(LinkTable, an_id_may_have_32_characters) {
  const std::string id(32, 'x');
  LinkTable table;
  table.insert(Link::make(id));
  ASSERT_NE(table.find(id), nullptr);
  EXPECT_EQ(table.find(id)->id(), id);
  EXPECT_EQ(table.find(id.substr(1)), nullptr);
}

}  // namespace
}  // namespace tautline
