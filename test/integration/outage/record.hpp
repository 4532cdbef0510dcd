#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tautline::test {

/// Name of a line: the life of the process that wrote it, and its place among the lines of that life, from 1.
struct Line {
  long life = 0;
  long number = 0;
  friend bool operator==(const Line&, const Line&) = default;
};
std::string to_string(const Line& line);

/// The text of a line is made from its name, so that the reader can tell a damaged one.
std::string text_of(const Line& line);
/// {} for a text that is no line's.
Line line_of(std::string_view text);

/// Milliseconds of the monotonic clock, which all processes of a machine share.
std::int64_t monotonic_ms();

/// An append-only file of what a program did. Each event reaches the system at once, so that a killed process leaves a
/// true record.
class Record {
 public:
  explicit Record(const std::string& file_name);
  ~Record();
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  void written(const Line& line) { note("written " + to_string(line)); }
  void acknowledged(const Line& line) { note("acknowledged " + to_string(line)); }
  void received(std::string_view text) { note("received " + to_string(line_of(text))); }
  /// The link came up, or went down for that reason.
  void link(bool up, const char* reason) {
    note(std::string(up ? "up " : "down ") + std::to_string(monotonic_ms()) + " " + reason);
  }
  void note(const std::string& event);

 private:
  int file_ = -1;
};

/// A change of the link, as one side saw it.
struct Change {
  bool up = false;
  std::int64_t at_ms = 0;
  std::string reason;
  std::size_t acknowledged_before = 0;  ///< how many lines of this side were acknowledged
};

/// What a record says, as far as it is written.
struct Story {
  std::vector<Line> written, acknowledged, received;
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< the other events

  bool has_note(const std::string& note) const;
};

/// Reads a record that is being written.
class RecordReader {
 public:
  explicit RecordReader(std::string file_name) : file_name_(std::move(file_name)) {}
  /// Reads what is new.
  const Story& story();

 private:
  void add(const std::string& event);

  const std::string file_name_;
  std::int64_t read_ = 0;
  Story story_;
};

}  // namespace tautline::test
