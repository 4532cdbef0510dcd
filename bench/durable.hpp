#pragma once

#include <filesystem>

/// Lines that are durable before they are acknowledged, beside what the disk does by itself and beside JetStream.
namespace bench {

struct DurableOptions {
  std::filesystem::path below;  ///< where the files are made, and removed
  int rounds = 5;
  double seconds = 1.5;
};

void run_durable(const DurableOptions& options);

}  // namespace bench
