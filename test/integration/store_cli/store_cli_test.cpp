#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "conformance.hpp"
#include "program.hpp"
#include "tautline/store/detail/database.hpp"
#include "tautline/store/sqlite_store.hpp"
#include "temporary_directory.hpp"

// `tautline store` as a process, on a file that a store of this process has open, as a running server has.

namespace tautline::test {
namespace {

using nlohmann::json;

struct Outcome {
  int status;
  std::string output;
  std::string errors;
};

Outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "store");
  Program program(arguments);
  const int status = program.wait();
  return {status, program.output(), program.errors()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class StoreCli : public testing::Test {
 protected:
  StoreCli() {
    door_ = creation("door", 4294967295);
    door_.numbers.epoch = 1'700'000'001;
    door_.numbers.epoch_known = true;
    door_.numbers.protocol = 2;
    door_.numbers.peer_max_payload = 128;
    receive(door_, {"{\"temp\": 21.5}", "\xff\x01 raw"});
    write(door_, {"light on", "Grüße"});
    lamp_ = creation("lamp");
    commit(lamp_);
    commit(door_);
  }

  UpdateResult commit(const LinkUpdate& update) { return store_->commit({update}).at(0); }
  Outcome tautline(const std::string& command, const std::string& id = {}) const {
    std::vector<std::string> arguments{file(), command};
    if (!id.empty()) arguments.push_back(id);
    return run(arguments);
  }
  std::string file() const { return (directory_ / "links.db").string(); }
  void edit(const char* sql) const { detail::Database(file(), detail::Database::Mode::read_write, "", 0).execute(sql); }

  TemporaryDirectory directory_;
  std::shared_ptr<SessionStore> store_ = SqliteStore{directory_ / "links.db"};
  LinkUpdate door_, lamp_;
};

TEST_F(StoreCli, list_shows_the_numbers_of_all_links_as_they_are_now) {
  const Outcome before = tautline("list");
  EXPECT_EQ(before.status, 0);
  const std::string expected =
      "id    protocol  generation  sid         epoch       rx  base  next  inbox  outbox\n"
      "door  2         1700000000  4294967295  1700000001  2   1     3     2      2\n"
      "lamp  -         1700000000  77          -           0   1     1     0      0\n";
  EXPECT_EQ(before.output, expected);
  EXPECT_EQ(before.errors, "");

  LinkUpdate next = after(door_);
  next.consumed = 1;
  next.numbers.base = 3;
  ASSERT_TRUE(commit(next).applied);
  EXPECT_TRUE(contains(tautline("list").output, "1700000001  2   3     3     1      0\n"));
}

TEST_F(StoreCli, show_prints_the_lines_of_one_link_so_that_a_terminal_survives_them) {
  const Outcome outcome = tautline("show", "door");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(contains(outcome.output, "\nsid              4294967295\n")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "\nlongest payload  128\n"));
  EXPECT_TRUE(contains(outcome.output,
                       "\ninbox: 2 lines that the application has not taken\n"
                       "  1  {\"temp\": 21.5}\n"
                       "  2  \\xff\\x01 raw\n"
                       "\noutbox: 2 lines that the client has not acknowledged\n"
                       "  1  2009-02-13T23:31:30Z  light on\n"
                       "  2  2009-02-13T23:31:30Z  Grüße\n"))
      << outcome.output;
}

TEST_F(StoreCli, show_names_sid_and_epoch_of_lines_from_an_earlier_life) {
  LinkUpdate next = after(door_);
  next.numbers.epoch += 1;
  ASSERT_TRUE(commit(next).applied);
  EXPECT_TRUE(contains(tautline("show", "door").output, "  1  (sid 4294967295, epoch 1700000001)  {\"temp\": 21.5}\n"));
}

TEST_F(StoreCli, drop_removes_a_record_under_a_running_server_which_is_fenced_and_starts_it_anew) {
  const Outcome outcome = tautline("drop", "door");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(contains(outcome.errors, "dropped 'door'"));
  const UpdateResult fenced = commit(after(door_));
  EXPECT_FALSE(fenced.applied);
  EXPECT_FALSE(fenced.current.has_value());
  EXPECT_TRUE(commit(creation("door", 5)).applied);
  EXPECT_TRUE(commit(after(lamp_)).applied) << "the others are not touched";
  EXPECT_EQ(tautline("check").status, 0);
}

TEST_F(StoreCli, a_change_waits_for_a_commit_in_progress) {
  detail::Database server(file(), detail::Database::Mode::read_write, "", 0);
  server.execute("BEGIN IMMEDIATE");
  Program program({"store", file(), "drop", "lamp"});
  EXPECT_EQ(program.wait(200), -1) << program.errors();
  server.execute("COMMIT");
  EXPECT_EQ(program.wait(), 0) << program.errors();
}

TEST_F(StoreCli, check_finds_nothing_wrong_with_a_sound_file) {
  const Outcome outcome = tautline("check");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "");
  EXPECT_TRUE(contains(outcome.errors, "2 links, nothing wrong"));
}

TEST_F(StoreCli, check_names_what_is_wrong) {
  const std::vector<std::pair<const char*, const char*>> damages = {
      {"DELETE FROM outbox WHERE seq = 1", "link door: the outbox has 1 lines, its numbers say 2"},
      {"UPDATE outbox SET seq = 7 WHERE seq = 2", "link door: the outbox has line 7 where 2 belongs"},
      {"UPDATE inbox SET seq = 3 WHERE seq = 2", "link door: the inbox has line 3 behind 1, the last received is 2"},
      {"UPDATE inbox SET seq = 1", "link door: the inbox has line 1 behind 1"},
      {"UPDATE links SET generation = -1 WHERE id = 'lamp'", "link lamp: a number is out of its range"},
      {"UPDATE links SET id = 'two words' WHERE id = 'lamp'", "'two words' is not an id"},
      {"DELETE FROM links WHERE id = 'door'", "belongs to no link"}};
  for (const auto& [damage, problem] : damages) {
    edit((std::string("BEGIN; CREATE TABLE save AS SELECT * FROM links; CREATE TABLE save_in AS SELECT * FROM inbox;"
                      "CREATE TABLE save_out AS SELECT * FROM outbox;") +
          damage + "; COMMIT")
             .c_str());
    const Outcome outcome = tautline("check");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.output, problem)) << outcome.output;
    EXPECT_TRUE(contains(outcome.errors, "damaged"));
    edit(
        "BEGIN; DELETE FROM links; INSERT INTO links SELECT * FROM save; DROP TABLE save; DELETE FROM inbox;"
        "INSERT INTO inbox SELECT * FROM save_in; DROP TABLE save_in; DELETE FROM outbox;"
        "INSERT INTO outbox SELECT * FROM save_out; DROP TABLE save_out; COMMIT");
  }
  EXPECT_EQ(tautline("check").status, 0);
}

TEST_F(StoreCli, check_finds_a_page_that_was_overwritten) {
  store_.reset();
  {
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(2 * 4096);
    stream << std::string(4096, '\xee');
  }
  const Outcome outcome = tautline("check");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.output + outcome.errors, "damaged")) << outcome.output << outcome.errors;
}

TEST_F(StoreCli, export_gives_one_object_a_line_with_every_byte) {
  LinkUpdate odd = after(lamp_);
  receive(odd, {std::string("a\0b\n", 4), "\xed\xa0\x80", ""});
  odd.numbers.protocol_1 = "\x01\xab";
  ASSERT_TRUE(commit(odd).applied);
  const Outcome outcome = tautline("export");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  const std::vector<std::string> lines = lines_of(outcome.output);
  ASSERT_EQ(lines.size(), 2U);
  const json door = json::parse(lines[0]);
  EXPECT_EQ(door, json::parse(R"({"id": "door", "protocol": 2, "generation": 1700000000, "sid": 4294967295,
    "epoch": 1700000001, "rx": 2, "base": 1, "next": 3, "peer_max_payload": 128, "protocol_1_hex": "",
    "inbox": [{"sid": 4294967295, "epoch": 1700000001, "seq": 1, "payload": "{\"temp\": 21.5}"},
              {"sid": 4294967295, "epoch": 1700000001, "seq": 2, "payload_hex": "ff0120726177"}],
    "outbox": [{"seq": 1, "tag": 0, "written_at": 1234567890, "payload": "light on"},
               {"seq": 2, "tag": 0, "written_at": 1234567890, "payload": "Grüße"}]})"));
  const json lamp = json::parse(lines[1]);
  EXPECT_TRUE(lamp["epoch"].is_null());
  EXPECT_EQ(lamp["protocol_1_hex"], "01ab");
  EXPECT_EQ(lamp["inbox"][0]["payload"], std::string("a\0b\n", 4));
  EXPECT_EQ(lamp["inbox"][1]["payload_hex"], "eda080");
  EXPECT_EQ(lamp["inbox"][2]["payload"], "");
}

TEST_F(StoreCli, restored_gives_every_record_a_new_sid_and_fences_whoever_has_the_file_open) {
  const Outcome outcome = tautline("restored");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(contains(outcome.errors, "2 links have a new sid"));
  const UpdateResult result = commit(after(door_));
  EXPECT_FALSE(result.applied);
  ASSERT_TRUE(result.current.has_value());
  EXPECT_NE(result.current->numbers.sid, door_.numbers.sid);
  EXPECT_EQ(result.current->numbers.generation, door_.numbers.generation + 1);
  EXPECT_EQ(result.current->outbox.size(), 2U) << "lines stay";
  EXPECT_EQ(tautline("check").status, 0);
}

TEST_F(StoreCli, mistakes_are_explained) {
  Outcome outcome = run({(directory_ / "no.db").string(), "list"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.errors, "no.db: there is no such file")) << outcome.errors;
  EXPECT_FALSE(std::filesystem::exists(directory_ / "no.db"));

  for (const char* const command : {"show", "drop"}) {
    outcome = tautline(command, "nobody");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.errors, "there is no link 'nobody'")) << outcome.errors;
    EXPECT_EQ(outcome.output, "");
  }
  std::ofstream(directory_ / "text") << std::string(5000, 'x');
  outcome = run({(directory_ / "text").string(), "list"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.errors, "not a SQLite database")) << outcome.errors;

  std::ofstream(directory_ / "empty") << "";
  outcome = run({(directory_ / "empty").string(), "list"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.errors, "empty, not a store")) << outcome.errors;

  EXPECT_EQ(run({file()}).status, 2);
  EXPECT_EQ(run({file(), "show"}).status, 2);
  EXPECT_EQ(run({"list"}).status, 2);
}

TEST_F(StoreCli, an_output_that_takes_no_more_is_an_error) {
  LinkUpdate next = after(door_);
  receive(next, std::vector<std::string>(40, std::string(30'000, 'x')));
  ASSERT_TRUE(commit(next).applied);
  Program program({"store", file(), "export"});
  program.close_output();
  EXPECT_EQ(program.wait(), 7);
}

TEST_F(StoreCli, help_names_the_commands_and_examples) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* const part : {"list", "show", "drop", "check", "export", "restored", "FILE", "Examples:"}) {
    EXPECT_TRUE(contains(outcome.output, part)) << part;
  }
}

}  // namespace
}  // namespace tautline::test
