#include "network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

namespace tautline::test {
namespace {

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// In a child: becomes the command.
[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::dprintf(2, "cannot run %s: %s\n", argv[0], std::strerror(errno));
  ::_exit(127);
}

/// In a child: from now on /etc/hosts is that file, for this process only.
bool see_hosts(const std::string& file) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount(file.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) == 0;
}

}  // namespace

// ---- Namespace ------------------------------------------------------------------------------------

Namespace::~Namespace() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string Namespace::make() {
  // A child makes it, the descriptor keeps it: this process stays where it is.
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int error = ::unshare(CLONE_NEWNET) == 0 ? 0 : errno;
    if (::write(ends[1], &error, sizeof error) == sizeof error) ::pause();
    ::_exit(1);
  }
  int error = EPIPE;
  if (::read(ends[0], &error, sizeof error) != sizeof error) error = EPIPE;
  if (error == 0) {
    descriptor_ = ::open(("/proc/" + std::to_string(child) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) error = errno;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return error == 0 ? "" : std::string("no network namespaces: ") + std::strerror(error);
}

std::string Namespace::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
}

std::string Namespace::run(const std::vector<std::string>& command) const {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    if (::setns(descriptor_, CLONE_NEWNET) != 0) ::_exit(126);
    become(command);
  }
  ::close(ends[1]);
  std::string said;
  char bytes[1024];
  ssize_t count = 0;
  while ((count = ::read(ends[0], bytes, sizeof bytes)) > 0) said.append(bytes, static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (exit_status(status) == 0) return {};
  std::string whole;
  for (const std::string& word : command) whole += word + " ";
  return whole + "failed (" + std::to_string(exit_status(status)) + "): " + said;
}

// ---- Network --------------------------------------------------------------------------------------

std::string Network::make() {
  for (Namespace* const space : {&hub, &node}) {
    if (std::string error = space->make(); !error.empty()) return error;
  }
  const std::string hub_net = std::string(hub_address) + "/24";
  const std::string node_net = std::string(node_address) + "/24";
  const struct {
    const Namespace& in;
    std::vector<std::string> command;
  } steps[] = {
      {hub, {"ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", node.path()}},
      {hub, {"ip", "address", "add", hub_net, "dev", "wire"}},
      {hub, {"ip", "link", "set", "wire", "up"}},
      {hub, {"ip", "link", "set", "lo", "up"}},
      {node, {"ip", "address", "add", node_net, "dev", "wire"}},
      {node, {"ip", "link", "set", "wire", "up"}},
      {node, {"ip", "link", "set", "lo", "up"}},
  };
  for (const auto& step : steps) {
    if (std::string error = step.in.run(step.command); !error.empty()) return error;
  }
  return {};
}

// ---- Process --------------------------------------------------------------------------------------

Process::Process(const Namespace& in, const std::vector<std::string>& command, const std::string& hosts) {
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::setns(in.descriptor(), CLONE_NEWNET) != 0 || (!hosts.empty() && !see_hosts(hosts))) {
    ::dprintf(2, "cannot enter the namespaces: %s\n", std::strerror(errno));
    ::_exit(126);
  }
  become(command);
}

Process::~Process() {
  if (pid_ <= 0 || status_ != -1) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const {
  if (pid_ > 0 && status_ == -1) ::kill(pid_, number);
}

int Process::wait(int limit_ms) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  int status = 0;
  while (status_ == -1) {
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = exit_status(status);
    } else if (std::chrono::steady_clock::now() >= limit) {
      break;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return status_;
}

}  // namespace tautline::test
