#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace tautline::test {
namespace {

using Clock = std::chrono::steady_clock;

void make_pipe(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
}

/// Appends what is there; false at the end.
bool append(int descriptor, std::string& text) {
  char bytes[65536];
  const ssize_t count = ::read(descriptor, bytes, sizeof bytes);
  if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::string& input_file, const std::string& name) {
  static const bool ignored = ::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  (void)ignored;
  int in[2], out[2], err[2];
  make_pipe(in);
  make_pipe(out);
  make_pipe(err);
  const std::string path = std::string(TAUTLINE_PROGRAM_DIR) + "/" + name;
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    const int input = input_file.empty() ? in[0] : ::open(input_file.c_str(), O_RDONLY);
    ::dup2(input, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::signal(SIGPIPE, SIG_DFL);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  input_ = in[1];
  output_pipe_ = out[0];
  error_pipe_ = err[0];
  ::fcntl(input_, F_SETFL, O_NONBLOCK);
}

Program::~Program() {
  if (status_ == -1) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const int descriptor : {input_, output_pipe_, error_pipe_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

std::size_t Program::send_some(const std::string& text) {
  const ssize_t count = ::write(input_, text.data(), text.size());
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Program::send(const std::string& text) {
  std::size_t sent = 0;
  until([&] {
    sent += send_some(text.substr(sent));
    return sent == text.size();
  });
  if (sent != text.size()) throw std::runtime_error("the program does not read its input");
}

void Program::end_input() {
  ::close(input_);
  input_ = -1;
}

void Program::close_output() {
  ::close(output_pipe_);
  output_pipe_ = -1;
}

void Program::signal(int number) const {
  ::kill(pid_, number);
}

void Program::read(int limit_ms) {
  pollfd waiting[2] = {{output_left_ ? -1 : output_pipe_, POLLIN, 0}, {error_pipe_, POLLIN, 0}};
  if (::poll(waiting, 2, limit_ms) <= 0) return;
  if (waiting[0].revents != 0 && !append(output_pipe_, output_)) close_output();
  if (waiting[1].revents != 0 && !append(error_pipe_, errors_)) {
    ::close(error_pipe_);
    error_pipe_ = -1;
  }
}

bool Program::until(const std::function<bool()>& condition, int limit_ms) {
  const auto limit = Clock::now() + std::chrono::milliseconds(limit_ms);
  while (!condition()) {
    if (Clock::now() >= limit) return false;
    read(5);
  }
  return true;
}

bool Program::until_output(const std::string& expected, int limit_ms) {
  return until([&] { return output_ == expected; }, limit_ms);
}

bool Program::until_errors(const std::string& part, int limit_ms) {
  return until([&] { return errors_.find(part) != std::string::npos; }, limit_ms);
}

bool Program::until_input_read(int limit_ms) {
  return until(
      [&] {
        int waiting = 0;
        return ::ioctl(input_, FIONREAD, &waiting) == 0 && waiting == 0;
      },
      limit_ms);
}

bool Program::ended() {
  int status = 0;
  if (status_ == -1 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  return status_ != -1;
}

int Program::wait(int limit_ms) {
  until([&] { return ended(); }, limit_ms);
  while (status_ != -1 && ((output_pipe_ >= 0 && !output_left_) || error_pipe_ >= 0)) read(-1);
  return status_;
}

void Program::run_for(int ms) {
  read(0);
  until([] { return false; }, ms);
}

std::string Program::port() {
  const std::string before = "listening on ";
  until([&] {
    const std::size_t at = errors_.find(before);
    return at != std::string::npos && errors_.find('\n', at) != std::string::npos;
  });
  const std::size_t at = errors_.find(before);
  if (at == std::string::npos) throw std::runtime_error("serve does not listen: " + errors_);
  const std::size_t end = errors_.find('\n', at);
  const std::size_t colon = errors_.rfind(':', end);
  return errors_.substr(colon + 1, end - colon - 1);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

}  // namespace tautline::test
