#include "record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tautline::test {

std::string to_string(const Line& line) {
  return std::to_string(line.life) + " " + std::to_string(line.number);
}

std::string text_of(const Line& line) {
  const auto length = static_cast<std::size_t>(line.number * 37 % 200);
  const char letter = static_cast<char>('a' + line.number % 26);
  return to_string(line) + " " + std::string(length, letter);
}

Line line_of(std::string_view text) {
  Line line;
  const char* const end = text.data() + text.size();
  const auto life = std::from_chars(text.data(), end, line.life);
  if (life.ec != std::errc() || life.ptr == end) return {};
  const auto number = std::from_chars(life.ptr + 1, end, line.number);
  return number.ec == std::errc() && text_of(line) == text ? line : Line{};
}

std::int64_t monotonic_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Record::Record(const std::string& file_name)
    : file_(::open(file_name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw std::runtime_error("cannot write the record '" + file_name + "'");
}

Record::~Record() {
  ::close(file_);
}

void Record::note(const std::string& event) {
  const std::string text = event + "\n";
  const ssize_t count = ::write(file_, text.data(), text.size());
  if (count != static_cast<ssize_t>(text.size())) throw std::runtime_error("cannot write the record");
}

bool Story::has_note(const std::string& note) const {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

const Story& RecordReader::story() {
  std::ifstream file(file_name_);
  file.seekg(read_);
  std::string event;
  while (std::getline(file, event) && !file.eof()) {
    read_ += static_cast<std::int64_t>(event.size()) + 1;
    add(event);
  }
  return story_;
}

void RecordReader::add(const std::string& event) {
  std::istringstream words(event);
  std::string what;
  words >> what;
  if (what == "up" || what == "down") {
    Change change{what == "up", 0, {}, story_.acknowledged.size()};
    words >> change.at_ms;
    std::getline(words >> std::ws, change.reason);
    story_.changes.push_back(change);
    return;
  }
  Line line;
  words >> line.life >> line.number;
  if (what == "written") {
    story_.written.push_back(line);
  } else if (what == "acknowledged") {
    story_.acknowledged.push_back(line);
  } else if (what == "received") {
    story_.received.push_back(line);
  } else {
    story_.notes.push_back(event);
  }
}

}  // namespace tautline::test
