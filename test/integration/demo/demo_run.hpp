#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace tautline::test {

struct Outcome {
  int status = -1;     ///< exit status; -1: it was killed
  std::string output;  ///< stdout and stderr
  std::string last_line() const {
    const std::size_t end = output.find_last_not_of('\n');
    const std::size_t begin = output.rfind('\n', end);
    return output.substr(begin + 1, end - begin);
  }
};

inline Outcome run(const std::string& command) {
  Outcome result;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  char bytes[4096];
  for (std::size_t count = 0; (count = std::fread(bytes, 1, sizeof bytes, pipe)) != 0;) {
    result.output.append(bytes, count);
  }
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

inline std::string program(const std::string& name) {
  return std::string(TAUTLINE_PROGRAM_DIR) + "/" + name;
}

/// The command that runs a demo with the programs of this build. One that hangs is told to end, which takes its
/// programs along.
inline std::string demo_command(const std::string& arguments) {
  return std::string("timeout --kill-after=15 100 ") + TAUTLINE_SOURCE_DIR + "/script/demo " + arguments +
         " --build-dir '" + TAUTLINE_PROGRAM_DIR + "/..'";
}

}  // namespace tautline::test
