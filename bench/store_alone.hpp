#pragma once

#include <filesystem>

#include "load.hpp"

namespace bench {

/// A SqliteStore without a server: each commit appends `lines` of 32 bytes, spread over 64 links, and removes those of
/// the commit before. The latency is that of a commit.
LoadResult commit_alone(const std::filesystem::path& directory, unsigned lines, double seconds);

}  // namespace bench
