#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tautline::test {

/// A network namespace. It has no name, so nothing is left behind: it ends with its last process and descriptor.
class Namespace {
 public:
  Namespace() = default;
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  /// Empty, or why there is none.
  std::string make();
  /// Runs a command in it to its end. Empty, or what it said on its way to failing.
  std::string run(const std::vector<std::string>& command) const;
  int descriptor() const { return descriptor_; }
  /// How `ip` calls it.
  std::string path() const;

 private:
  int descriptor_ = -1;
};

/// A server's and a client's namespace, joined by a veth pair: `wire` in both.
class Network {
 public:
  static constexpr const char* hub_address = "192.0.2.1";
  static constexpr const char* other_hub_address = "192.0.2.3";
  static constexpr const char* node_address = "192.0.2.2";

  /// Empty, or what this machine does not have or allow.
  std::string make();

  Namespace hub, node;
};

/// A program in a namespace. Killed with the object.
class Process {
 public:
  /// `hosts`: a file that this process sees as /etc/hosts; empty: the system's.
  Process(const Namespace& in, const std::vector<std::string>& command, const std::string& hosts = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  /// The exit status, or 1000 + the signal that ended it; -1: it still runs after the time.
  int wait(int limit_ms);

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

}  // namespace tautline::test
