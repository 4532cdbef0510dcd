#pragma once

namespace tautline::cli {

/// What the program's exit status says; `tautline --help` lists them.
enum class ExitStatus : int {
  done = 0,
  failed = 1,  ///< stdin cannot be read, or another error of the system
  usage = 2,
  cannot_listen = 3,
  bad_input = 4,       ///< a line of the input was too long or malformed and was skipped
  unknown_client = 5,  ///< a line of the input was for a client that is not expected, and was skipped
  unacknowledged = 6,  ///< ended before everything was acknowledged or printed
  output_closed = 7,   ///< stdout takes no more
  unreachable = 8,     ///< --give-up: nobody answers at that address and port
  unresolved = 9,      ///< --give-up: the host name has no address
  refused = 10,        ///< --give-up: the server refuses this client, or is none
  interrupted = 130,   ///< SIGINT
};

}  // namespace tautline::cli
