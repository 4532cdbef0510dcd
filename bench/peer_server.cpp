#include "peer_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <thread>

namespace bench {
namespace {

pid_t start(int core, const std::vector<std::string>& command, const std::filesystem::path& directory) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const std::string log = (directory / "log").string();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  end_with_parent();
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  if (core == ServerProcess::any_core) {
    use_all_cores();
  } else {
    pin_to(core);
  }
  ::execv(arguments[0], arguments.data());
  std::_Exit(127);
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* const variable = std::getenv("PATH");
  std::istringstream path((variable != nullptr ? std::string(variable) : std::string()) + ":/usr/sbin");
  for (std::string directory; std::getline(path, directory, ':');) {
    const std::filesystem::path file = std::filesystem::path(directory) / name;
    if (!directory.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool known = ::bind(socket, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(socket);
  if (!known) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

PeerServer::PeerServer(int core, const std::vector<std::string>& command, const std::filesystem::path& directory,
                       const std::function<std::uint16_t(pid_t)>& port)
    : child_(start(core, command, directory)) {
  constexpr int max_tries = 1000;
  for (int tries = 0; tries < max_tries && port_ == 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    siginfo_t ended{};  // looked at, not reaped: the pid stays ours
    if (waitid(P_PID, static_cast<id_t>(child_.pid()), &ended, WEXITED | WNOHANG | WNOWAIT) != 0) break;
    if (ended.si_pid != 0) break;
    port_ = port(child_.pid());
  }
  if (port_ == 0) throw std::runtime_error(command[0] + " did not start");
}

}  // namespace bench
