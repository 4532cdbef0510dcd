// script/demo NAME: each demo ends by itself, and its counts are as promised.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo_run.hpp"

namespace tautline::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Demos, AreListed) {
  const Outcome list = run(std::string(TAUTLINE_SOURCE_DIR) + "/script/demo --list");
  EXPECT_EQ(list.status, 0);
  for (const char* const name : {"main_demo", "remote_control", "qos", "qos_fast", "local_log", "relay", "bridge"}) {
    EXPECT_THAT(list.output, HasSubstr(std::string(name) + ' '));
    const Outcome help = run(std::string(TAUTLINE_SOURCE_DIR) + "/script/demo " + name + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, HasSubstr("script/demo"));
  }
}

TEST(Demos, WrongArgumentsAreRefused) {
  EXPECT_EQ(run(demo_command("no_such_demo")).status, 2);
  for (const char* const name : {"", "remote_control", "qos", "qos_fast", "local_log", "relay"}) {
    const Outcome outcome = run(demo_command(std::string(name) + " --no-such-option"));
    EXPECT_EQ(outcome.status, 2) << name;
    EXPECT_THAT(outcome.output, HasSubstr("--no-such-option"));
  }
}

TEST(RemoteControl, EachPressSwitchesTheLed) {
  const Outcome demo = run(demo_command("remote_control"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "presses=20 led_changes=20 answers=20 lost=0 (allowed: without qos)");
}

TEST(Qos, NothingIsMissedDuplicatedOrOutOfOrder) {
  const Outcome demo = run(demo_command("qos"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total missed=0 duplicated=0 out_of_order=0 reboots=0");
  EXPECT_THAT(demo.output, AllOf(HasSubstr("--- seed "), HasSubstr("Link is down: closing"), HasSubstr("starts=2")));
}

TEST(Qos, RebootsDeliverNothingTwiceToTheServer) {
  const Outcome demo = run(demo_command("qos --reboots"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total missed=0 duplicated=0 out_of_order=0 reboots=2");
}

TEST(QosFast, EachWriterKeepsItsOrder) {
  const Outcome demo = run(demo_command("qos_fast"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total sent=6400 received=6400 missed=0 duplicated=0 out_of_order=0");
}

TEST(LocalLog, SurvivesARestart) {
  const Outcome demo = run(demo_command("local_log"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total missed=0 twice=0 files_out_of_order=0");
  for (const char* const node : {"kitchen", "garden", "cellar"}) {
    EXPECT_THAT(demo.output, HasSubstr(std::string(node) + ": sent=150 logged=150 files=4"));
  }
}

TEST(Relay, EachPairTalks) {
  const Outcome demo = run(demo_command("relay"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total pairs=6 wrong=0 errors_answered=3");
}

TEST(RemoteControl, AGpioLineThatIsNotThereIsAnError) {
  const Outcome no_line = run(program("remote_control_tx") + " --gpio no_such_chip:1");
  EXPECT_EQ(no_line.status, 3);
#ifdef TAUTLINE_GPIOD
  EXPECT_THAT(no_line.output, HasSubstr("cannot open the GPIO chip no_such_chip: "));
  EXPECT_THAT(run(program("remote_control_tx") + " --gpio 17").output, HasSubstr("use CHIP:LINE"));
#else
  EXPECT_THAT(no_line.output, HasSubstr("libgpiod-dev"));
#endif
}

TEST(RemoteControl, WithoutATerminalTheKeyIsAnError) {
  const Outcome outcome = run("setsid --wait " + program("remote_control_tx") + " </dev/null");
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.output, HasSubstr("no terminal for the switch"));
}

}  // namespace
}  // namespace tautline::test
