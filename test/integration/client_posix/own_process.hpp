#pragma once

#include <string>

namespace tautline::test {

/// What became of a child.
struct Ended {
  std::string said;  ///< what the script returned: empty, or what went wrong
  int status = -1;   ///< exit status, or 1000 + the signal that ended it
};

/// Runs `script` in a child process, which may change its network, filter its system calls or die.
Ended in_own_process(std::string (*script)(const std::string& argument), const std::string& argument = {});

/// Runs `script` in a child process with a network namespace of its own. What it returns is what went wrong.
/// `why_not`: why no namespace can be made here; the script did not run then.
Ended in_own_network(std::string (*script)(const std::string& argument), std::string& why_not);

/// A test that needs a namespace ends with this if there is none. CI does not let it pass then.
void skip_or_fail(const std::string& why_not);

}  // namespace tautline::test
