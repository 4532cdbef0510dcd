#include <cstdint>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <tautline/core/event.hpp>

namespace tautline {
namespace {

TEST(Event, every_bye_code_of_the_document_has_its_name) {
  for (const char* name : {"version", "id", "busy", "superseded", "epoch", "sid", "size", "syntax", "closing"}) {
    const Reason reason = bye_code(name);
    EXPECT_NE(reason, Reason::none) << name;
    EXPECT_STREQ(to_string(reason), name);
  }
}

TEST(Event, reasons_of_this_side_are_no_bye_codes) {
  for (const char* name : {"none", "wifi", "unresolved", "unreachable", "silent", "blocked", "peer_closed",
                           "not_protocol_2", "local_close", "unknown"}) {
    EXPECT_EQ(bye_code(name), Reason::none) << name;
  }
}

TEST(Event, near_misses_are_no_bye_codes) {
  for (const char* name : {"", "Version", "versio", "versions", "version ", "VERSION"}) {
    EXPECT_EQ(bye_code(name), Reason::none) << name;
  }
}

TEST(Event, every_reason_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (std::uint8_t value = 0; value <= static_cast<std::uint8_t>(Reason::closing); ++value) {
    names.insert(to_string(static_cast<Reason>(value)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reason::closing) + 1U);
  EXPECT_EQ(names.count("unknown"), 0U);
}

}  // namespace
}  // namespace tautline
