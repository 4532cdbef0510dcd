// The disk below the simulated VFS: what survives, and what may not.

#include "vfs/sim_disk.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace tautline::sim {
namespace {

std::shared_ptr<SimFile> open(SimDisk& disk, const std::string& name) {
  DiskResult result = DiskResult::ok;
  return disk.open(name, true, result);
}

DiskResult write(SimDisk& disk, SimFile& file, const std::string& text, std::uint64_t offset = 0) {
  return disk.write(disk.life(), file, text.data(), text.size(), offset);
}

std::string content(SimDisk& disk, const std::string& name) {
  DiskResult result = DiskResult::ok;
  const auto file = disk.open(name, false, result);
  if (!file) return "(missing)";
  std::string text(file->size(), '\0');
  file->read(text.data(), text.size(), 0);
  return text;
}

constexpr std::size_t sector = SimFile::sector_bytes;

TEST(SimDisk, WhatWasSyncedSurvivesAPowerFailure) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimDisk disk(seed);
    const auto file = open(disk, "/a");
    write(disk, *file, std::string(3 * sector, 'x'));
    ASSERT_EQ(disk.sync(disk.life(), *file, true), DiskResult::ok);
    disk.power_cycle();
    ASSERT_EQ(content(disk, "/a"), std::string(3 * sector, 'x')) << "seed " << seed;
  }
}

TEST(SimDisk, UnsyncedSectorsSurviveInAnyCombination) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SimDisk disk(seed);
    const auto file = open(disk, "/a");
    write(disk, *file, std::string(3 * sector, '0'));
    disk.sync(disk.life(), *file, true);
    write(disk, *file, std::string(3 * sector, '1'));
    write(disk, *file, std::string(sector, '2'), sector);
    disk.power_cycle();
    const std::string found = content(disk, "/a");
    ASSERT_EQ(found.size(), 3 * sector);
    seen.insert({found[0], found[sector], found[2 * sector]});
  }
  // The middle sector had three contents, the others two.
  EXPECT_EQ(seen.size(), 12U);
}

TEST(SimDisk, NamesSurviveOnlyWithTheDirectory) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimDisk disk(seed);
    const auto file = open(disk, "/a");
    write(disk, *file, "x");
    disk.sync(disk.life(), *file, false);
    disk.power_cycle();
    seen.insert(content(disk, "/a"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"(missing)", "x"}));
}

TEST(SimDisk, ARemovedFileMayComeBack) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimDisk disk(seed);
    const auto file = open(disk, "/a");
    write(disk, *file, "x");
    disk.sync(disk.life(), *file, true);
    disk.remove("/a", false);
    ASSERT_EQ(content(disk, "/a"), "(missing)");
    disk.power_cycle();
    seen.insert(content(disk, "/a"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"(missing)", "x"}));
}

TEST(SimDisk, ALyingSyncMakesNothingDurable) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimDisk disk(seed);
    const auto file = open(disk, "/a");
    write(disk, *file, "old");
    disk.sync(disk.life(), *file, true);
    disk.set_faults({.sync = SyncFault::lie});
    write(disk, *file, "new");
    ASSERT_EQ(disk.sync(disk.life(), *file, true), DiskResult::ok);
    disk.power_cycle();
    seen.insert(content(disk, "/a"));
  }
  EXPECT_TRUE(seen.count("old") == 1 && seen.count("new") == 1);
}

/// "fsyncgate": a later sync that succeeds says nothing about what the failed one had to write.
TEST(SimDisk, AFailedSyncIsNotMadeGoodByTheNext) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimDisk disk(seed);
    const auto file = open(disk, "/a");
    write(disk, *file, "old");
    disk.sync(disk.life(), *file, true);
    write(disk, *file, "new");
    disk.set_faults({.sync = SyncFault::fail});
    ASSERT_EQ(disk.sync(disk.life(), *file, true), DiskResult::failed);
    disk.set_faults({});
    ASSERT_EQ(disk.sync(disk.life(), *file, true), DiskResult::ok);
    ASSERT_EQ(content(disk, "/a"), "new");
    disk.power_cycle();
    seen.insert(content(disk, "/a"));
  }
  EXPECT_TRUE(seen.count("old") == 1 && seen.count("new") == 1);
}

TEST(SimDisk, AFullDiskCutsAWriteShort) {
  SimDisk disk(1);
  const auto file = open(disk, "/a");
  disk.set_faults({.capacity = 10});
  EXPECT_EQ(write(disk, *file, "12345678"), DiskResult::ok);
  EXPECT_EQ(write(disk, *file, "abcdefgh", 4), DiskResult::full);
  EXPECT_EQ(content(disk, "/a"), "1234abcdef");
  EXPECT_EQ(write(disk, *file, "over", 0), DiskResult::ok);
  disk.set_faults({});
  EXPECT_EQ(write(disk, *file, "room again", 10), DiskResult::ok);
}

TEST(SimDisk, AReadOnlyDiskTakesNothing) {
  SimDisk disk(1);
  const auto file = open(disk, "/a");
  write(disk, *file, "x");
  disk.set_faults({.read_only = true});
  EXPECT_EQ(write(disk, *file, "y"), DiskResult::read_only);
  EXPECT_EQ(disk.truncate(disk.life(), *file, 0), DiskResult::read_only);
  EXPECT_EQ(disk.remove("/a", false), DiskResult::read_only);
  EXPECT_EQ(open(disk, "/b"), nullptr);
  EXPECT_EQ(content(disk, "/a"), "x");
}

TEST(SimDisk, ThePowerFailsInTheMiddleOfAnOperation) {
  SimDisk disk(1);
  const auto file = open(disk, "/a");
  const std::uint64_t before = disk.operations();
  disk.cut_power_after(1);
  EXPECT_EQ(write(disk, *file, "1"), DiskResult::ok);
  EXPECT_EQ(write(disk, *file, "2"), DiskResult::failed);
  EXPECT_FALSE(disk.has_power());
  EXPECT_EQ(disk.sync(disk.life(), *file, true), DiskResult::failed);
  EXPECT_EQ(disk.operations(), before + 2);
  const std::uint64_t life = disk.life();
  disk.power_cycle();
  EXPECT_TRUE(disk.has_power());
  EXPECT_EQ(disk.write(life, *file, "3", 1, 0), DiskResult::failed) << "a handle of before is dead";
}

TEST(SimDisk, AKillLosesNothing) {
  SimDisk disk(1);
  const auto file = open(disk, "/a");
  write(disk, *file, "not synced");
  const std::uint64_t life = disk.life();
  disk.kill_processes();
  EXPECT_EQ(content(disk, "/a"), "not synced");
  EXPECT_EQ(disk.write(life, *file, "x", 1, 0), DiskResult::failed);
}

}  // namespace
}  // namespace tautline::sim
