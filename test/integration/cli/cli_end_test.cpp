// How `tautline` ends: exit statuses, signals, and what it says.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace tautline::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A port of this machine; nobody accepts there, or a program of another kind does.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  void listen() const { ::listen(socket_, 8); }
  void say_once(const std::string& text) const {
    const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_EQ(::send(connection, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    char bytes[256];
    while (::recv(connection, bytes, sizeof bytes, 0) > 0) {
    }
    ::close(connection);
  }
  std::string port() const { return std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

std::vector<std::string> serve_on(const std::string& port, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"serve", "--address", "127.0.0.1", "--port", port, "--timeout", "300"};
  arguments.insert(arguments.end(), {"--expect", "1,2"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> connect_to(const std::string& port, const std::vector<std::string>& more = {},
                                    const std::string& host = "127.0.0.1") {
  std::vector<std::string> arguments{"connect", "--id", "1", "--server", host, "--port", port, "--timeout", "300"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

int status_of(const std::vector<std::string>& arguments) {
  return Program(arguments, "/dev/null").wait();
}

TEST(CliEnd, WrongOptions) {
  EXPECT_EQ(status_of({}), 2);
  EXPECT_EQ(status_of({"listen"}), 2);
  EXPECT_EQ(status_of({"serve"}), 2);
  EXPECT_EQ(status_of({"serve", "--expect", "a b"}), 2);
  EXPECT_EQ(status_of({"serve", "--expect", "TL2"}), 2);
  EXPECT_EQ(status_of({"serve", "--expect", "1", "--port", "70000"}), 2);
  EXPECT_EQ(status_of({"serve", "--expect", "1", "--address", "here"}), 2);
  EXPECT_EQ(status_of({"connect", "--id", "1"}), 2);
  EXPECT_EQ(status_of({"connect", "--id", "1", "--server", "x", "--qos", "2"}), 2);
  EXPECT_EQ(status_of({"connect", "--id", "1", "--server", "x", "--max-line", "8"}), 2);
}

TEST(CliEnd, HelpListsExamplesAndExitStatuses) {
  for (const char* const command : {"serve", "connect"}) {
    Program help({command, "--help"});
    EXPECT_EQ(help.wait(), 0);
    EXPECT_THAT(help.output(), HasSubstr("Examples:\n  tautline " + std::string(command)));
    EXPECT_THAT(help.output(), HasSubstr("130  interrupted"));
  }
}

TEST(CliEnd, BusyPortAndForeignAddress) {
  Listener other;
  other.listen();
  Program busy(serve_on(other.port()));
  EXPECT_EQ(busy.wait(), 3);
  EXPECT_THAT(busy.errors(), HasSubstr("cannot listen on 127.0.0.1:" + other.port()));
  EXPECT_THAT(busy.errors(), HasSubstr("another program listens there"));
  EXPECT_EQ(count_of(busy.errors(), "\n"), 1U) << busy.errors();

  Program foreign({"serve", "--address", "192.0.2.1", "--expect", "1"});
  EXPECT_EQ(foreign.wait(), 3);
  EXPECT_THAT(foreign.errors(), HasSubstr("this machine has no such address"));
}

TEST(CliEnd, UnresolvableHost) {
  Program client(connect_to("8123", {"--give-up"}, "no-such-host.invalid"));
  EXPECT_EQ(client.wait(15'000), 9);
  EXPECT_THAT(client.errors(), HasSubstr("no-such-host.invalid:8123: the host name has no address: check --server"));
}

TEST(CliEnd, NobodyAnswersAtThePort) {
  const Listener nobody;
  Program client(connect_to(nobody.port(), {"--give-up"}));
  EXPECT_EQ(client.wait(), 8);
  EXPECT_THAT(client.errors(), HasSubstr("nobody answers there"));

  Program patient(connect_to(nobody.port()));
  EXPECT_TRUE(patient.until_errors("nobody answers there"));
  patient.run_for(700);
  EXPECT_EQ(count_of(patient.errors(), "nobody answers"), 1U) << "told once: " << patient.errors();
}

TEST(CliEnd, AnotherKindOfServerAtThePort) {
  Listener other;
  other.listen();
  Program client(connect_to(other.port(), {"--give-up"}));
  other.say_once("SSH-2.0-Something\r\n");
  EXPECT_EQ(client.wait(), 10);
  EXPECT_THAT(client.errors(), HasSubstr("it does not speak protocol 2: is --port right?"));
}

TEST(CliEnd, AnIdThatIsNotExpected) {
  Program server(serve_on("0"));
  const std::vector<std::string> arguments{"connect", "--id", "3", "--server", "127.0.0.1", "--port", server.port()};
  Program patient(arguments);
  EXPECT_TRUE(patient.until_errors("the server does not expect the id '3': add it to its --expect"));
  std::vector<std::string> impatient_arguments = arguments;
  impatient_arguments.emplace_back("--give-up");
  Program impatient(impatient_arguments);
  EXPECT_EQ(impatient.wait(), 10);
  EXPECT_TRUE(server.until_errors("'3'")) << "the server's log tells, too";
}

TEST(CliEnd, InterruptedConnectTellsWhatWasNotAcknowledged) {
  const Listener nobody;
  Program client(connect_to(nobody.port(), {"--no-wait"}));
  client.send("one\ntwo\nthree\n");
  EXPECT_TRUE(client.until_errors("nobody answers there"));
  EXPECT_TRUE(client.until_input_read());
  client.signal(SIGINT);
  EXPECT_EQ(client.wait(), 130);
  EXPECT_THAT(client.errors(), HasSubstr("interrupted: 3 lines of the input not acknowledged (from line 1 to 3)"));

  Program waiting(connect_to(nobody.port()));
  waiting.send("one\ntwo\nthree\n");
  EXPECT_TRUE(waiting.until_errors("nobody answers there"));
  EXPECT_TRUE(waiting.until_input_read());
  waiting.signal(SIGINT);
  EXPECT_EQ(waiting.wait(), 130);
  EXPECT_THAT(waiting.errors(),
              HasSubstr("1 line of the input not acknowledged (line 1), lines behind that were not sent"));
}

TEST(CliEnd, TerminatedConnectWaitsForAcknowledgements) {
  Program server(serve_on("0"));
  Program client(connect_to(server.port(), {"--linger"}));
  client.send("one\n");
  EXPECT_TRUE(server.until_output("1\tone\n"));
  client.signal(SIGTERM);
  EXPECT_EQ(client.wait(), 0);

  const Listener nobody;
  Program lonely(connect_to(nobody.port()));
  lonely.send("one\n");
  EXPECT_TRUE(lonely.until_errors("nobody answers there"));
  lonely.signal(SIGTERM);
  EXPECT_EQ(lonely.wait(), 6);
  EXPECT_THAT(lonely.errors(), HasSubstr("stopped: 1 line of the input not acknowledged (line 1)"));
}

TEST(CliEnd, InterruptedServeTellsWhatWasNotAcknowledged) {
  for (const bool no_wait : {false, true}) {
    Program server(serve_on("0", no_wait ? std::vector<std::string>{"--no-wait"} : std::vector<std::string>{}));
    server.send("1\tone\n2\tone\n2\ttwo\n");
    Program client(connect_to(server.port()));
    EXPECT_TRUE(client.until_output("one\n"));
    client.run_for(50);
    server.signal(SIGINT);
    EXPECT_EQ(server.wait(), 130);
    EXPECT_THAT(server.errors(), HasSubstr("client '2': 2 lines not acknowledged"));
    EXPECT_THAT(server.errors(), Not(HasSubstr("client '1': 1 line not")));
  }
}

TEST(CliEnd, TerminatedServeStopsInOrder) {
  Program server(serve_on("0"));
  Program client(connect_to(server.port()));
  client.send("one\n");
  server.send("1\ttwo\n");
  EXPECT_TRUE(server.until_output("1\tone\n"));
  EXPECT_TRUE(client.until_output("two\n"));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_TRUE(client.until_errors("the server stopped; trying on"));

  Program left(serve_on("0"));
  left.port();
  left.send("1\tone\n2\ttwo\n");
  left.run_for(100);
  left.signal(SIGTERM);
  EXPECT_EQ(left.wait(), 6);
  EXPECT_THAT(left.errors(), HasSubstr("client '1': 1 line not acknowledged"));
  EXPECT_THAT(left.errors(), HasSubstr("client '2': 1 line not acknowledged"));
}

TEST(CliEnd, OnceWaitsForClientsThatAreAway) {
  Program server(serve_on("0", {"--once"}));
  const std::string port = server.port();
  server.send("1\tone\n2\ttwo\n");
  server.end_input();
  Program one(connect_to(port, {"--linger"}));
  EXPECT_TRUE(one.until_output("one\n"));
  server.run_for(500);
  EXPECT_THAT(server.errors(), Not(HasSubstr("not acknowledged")));
  Program two({"connect", "--id", "2", "--server", "127.0.0.1", "--port", port, "--linger"});
  EXPECT_TRUE(two.until_output("two\n"));
  EXPECT_EQ(server.wait(), 0);
}

TEST(CliEnd, ClosedOutput) {
  Program server(serve_on("0"));
  Program client(connect_to(server.port()));
  EXPECT_TRUE(client.until_errors("connected"));
  client.close_output();
  EXPECT_EQ(client.wait(), 7);
  EXPECT_THAT(client.errors(), HasSubstr("stdout: Broken pipe"));

  Program again(connect_to(server.port()));
  EXPECT_TRUE(again.until_errors("connected"));
  server.close_output();
  again.send("nobody prints this\n");
  EXPECT_EQ(server.wait(), 7);
  EXPECT_THAT(server.errors(), HasSubstr("stdout: Broken pipe"));
  EXPECT_THAT(server.errors(), HasSubstr("received and not printed: 1 line"));
}

TEST(CliEnd, UnreadableInput) {
  Program server(serve_on("0"));
  Program client(connect_to(server.port()), "/");
  EXPECT_EQ(client.wait(), 1);
  EXPECT_THAT(client.errors(), HasSubstr("cannot read stdin: Is a directory"));
}

}  // namespace
}  // namespace tautline::test
