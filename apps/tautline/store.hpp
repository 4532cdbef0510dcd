#pragma once

#include <functional>
#include <string>

#include "exit_status.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace tautline::cli {

/// `tautline store FILE ...`: what an operator does with a server's store, also while the server runs.
class StoreCommand {
 public:
  /// Adds itself to the program's commands; `app` must live as long.
  explicit StoreCommand(CLI::App& app);
  StoreCommand(const StoreCommand&) = delete;
  StoreCommand& operator=(const StoreCommand&) = delete;

  /// Was it on the command line?
  bool parsed() const;
  /// Throws StoreError.
  ExitStatus run() const;

 private:
  CLI::App* command_;
  std::string file_;
  std::string id_;
  std::function<ExitStatus()> action_;
};

}  // namespace tautline::cli
