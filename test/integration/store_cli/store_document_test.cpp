#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "conformance.hpp"
#include "program.hpp"
#include "tautline/store/detail/database.hpp"
#include "tautline/store/sqlite_store.hpp"
#include "temporary_directory.hpp"

// What docs/store.md shows is what the program does.

namespace tautline::test {
namespace {

/// The blocks of the document that are fenced as this language.
std::vector<std::string> blocks_of(const std::string& language) {
  std::ifstream file(TAUTLINE_SOURCE_DIR "/docs/store.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string begin = "\n```" + language + "\n";
  std::vector<std::string> blocks;
  for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
    at += begin.size();
    const std::size_t end = text.find("\n```\n", at);
    blocks.push_back(text.substr(at, end - at));
    at = end;
  }
  return blocks;
}

/// Standard output of a command of the shell, and whether it succeeded.
std::pair<std::string, bool> shell(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> bytes{};
  for (std::size_t count = 0; (count = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) {
    output.append(bytes.data(), count);
  }
  const int status = ::pclose(pipe);
  return {output, WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

class StoreDocument : public testing::Test {
 protected:
  StoreDocument() {
    LinkUpdate door = creation("door");
    door.numbers.epoch_known = true;
    receive(door, {"{\"temp\": 21.5}", "text"});
    write(door, {"light on"});
    store_->commit({door, creation("lamp")});
  }

  TemporaryDirectory directory_;
  std::shared_ptr<SessionStore> store_ = SqliteStore{directory_ / "links.db"};
};

TEST_F(StoreDocument, shows_the_schema_as_it_is) {
  detail::Database database(directory_ / "links.db", detail::Database::Mode::read_write, "", 0);
  const std::string schema =
      database.text("SELECT group_concat(sql, ';' || char(10)) || ';' FROM sqlite_schema WHERE sql IS NOT NULL");
  ASSERT_FALSE(blocks_of("sql").empty());
  EXPECT_EQ(blocks_of("sql").front(), schema);
}

TEST_F(StoreDocument, shows_queries_that_the_sqlite3_shell_runs_while_a_server_has_the_file_open) {
  std::vector<std::string> queries = blocks_of("sql");
  ASSERT_GT(queries.size(), 4U);
  queries.erase(queries.begin());
  for (const std::string& query : queries) {
    std::ofstream(directory_ / "query.sql") << query;
    const auto [output, succeeded] = shell("sqlite3 -bail -readonly " + (directory_ / "links.db").string() + " < " +
                                           (directory_ / "query.sql").string());
    EXPECT_TRUE(succeeded) << query << "\n" << output << "(script/setup installs sqlite3)";
    EXPECT_TRUE(output.find("door|") == 0 || output.find("1|") == 0 || output.find("2|") == 0) << query << "\n"
                                                                                               << output;
  }
}

TEST_F(StoreDocument, shows_how_to_back_up_a_store_in_use_and_how_to_mark_the_copy) {
  const std::vector<std::string> commands = blocks_of("sh");
  ASSERT_EQ(commands.size(), 2U);
  {
    std::ofstream script(directory_ / "script");
    script << "set -e\ncd " << directory_.path().string() << "\nPATH=" TAUTLINE_PROGRAM_DIR ":$PATH\n";
    for (const std::string& command : commands) script << command << "\n";
  }
  const auto [output, succeeded] = shell("sh " + (directory_ / "script").string());
  EXPECT_TRUE(succeeded) << output;

  const std::shared_ptr<SessionStore> copy = SqliteStore{directory_ / "copy.db"};
  for (const StoredLink& link : copy->take_over()) {
    EXPECT_NE(link.numbers.sid, 77U) << "marked";
    EXPECT_EQ(link.numbers.generation, first_generation + 2) << "marked and taken over";
    if (link.id == "door") {
      EXPECT_EQ(link.inbox.size(), 2U);
      EXPECT_EQ(link.outbox.size(), 1U);
    }
  }
  for (const StoredLink& link : store_->take_over()) EXPECT_EQ(link.numbers.sid, 77U) << "the original is not marked";
}

}  // namespace
}  // namespace tautline::test
