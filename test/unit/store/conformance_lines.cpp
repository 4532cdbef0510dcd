#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "conformance.hpp"

// What is kept of lines, in which order, and what takes them away.

namespace tautline::test {
namespace {

using Payloads = std::vector<std::string>;

TEST_P(StoreConformance, lines_of_the_inbox_are_consumed_from_its_front) {
  LinkUpdate first = creation("door");
  receive(first, {"1", "2", "3"});
  ASSERT_TRUE(commit(first).applied);
  LinkUpdate second = after(first);
  receive(second, {"4"});
  second.consumed = 2;
  ASSERT_TRUE(commit(second).applied);
  EXPECT_EQ(inbox_of(only()), (Payloads{"3", "4"}));
}

TEST_P(StoreConformance, an_update_consumes_the_lines_before_it_not_those_that_it_brings) {
  LinkUpdate first = creation("door");
  receive(first, {"old"});
  ASSERT_TRUE(commit(first).applied);
  LinkUpdate second = after(first);
  second.consumed = 1;
  receive(second, {"new"});
  ASSERT_TRUE(commit(second).applied);
  EXPECT_EQ(inbox_of(only()), Payloads{"new"});
}

TEST_P(StoreConformance, sid_epoch_and_number_of_a_line_stay_what_they_were) {
  LinkUpdate first = creation("door");
  first.numbers.epoch = 5;
  first.numbers.epoch_known = true;
  receive(first, {"before"});
  ASSERT_TRUE(commit(first).applied);
  LinkUpdate second = after(first);
  second.numbers.epoch = 6;
  second.numbers.rx = 4294967295;
  receive(second, {"after"});
  ASSERT_TRUE(commit(second).applied);
  EXPECT_EQ(only().inbox, (std::vector<InboxLine>{{77, 5, 1, "before"}, {77, 6, 0, "after"}}));
}

TEST_P(StoreConformance, lines_of_the_outbox_leave_as_base_advances) {
  LinkUpdate first = creation("door");
  write(first, {"1", "2", "3"});
  ASSERT_TRUE(commit(first).applied);
  LinkUpdate second = after(first);
  second.numbers.base = 3;
  write(second, {"4"});
  second.written[0].tag = 255;
  second.written[0].written_at = -1;
  ASSERT_TRUE(commit(second).applied);
  EXPECT_EQ(only().outbox, (std::vector<OutboxLine>{{3, 0, 1234567890, "3"}, {4, 255, -1, "4"}}));
}

TEST_P(StoreConformance, a_line_may_be_written_and_acknowledged_in_one_update) {
  LinkUpdate first = creation("door");
  write(first, {"1", "2"});
  first.numbers.base = 2;
  ASSERT_TRUE(commit(first).applied);
  EXPECT_EQ(outbox_of(only()), Payloads{"2"});
}

TEST_P(StoreConformance, numbers_of_lines_wrap_around) {
  LinkUpdate first = creation("door");
  first.numbers.base = first.numbers.next = 4294967294;
  first.numbers.rx = 4294967294;
  write(first, {"a", "b", "c", "d"});
  receive(first, {"e", "f"});
  ASSERT_TRUE(commit(first).applied);
  EXPECT_EQ(first.numbers.next, 2U);
  LinkUpdate second = after(first);
  second.numbers.base = 4294967295;
  ASSERT_TRUE(commit(second).applied);
  EXPECT_EQ(outbox_of(only()), (Payloads{"b", "c", "d"}));

  StoredNumbers present = only().numbers;
  reopen();
  present = store().take_over()[0].numbers;
  LinkUpdate third = after("door", present);
  third.numbers.base = 1;
  third.consumed = 1;
  ASSERT_TRUE(commit(third).applied);
  EXPECT_EQ(outbox_of(only()), Payloads{"d"});
  EXPECT_EQ(only().outbox[0].seq, 1U);
  EXPECT_EQ(only().inbox[0].seq, 0U);
}

TEST_P(StoreConformance, a_payload_is_any_bytes_of_any_size) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const Payloads payloads = {"",
                             every_byte,
                             "\xff\xfe\xc3(",
                             std::string("\0", 1),
                             std::string("a\0b", 3),
                             "{\"x\":1}",
                             "'; DROP TABLE",
                             std::string(32768, 'x'),
                             "1",
                             "1.0",
                             "\xf0\x9f\x9a\xaa"};
  LinkUpdate update = creation("a-_./:Z9");
  receive(update, payloads);
  write(update, payloads);
  ASSERT_TRUE(commit(update).applied);
  close();
  reopen();
  EXPECT_EQ(inbox_of(only()), payloads);
  EXPECT_EQ(outbox_of(only()), payloads);
  EXPECT_EQ(only().id, "a-_./:Z9");
}

TEST_P(StoreConformance, lines_of_many_links_stay_apart) {
  constexpr int links = 20;
  constexpr int rounds = 30;
  std::vector<LinkUpdate> present;
  for (int i = 0; i < links; ++i) present.push_back(creation("link" + std::to_string(i)));
  for (int round = 0; round < rounds; ++round) {
    for (LinkUpdate& update : present) {
      if (round > 0) update = after(update);
      receive(update, {update.id + " in " + std::to_string(round)});
      write(update, {update.id + " out " + std::to_string(round)});
      update.consumed = round < 5 ? 0 : 1;
      if (round >= 5) update.numbers.base += 1;
    }
    for (const UpdateResult& result : store().commit(present)) ASSERT_TRUE(result.applied);
  }
  for (const StoredLink& link : all()) {
    ASSERT_EQ(link.inbox.size(), 5U);
    ASSERT_EQ(link.outbox.size(), 5U);
    EXPECT_EQ(link.inbox[0].payload, link.id + " in 25");
    EXPECT_EQ(link.outbox[4].payload, link.id + " out 29");
    EXPECT_EQ(link.outbox[0].seq, link.numbers.base);
  }
}

TEST_P(StoreConformance, an_effect_consumes_the_line_behind_those_consumed) {
  LinkUpdate first = creation("door");
  receive(first, {"1", "2", "3"});
  ASSERT_TRUE(commit(first).applied);
  int calls = 0;
  LinkUpdate second = after(first);
  second.consumed = 1;
  second.effect = [&](StoreTransaction&) { ++calls; };
  receive(second, {"4"});
  const UpdateResult result = commit(second);
  EXPECT_TRUE(result.applied);
  EXPECT_EQ(result.effect_error, nullptr);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(inbox_of(only()), (Payloads{"3", "4"}));
}

TEST_P(StoreConformance, an_effect_that_throws_leaves_its_line_and_nothing_else) {
  LinkUpdate first = creation("door");
  receive(first, {"1", "2", "3"});
  ASSERT_TRUE(commit(first).applied);
  LinkUpdate second = after(first);
  second.consumed = 1;
  second.effect = [](StoreTransaction&) { throw std::runtime_error("not today"); };
  receive(second, {"4"});
  write(second, {"out"});
  const UpdateResult result = commit(second);
  EXPECT_TRUE(result.applied);
  ASSERT_NE(result.effect_error, nullptr);
  try {
    std::rethrow_exception(result.effect_error);
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "not today");
  }
  EXPECT_EQ(inbox_of(only()), (Payloads{"2", "3", "4"}));
  EXPECT_EQ(outbox_of(only()), Payloads{"out"});
}

TEST_P(StoreConformance, whatever_an_effect_throws_is_handed_on_and_the_next_can_consume_the_line) {
  LinkUpdate first = creation("door");
  receive(first, {"1", "2"});
  LinkUpdate second = after(first);
  second.effect = [](StoreTransaction&) { throw 7; };
  LinkUpdate third = after(second);
  third.effect = [](StoreTransaction&) {};
  const std::vector<UpdateResult> results = store().commit({first, second, third});
  EXPECT_THROW(std::rethrow_exception(results[1].effect_error), int);
  EXPECT_EQ(results[2].effect_error, nullptr);
  EXPECT_EQ(inbox_of(only()), Payloads{"2"});
}

TEST_P(StoreConformance, the_effect_of_a_fenced_update_is_not_called) {
  LinkUpdate first = creation("door");
  receive(first, {"1"});
  ASSERT_TRUE(commit(first).applied);
  LinkUpdate wrong = after(first);
  wrong.expected_generation += 1;
  wrong.effect = [](StoreTransaction&) { ADD_FAILURE() << "called"; };
  EXPECT_FALSE(commit(wrong).applied);
  EXPECT_EQ(inbox_of(only()), Payloads{"1"});
}

}  // namespace
}  // namespace tautline::test
