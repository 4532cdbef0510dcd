#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace main_demo {

/// An append-only file with one line per event, `written 1 12`: what, the client's id, the number of the line. Each
/// line reaches the system at once, so that a killed process leaves a true record. Without a file name nothing is
/// recorded.
class Record {
 public:
  explicit Record(const std::string& file_name) {
    if (file_name.empty()) return;
    std::ifstream earlier(file_name);
    std::string what, id;
    for (long number = 0; earlier >> what >> id >> number;) {
      if (what == "acknowledged") next_[id] = number + 1;
    }
    file_.open(file_name, std::ios::app);
    if (!file_) throw std::runtime_error("cannot write the record '" + file_name + "'");
  }

  void written(const std::string& id, long number) { note("written", id, number); }
  void acknowledged(const std::string& id, long number) { note("acknowledged", id, number); }
  void received(const std::string& id, long number) { note("received", id, number); }

  /// Where an earlier process stopped: the first number whose line was not acknowledged.
  long next_number(const std::string& id) { return next_[id]; }

 private:
  void note(const char* what, const std::string& id, long number) {
    if (file_.is_open()) file_ << what << ' ' << id << ' ' << number << std::endl;
  }

  std::ofstream file_;
  std::map<std::string, long> next_;
};

}  // namespace main_demo
