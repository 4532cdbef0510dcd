#include "own_process.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

namespace tautline::test {
namespace {

constexpr const char* no_namespace = "no network namespace: ";

std::string (*own_network_script)(const std::string&) = nullptr;

std::string unshare_and_run(const std::string& argument) {
  if (::unshare(CLONE_NEWNET) != 0) return no_namespace + std::string(std::strerror(errno));
  return own_network_script(argument);
}

}  // namespace

Ended in_own_process(std::string (*script)(const std::string& argument), const std::string& argument) {
  int ends[2];
  if (::pipe(ends) != 0) return {"no pipe", -1};
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string said = script(argument);
    const bool written = ::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  Ended ended;
  char bytes[1024];
  ssize_t count = 0;
  while ((count = ::read(ends[0], bytes, sizeof bytes)) > 0) ended.said.append(bytes, static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return ended;
}

Ended in_own_network(std::string (*script)(const std::string& argument), std::string& why_not) {
  own_network_script = script;
  Ended ended = in_own_process(unshare_and_run);
  if (ended.said.rfind(no_namespace, 0) == 0) why_not = ended.said;
  return ended;
}

void skip_or_fail(const std::string& why_not) {
  if (std::getenv("TAUTLINE_REQUIRE_NAMESPACES") != nullptr) FAIL() << why_not;
  GTEST_SKIP() << why_not;
}

}  // namespace tautline::test
