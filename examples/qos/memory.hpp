#pragma once

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace qos_demo {

/// Reads what save() wrote; a default Content if there is no such file. Throws if the file holds something else.
template <class Content>
Content load(const std::string& file_name) {
  std::ifstream file(file_name);
  return file ? nlohmann::json::parse(file).get<Content>() : Content();
}

/// All or nothing, should the process end meanwhile. (Not for a power cut: nothing is synced.) Without a file name
/// nothing is kept.
template <class Content>
void save(const std::string& file_name, const Content& content) {
  if (file_name.empty()) return;
  const std::string next = file_name + ".next";
  std::ofstream file(next);
  file << nlohmann::json(content) << std::flush;
  if (!file || std::rename(next.c_str(), file_name.c_str()) != 0) {
    throw std::runtime_error("cannot write '" + file_name + "'");
  }
}

}  // namespace qos_demo
