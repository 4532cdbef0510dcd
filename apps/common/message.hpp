#pragma once

#include <string>

namespace tautline::cli {

/// Messages for the person at the terminal go to stderr, one line each; stdout carries nothing but lines of the link.
/// `verbose`: with the time, and the library's debug messages too.
void start_messages(bool verbose);

void say(const std::string& message);

/// "1 line", "2 lines".
std::string lines(std::size_t count);

}  // namespace tautline::cli
