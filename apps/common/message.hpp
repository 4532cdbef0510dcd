#pragma once

#include <string>

namespace tautline::cli {

/// Messages for the person at the terminal go to stderr, one line each, after the name of the program; stdout carries
/// nothing but lines of the link. `verbose`: with the time, and details of libraries too.
void start_messages(const std::string& program, bool verbose);

void say(const std::string& message);

/// "1 line", "2 lines".
std::string lines(std::size_t count);

}  // namespace tautline::cli
