#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "process.hpp"

/// Servers of other projects, as Debian packages them: started by us, ended by their process id.
namespace bench {

/// Where a program is: in PATH or /usr/sbin. Nothing: it is not installed.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// A TCP port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

/// A running server; what it prints goes to `directory`/log. Ends with the object.
class PeerServer {
 public:
  /// `port` is asked until it names the port on which the server listens. Throws std::runtime_error if that takes more
  /// than five seconds, or the server ends.
  PeerServer(int core, const std::vector<std::string>& command, const std::filesystem::path& directory,
             const std::function<std::uint16_t(pid_t)>& port);

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_.pid(); }

 private:
  ChildProcess child_;
  std::uint16_t port_ = 0;
};

}  // namespace bench
