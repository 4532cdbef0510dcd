#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace tautline::test {

/// A process of the `tautline` program, or another of the build's programs, with its three standard descriptors. Killed
/// with the object.
class Program {
 public:
  /// `input_file`: what stdin is; empty: a pipe that send() writes to.
  explicit Program(const std::vector<std::string>& arguments, const std::string& input_file = {},
                   const std::string& name = "tautline");
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits while the pipe is full, and reads stdout meanwhile unless told to leave it.
  void send(const std::string& text);
  void end_input();
  /// What stdin takes without waiting.
  std::size_t send_some(const std::string& text);
  void signal(int number) const;

  /// All that came on stdout and stderr. With leave_output() stdout is not read until read_output().
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }
  void leave_output() { output_left_ = true; }
  void read_output() { output_left_ = false; }
  void close_output();

  /// Reads until the condition holds; false: it did not within the time.
  bool until(const std::function<bool()>& condition, int limit_ms = 10'000);
  bool until_output(const std::string& expected, int limit_ms = 10'000);
  bool until_errors(const std::string& part, int limit_ms = 10'000);
  /// Until the program has read all that was sent to it. (It acts on what it has read before it looks for signals.)
  bool until_input_read(int limit_ms = 10'000);
  /// The exit status, or 1000 + the signal that ended it; -1: it still runs after the time.
  int wait(int limit_ms = 10'000);
  /// Reads for that long.
  void run_for(int ms);

  /// From `listening on ADDRESS:PORT`.
  std::string port();

 private:
  void read(int limit_ms);
  bool ended();

  pid_t pid_ = -1;
  int input_ = -1, output_pipe_ = -1, error_pipe_ = -1;
  int status_ = -1;
  bool output_left_ = false;
  std::string output_, errors_;
};

std::vector<std::string> lines_of(const std::string& text);
std::size_t count_of(const std::string& text, const std::string& part);

}  // namespace tautline::test
