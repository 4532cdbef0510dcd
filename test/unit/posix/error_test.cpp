#include "tautline/posix/error.hpp"

#include <gtest/gtest.h>

namespace tautline::posix {
namespace {

TEST(PosixError, EveryRefusedLineHasItsOwnErrorWithAHint) {
  for (const WriteStatus status :
       {WriteStatus::bad_line, WriteStatus::too_long, WriteStatus::empty, WriteStatus::not_utf8}) {
    const std::error_code error = to_error(status);
    EXPECT_EQ(error.message(), to_string(status));
    EXPECT_STREQ(error.category().name(), "tautline client");
  }
  EXPECT_EQ(to_error(WriteStatus::closed), Error::closed);
  EXPECT_NE(std::error_code(Error::bad_line), std::error_code(Error::too_long));
}

}  // namespace
}  // namespace tautline::posix
