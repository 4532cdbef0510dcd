#include "tautline/linux_bridge/gpio_line.hpp"

#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tautline::linux_bridge {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Calls {
  std::vector<bool> set;
  bool level = true;
  int taken = 0;
};

class FakeHandle : public GpioHandle {
 public:
  explicit FakeHandle(Calls& calls) : calls_(calls) {}
  bool get() override { return calls_.level; }
  void set(bool high) override { calls_.set.push_back(high); }
  int descriptor() const override { return 7; }
  void take_changes() override { ++calls_.taken; }

 private:
  Calls& calls_;
};

TEST(GpioLine, TheKernelIsToldOnlyWhatIsNew) {
  Calls calls;
  GpioLine line(std::make_unique<FakeHandle>(calls));
  EXPECT_TRUE(calls.set.empty()) << "an input until the first write";
  for (const bool high : {true, true, false, false, false, true}) line.write(high);
  EXPECT_THAT(calls.set, testing::ElementsAre(true, false, true));
}

TEST(GpioLine, ReadsAndWaits) {
  Calls calls;
  GpioLine line(std::make_unique<FakeHandle>(calls));
  EXPECT_TRUE(line.read());
  calls.level = false;
  EXPECT_FALSE(line.read());
  EXPECT_EQ(line.descriptor(), 7);
  line.take_changes();
  EXPECT_EQ(calls.taken, 1);
}

TEST(GpioLine, ANameThatIsNoneSaysHowToWriteIt) {
  for (const char* const name : {"17", "gpiochip0", "gpiochip0:", ":17", "gpiochip0:x", "gpiochip0:-1", "chip:12345"}) {
    EXPECT_THAT([&] { GpioLine(name, GpioLine::Use::drive); },
                ThrowsMessage<std::runtime_error>(HasSubstr(": write CHIP:LINE, as in gpiochip0:17")));
  }
}

/// For real, on any machine that has no such chip.
TEST(GpioLine, AChipThatIsNotThereIsAClearError) {
  for (const auto use : {GpioLine::Use::drive, GpioLine::Use::watch}) {
    EXPECT_THAT([&] { GpioLine("nosuchchip:17", use); },
                ThrowsMessage<std::runtime_error>(HasSubstr("GPIO line nosuchchip:17: ")));
  }
}

}  // namespace
}  // namespace tautline::linux_bridge
