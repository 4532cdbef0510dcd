// The file of a running server meets a full disk, another program's lock and a disk that is read only: for real, on a
// small tmpfs in a mount namespace of the test's own.

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "durable_fixture.hpp"

namespace tautline::test {
namespace {

class DurableDiskTest : public DurableTest {
 protected:
  /// A tmpfs of this size below the directory; empty: done, else why not.
  std::string mount_small_disk(const char* size) {
    // Private: the mount ends with this process and nobody else sees it.
    if (::unshare(CLONE_NEWNS) != 0) return std::string("no mount namespace: ") + std::strerror(errno);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "cannot make mounts private";
    const std::string options = std::string("size=") + size;
    if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
      return std::string("cannot mount a tmpfs: ") + std::strerror(errno);
    }
    mounted_ = true;
    return {};
  }
  ~DurableDiskTest() override {
    server.reset();
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  /// Takes all room that is left.
  void fill_disk() {
    std::ofstream ballast(directory_ / "ballast", std::ios::binary);
    const std::string block(4096, 'x');
    while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())) && ballast.flush()) {
    }
  }
  void expect_problem_and_recovery(const std::function<void()>& fail, const std::string& words,
                                   const std::function<void()>& repair);

  /// The scripted client says that it lives, with every turn of the loop.
  template <typename Condition>
  bool live_until(ScriptedPeer& peer, Condition condition) {
    return pump_until([&] {
      peer.send("A0 0\n");
      return condition();
    });
  }
  bool mounted_ = false;
};

/// Lines are sent while the store fails; when it works again all are acknowledged and delivered, once and in order.
void DurableDiskTest::expect_problem_and_recovery(const std::function<void()>& fail, const std::string& words,
                                                  const std::function<void()>& repair) {
  start(durable());
  auto peer = open("door");
  fail();
  const int lines = 8;
  for (int i = 1; i <= lines; ++i) peer->send("D" + std::to_string(i) + " " + std::string(60, 'x') + "\n");
  ASSERT_TRUE(live_until(*peer, [&] { return !server->store_problem().empty(); }));
  EXPECT_NE(server->store_problem().find(words), std::string::npos) << server->store_problem();
  EXPECT_EQ(peer->collect(50ms).find("A8"), std::string::npos);
  EXPECT_TRUE(connection("door").status()) << "the link stays up";
  repair();
  std::string said;
  ASSERT_TRUE(live_until(*peer, [&] { return (said += peer->collect(1ms)).find("A8 ") != std::string::npos; })) << said;
  EXPECT_EQ(server->store_problem(), "");
  Connection door = connection("door");
  for (int i = 1; i <= lines; ++i) {
    EXPECT_EQ(run(door.readline()), std::string(60, 'x'));
    EXPECT_EQ(door.identity().seq, static_cast<std::uint32_t>(i));
  }
  door.accept();
  restart();
  std::string_view line;
  EXPECT_FALSE(connection("door").try_readline(line)) << "all were consumed";
}

TEST_F(DurableDiskTest, FullDisk) {
  const std::string missing = mount_small_disk("2m");
  if (!missing.empty()) {
    if (std::getenv("TAUTLINE_REQUIRE_NAMESPACES") != nullptr) FAIL() << missing;
    GTEST_SKIP() << missing;
  }
  expect_problem_and_recovery([this] { fill_disk(); }, "full",
                              [this] { std::filesystem::remove(directory_ / "ballast"); });
}

TEST_F(DurableDiskTest, FileLockedByAnotherProgram) {
  sqlite3* other = nullptr;
  const auto execute = [&](const char* sql) {
    EXPECT_EQ(sqlite3_exec(other, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql << ": " << sqlite3_errmsg(other);
  };
  expect_problem_and_recovery(
      [&] {
        ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
        execute("BEGIN IMMEDIATE");
      },
      "locked", [&] { execute("ROLLBACK"); });
  sqlite3_close(other);
}

TEST_F(DurableDiskTest, ReadOnlyDiskIsAClearErrorAtTheStart) {
  const std::string missing = mount_small_disk("2m");
  if (!missing.empty()) {
    if (std::getenv("TAUTLINE_REQUIRE_NAMESPACES") != nullptr) FAIL() << missing;
    GTEST_SKIP() << missing;
  }
  start(durable());
  server.reset();
  ASSERT_EQ(::mount(nullptr, directory_.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0)
      << std::strerror(errno);
  try {
    start(durable());
    ADD_FAILURE() << "a server that can store nothing has started";
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("links.db"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tautline::test
