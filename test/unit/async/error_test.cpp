#include "tautline/async/error.hpp"

#include <gtest/gtest.h>

namespace tautline {
namespace {

TEST(Error, every_refused_line_has_its_own_error_with_a_hint) {
  for (const WriteStatus status :
       {WriteStatus::bad_line, WriteStatus::too_long, WriteStatus::empty, WriteStatus::not_utf8}) {
    const std::error_code error = make_error_code(status);
    EXPECT_EQ(error.message(), to_string(status));
    EXPECT_STREQ(error.category().name(), "tautline");
  }
  EXPECT_EQ(make_error_code(WriteStatus::closed), Error::closed);
  EXPECT_NE(std::error_code(Error::bad_line), std::error_code(Error::too_long));
}

}  // namespace
}  // namespace tautline
