// A server in a process of its own: stopped with SIGSTOP for longer than the timeout and continued; killed.

#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "scripted_peer.hpp"
#include "tautline/server/server.hpp"

namespace tautline::test {
namespace {

using namespace std::chrono_literals;
constexpr std::uint32_t timeout_ms = 300;

/// A child process that serves "door" and writes each line that its application takes to a pipe.
class ServerProcess {
 public:
  ServerProcess() {
    int pipe_ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(pipe_ends), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(pipe_ends[0]);
      serve(pipe_ends[1]);
    }
    ::close(pipe_ends[1]);
    output_ = ::fdopen(pipe_ends[0], "r");
    port_ = static_cast<std::uint16_t>(std::stoi(line()));
  }
  ~ServerProcess() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    std::fclose(output_);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void signal(int number) const { EXPECT_EQ(::kill(child_, number), 0); }
  std::uint16_t port() const { return port_; }
  /// The next line that the server's application took; empty at the end.
  std::string line() {
    char text[256];
    if (std::fgets(text, sizeof text, output_) == nullptr) return {};
    std::string result(text);
    result.pop_back();
    return result;
  }

 private:
  [[noreturn]] static void serve(int output) {
    asio::io_context io(1);
    ServerOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.timeout_ms = timeout_ms;
    options.expected = {"door"};
    options.log = [](LogLevel, const std::string&) {};
    Server server(io.get_executor(), options);
    const auto say = [&](std::string text) {
      text += "\n";
      if (::write(output, text.data(), text.size()) < 0) ::_exit(1);
    };
    say(std::to_string(server.port()));
    server.on_line([&](const Connection& from, std::string_view line) {
      say(std::string(line));
      Connection door = from;
      door.try_write("got " + std::string(line));
    });
    io.run();
    ::_exit(0);
  }

  pid_t child_ = -1;
  std::FILE* output_ = nullptr;
  std::uint16_t port_ = 0;
};

TEST(ServerProcess, stopped_for_longer_than_the_timeout_and_continued_nothing_is_lost_or_doubled) {
  ServerProcess server;
  auto peer = std::make_unique<ScriptedPeer>(server.port());
  const std::string epoch = peer->open("door");
  peer->send("D1 one\n");
  EXPECT_EQ(server.line(), "one");
  EXPECT_EQ(peer->line_but_status(), "D1 got one");
  peer->send("A1 1\n");

  server.signal(SIGSTOP);
  peer->send("D2 two\nD3 three\n");  // into the socket of a server that sleeps
  EXPECT_EQ(peer->collect(std::chrono::milliseconds(2 * timeout_ms)).find("A3"), std::string::npos);
  // The client hears nothing, gives up and connects anew; TCP accepts, nobody answers.
  peer = std::make_unique<ScriptedPeer>(server.port());
  EXPECT_TRUE(peer->connected());
  peer->send("TL2 door w=8 n=1024 t=2000\n");
  EXPECT_EQ(peer->collect(std::chrono::milliseconds(timeout_ms)), "");
  peer = std::make_unique<ScriptedPeer>(server.port());  // and once more
  peer->send("TL2 door w=8 n=1024 t=2000\n");
  server.signal(SIGCONT);

  const std::string hi = peer->line();
  ASSERT_EQ(hi.substr(0, 3), "HI ") << hi;
  const std::string generation = hi.substr(3, hi.find(' ', 3) - 3);
  peer->send("GO " + generation + " 1 0 " + epoch + "\n");
  const std::string go = peer->line();
  // What waited in the old socket was read, stored and acknowledged - or not; the GO says which.
  const std::string ack = go.substr(go.find(' ', 3) + 1, go.rfind(' ') - go.find(' ', 3) - 1);
  EXPECT_TRUE(ack == "1" || ack == "2" || ack == "3") << go;
  int last = std::stoi(ack);
  const char* const words[] = {"one", "two", "three", "four"};
  while (last < 4) {
    ++last;
    peer->send("D" + std::to_string(last) + " " + words[last - 1] + "\n");
  }
  for (const char* word : {"two", "three", "four"}) EXPECT_EQ(server.line(), word);
  for (int i = 2; i <= 4; ++i) {
    EXPECT_EQ(peer->line_but_status(), "D" + std::to_string(i) + " got " + words[i - 1]);
  }
  peer->send("A4 4\nD5 last\n");
  EXPECT_EQ(server.line(), "last");
}

TEST(ServerProcess, stopped_for_less_than_the_timeout_the_link_stays_up) {
  ServerProcess server;
  ScriptedPeer peer(server.port());
  peer.open("door");
  for (int i = 1; i <= 5; ++i) {
    server.signal(SIGSTOP);
    peer.wait(std::chrono::milliseconds(timeout_ms / 2));
    peer.send("D" + std::to_string(i) + " x\n");
    server.signal(SIGCONT);
    EXPECT_EQ(server.line(), "x");
    EXPECT_EQ(peer.line_but_status(), "D" + std::to_string(i) + " got x");
    peer.send("A" + std::to_string(i) + " " + std::to_string(i) + "\n");
  }
  EXPECT_FALSE(peer.ended());
}

// A server that slept for long reads what is waiting before it judges silence.
TEST(ServerProcess, a_server_that_wakes_up_late_hears_a_client_that_never_stopped_talking) {
  ServerProcess server;
  ScriptedPeer peer(server.port());
  peer.open("door");
  server.signal(SIGSTOP);
  for (int i = 0; i < 10; ++i) {
    peer.wait(std::chrono::milliseconds(timeout_ms / 4));
    peer.send("A0 0\n");
  }
  server.signal(SIGCONT);
  peer.send("D1 still the same connection\n");
  EXPECT_EQ(server.line(), "still the same connection");
  EXPECT_EQ(peer.line_but_status(), "D1 got still the same connection");
}

TEST(ServerProcess, killed_its_sockets_end_at_once) {
  auto server = std::make_unique<ServerProcess>();
  ScriptedPeer peer(server->port());
  peer.open("door");
  server->signal(SIGKILL);
  peer.expect_end(1s);
  EXPECT_EQ(server->line(), "");
}

}  // namespace
}  // namespace tautline::test
