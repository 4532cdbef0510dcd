#include "message.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tautline::cli {

void start_messages(const std::string& program, bool verbose) {
  spdlog::set_default_logger(spdlog::stderr_logger_st(program));
  spdlog::set_pattern(verbose ? "%H:%M:%S.%e %n: %v" : "%n: %v");
  spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
}

void say(const std::string& message) {
  spdlog::info(message);
}

std::string lines(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " line" : " lines");
}

}  // namespace tautline::cli
