#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "conformance.hpp"

// Who may write: each update is applied whole or not at all.

namespace tautline::test {
namespace {

using Payloads = std::vector<std::string>;

TEST_P(StoreConformance, at_first_there_is_nothing) {
  EXPECT_TRUE(store().take_over().empty());
  EXPECT_TRUE(store().commit({}).empty());
  EXPECT_FALSE(store().name().empty());
}

TEST_P(StoreConformance, every_number_of_a_new_record_is_kept) {
  LinkUpdate update = creation("door");
  update.numbers = {.generation = 4294967295,
                    .sid = 4294967294,
                    .epoch = 4294967293,
                    .epoch_known = true,
                    .rx = 4294967292,
                    .base = 4294967291,
                    .next = 4294967291,
                    .peer_max_payload = 4294967289,
                    .protocol = 2,
                    .protocol_1 = std::string("\0\1\xff\n", 4)};
  EXPECT_TRUE(commit(update).applied);
  EXPECT_EQ(only(), (StoredLink{"door", update.numbers, {}, {}}));
}

TEST_P(StoreConformance, an_unknown_epoch_is_not_an_epoch_of_0) {
  LinkUpdate unknown = creation("a");
  LinkUpdate zero = creation("b");
  zero.numbers.epoch_known = true;
  store().commit({unknown, zero});
  const std::vector<StoredLink> links = all();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_FALSE(links[0].numbers.epoch_known);
  EXPECT_TRUE(links[1].numbers.epoch_known);
}

TEST_P(StoreConformance, a_record_is_created_only_once) {
  LinkUpdate first = creation("door", 1);
  receive(first, {"first"});
  EXPECT_TRUE(commit(first).applied);
  LinkUpdate second = creation("door", 2);
  receive(second, {"second"});
  const UpdateResult result = commit(second);
  EXPECT_FALSE(result.applied);
  ASSERT_TRUE(result.current.has_value());
  EXPECT_EQ(result.current->numbers, first.numbers);
  EXPECT_EQ(inbox_of(*result.current), Payloads{"first"});
  EXPECT_EQ(only().numbers.sid, 1U);
}

TEST_P(StoreConformance, an_update_of_no_record_is_fenced) {
  LinkUpdate update = after("door", StoredNumbers{});
  const UpdateResult result = commit(update);
  EXPECT_FALSE(result.applied);
  EXPECT_FALSE(result.current.has_value());
  EXPECT_TRUE(all().empty());
}

TEST_P(StoreConformance, a_wrong_generation_sid_or_next_is_fenced_and_changes_nothing) {
  LinkUpdate first = creation("door");
  receive(first, {"in"});
  write(first, {"out"});
  ASSERT_TRUE(commit(first).applied);
  for (std::uint32_t LinkUpdate::*condition :
       {&LinkUpdate::expected_generation, &LinkUpdate::expected_sid, &LinkUpdate::expected_next}) {
    for (const std::uint32_t step : {1U, 4294967295U}) {
      LinkUpdate wrong = after(first);
      wrong.*condition += step;
      wrong.numbers.generation += 1;
      wrong.consumed = 1;
      receive(wrong, {"lost"});
      write(wrong, {"lost"});
      const UpdateResult result = commit(wrong);
      EXPECT_FALSE(result.applied);
      ASSERT_TRUE(result.current.has_value());
      EXPECT_EQ(result.current->numbers, first.numbers);
      EXPECT_EQ(inbox_of(*result.current), Payloads{"in"});
      EXPECT_EQ(outbox_of(*result.current), Payloads{"out"});
    }
  }
  EXPECT_TRUE(commit(after(first)).applied) << "fencing left the handle without the record";
  EXPECT_EQ(only().numbers, first.numbers);
}

TEST_P(StoreConformance, a_takeover_advances_every_generation_and_fences_the_former_owner) {
  LinkUpdate door = creation("door");
  LinkUpdate lamp = creation("lamp");
  lamp.numbers.generation = 4294967295;
  store().commit({door, lamp});

  const std::shared_ptr<SessionStore> successor = another();
  std::vector<StoredLink> links = successor->take_over();
  ASSERT_EQ(links.size(), 2U);
  std::sort(links.begin(), links.end(), [](const StoredLink& a, const StoredLink& b) { return a.id < b.id; });
  EXPECT_EQ(links[0].numbers.generation, first_generation + 1);
  EXPECT_EQ(links[1].numbers.generation, 0U);

  LinkUpdate late = after(door);
  receive(late, {"late"});
  const UpdateResult result = commit(late);
  EXPECT_FALSE(result.applied);
  EXPECT_EQ(result.current->numbers.generation, first_generation + 1);
  EXPECT_TRUE(commit_to(*successor, after("door", links[0].numbers)).applied);
  EXPECT_TRUE(commit_to(*successor, after("lamp", links[1].numbers)).applied);
}

TEST_P(StoreConformance, who_has_not_seen_the_last_change_is_fenced_though_the_numbers_are_equal) {
  LinkUpdate first = creation("door");
  ASSERT_TRUE(commit(first).applied);
  const std::shared_ptr<SessionStore> other = another();
  EXPECT_FALSE(commit_to(*other, after(first)).applied) << "it has never seen the record";

  LinkUpdate second = after(first);
  receive(second, {"one", "two"});  // changes rx and the inbox, and nothing that the condition names
  ASSERT_TRUE(commit(second).applied);
  LinkUpdate stale = after(first);
  stale.numbers.generation += 1;
  const UpdateResult result = commit_to(*other, stale);
  EXPECT_FALSE(result.applied);
  ASSERT_TRUE(result.current.has_value());
  EXPECT_EQ(result.current->numbers.rx, 2U);

  LinkUpdate informed = after("door", result.current->numbers);
  informed.numbers.generation += 1;
  informed.consumed = 1;
  EXPECT_TRUE(commit_to(*other, informed).applied);
  EXPECT_FALSE(commit(after(second)).applied) << "now the first has not seen the last change";
  EXPECT_EQ(inbox_of(only()), Payloads{"two"});
}

TEST_P(StoreConformance, a_dropped_record_is_gone_for_its_owner_who_may_create_it_anew) {
  LinkUpdate first = creation("door", 1);
  receive(first, {"old"});
  write(first, {"old"});
  ASSERT_TRUE(commit(first).applied);
  records().drop("door");
  const UpdateResult result = commit(after(first));
  EXPECT_FALSE(result.applied);
  EXPECT_FALSE(result.current.has_value());

  LinkUpdate anew = creation("door", 2);
  receive(anew, {"new"});
  EXPECT_TRUE(commit(anew).applied);
  EXPECT_FALSE(commit(after(first)).applied) << "the old sid";
  EXPECT_EQ(inbox_of(only()), Payloads{"new"});
  EXPECT_TRUE(only().outbox.empty());
}

TEST_P(StoreConformance, a_record_that_others_dropped_and_created_again_is_another_one) {
  LinkUpdate first = creation("door", 1);
  ASSERT_TRUE(commit(first).applied);
  records().drop("door");
  LinkUpdate anew = creation("door", 2);
  write(anew, {"new"});
  ASSERT_TRUE(commit_to(*another(), anew).applied);
  const UpdateResult result = commit(after(first));
  EXPECT_FALSE(result.applied);
  EXPECT_EQ(result.current->numbers.sid, 2U);
  EXPECT_EQ(outbox_of(*result.current), Payloads{"new"});
  EXPECT_TRUE(commit(after("door", result.current->numbers)).applied);
}

TEST_P(StoreConformance, updates_of_a_commit_see_those_before_them) {
  LinkUpdate first = creation("door");
  receive(first, {"1", "2"});
  LinkUpdate second = after(first);
  second.numbers.generation += 1;
  second.consumed = 1;
  receive(second, {"3"});
  write(second, {"out"});
  LinkUpdate third = after(second);
  third.consumed = 2;
  third.numbers.base = 2;
  const std::vector<UpdateResult> results = store().commit({first, second, third});
  ASSERT_EQ(results.size(), 3U);
  for (const UpdateResult& result : results) EXPECT_TRUE(result.applied);
  EXPECT_EQ(only(), (StoredLink{"door", third.numbers, {}, {}}));
}

TEST_P(StoreConformance, a_fenced_update_does_not_touch_the_others_of_its_commit) {
  LinkUpdate door = creation("door");
  LinkUpdate lamp = creation("lamp");
  store().commit({door, lamp});
  LinkUpdate wrong = after(door);
  wrong.expected_sid += 1;
  receive(wrong, {"wrong"});
  LinkUpdate right = after(door);
  receive(right, {"right"});
  LinkUpdate other = after(lamp);
  receive(other, {"other"});
  const std::vector<UpdateResult> results = store().commit({wrong, other, right, wrong});
  EXPECT_FALSE(results[0].applied);
  EXPECT_TRUE(results[1].applied);
  EXPECT_TRUE(results[2].applied);
  EXPECT_FALSE(results[3].applied);
  EXPECT_TRUE(inbox_of(*results[0].current).empty()) << "the record as it was then";
  EXPECT_EQ(inbox_of(*results[3].current), Payloads{"right"});
  LinkUpdate next = after(right);
  next.consumed = 1;
  EXPECT_TRUE(commit(next).applied);
  EXPECT_TRUE(all()[0].inbox.empty());
}

/// Writes its lines until each is in, taking over whatever the other wrote meanwhile.
void write_lines(SessionStore& store, StoredLink link, const std::string& name, int count) {
  constexpr int most_attempts = 10'000;
  int written = 0;
  for (int attempt = 0; written < count && attempt < most_attempts; ++attempt) {
    LinkUpdate update = after(link.id, link.numbers);
    write(update, {name + std::to_string(written)});
    std::vector<UpdateResult> results;
    try {
      results = store.commit({update});
    } catch (const StoreError& error) {
      ASSERT_TRUE(error.may_pass()) << error.what();
      continue;
    }
    if (results[0].applied) {
      ++written;
      link.numbers = update.numbers;
    } else {
      ASSERT_TRUE(results[0].current.has_value());
      link = *results[0].current;
    }
  }
  EXPECT_EQ(written, count);
}

TEST_P(StoreConformance, of_two_that_race_one_wins_and_nothing_is_lost_or_overwritten) {
  constexpr int lines = 30;
  LinkUpdate first = creation("door");
  ASSERT_TRUE(commit(first).applied);
  const std::shared_ptr<SessionStore> other = another();
  const StoredLink start{"door", first.numbers, {}, {}};
  std::thread rival([&] { write_lines(*other, start, "b", lines); });
  write_lines(store(), start, "a", lines);
  rival.join();

  const StoredLink link = only();
  ASSERT_EQ(link.outbox.size(), 2U * lines);
  Payloads a, b;
  for (std::uint32_t i = 0; i < 2 * lines; ++i) {
    EXPECT_EQ(link.outbox[i].seq, i + 1);
    (link.outbox[i].payload[0] == 'a' ? a : b).push_back(link.outbox[i].payload.substr(1));
  }
  for (int i = 0; i < lines; ++i) {
    EXPECT_EQ(a[static_cast<std::size_t>(i)], std::to_string(i));
    EXPECT_EQ(b[static_cast<std::size_t>(i)], std::to_string(i));
  }
}

TEST_P(StoreConformance, what_was_committed_outlives_the_handle) {
  if (!records().is_durable()) GTEST_SKIP() << "records in memory";
  LinkUpdate update = creation("door");
  receive(update, {"in"});
  write(update, {"out"});
  ASSERT_TRUE(commit(update).applied);
  close();
  reopen();
  const std::vector<StoredLink> links = store().take_over();
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(inbox_of(links[0]), Payloads{"in"});
  EXPECT_EQ(outbox_of(links[0]), Payloads{"out"});
  EXPECT_EQ(links[0].numbers.generation, first_generation + 1);
  LinkUpdate next = after("door", links[0].numbers);
  next.consumed = 1;
  next.numbers.base = 2;
  EXPECT_TRUE(commit(next).applied);
  EXPECT_TRUE(only().inbox.empty());
  EXPECT_TRUE(only().outbox.empty());
}

}  // namespace
}  // namespace tautline::test
