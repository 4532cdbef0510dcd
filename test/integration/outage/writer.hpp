#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <system_error>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "record.hpp"

namespace tautline::test {

/// Silence after which either side takes the link for down.
constexpr std::uint32_t outage_timeout_ms = 1000;

/// Writes lines one after the other, many of them unacknowledged at a time, and records each.
class Writer {
 public:
  /// `write(text, done)` starts writing a line; done(error) when it is acknowledged.
  using Done = std::function<void(std::error_code)>;
  using Write = std::function<void(std::string text, Done done)>;

  Writer(asio::io_context& io, Record& record, long life, long most_unacknowledged, Write write)
      : record_(record), timer_(io), most_(most_unacknowledged), next_{life, 1}, write_(std::move(write)) {}

  void start() {
    started_ = true;
    go_on();
  }
  /// Writes no more; records "drained" when everything is acknowledged.
  void stop() {
    stopped_ = true;
    note_drained();
  }

 private:
  static constexpr std::chrono::milliseconds pause{2};

  void go_on() {
    if (stopped_) return;
    if (unacknowledged_ < most_) write_next();
    timer_.expires_after(pause);
    timer_.async_wait([this](std::error_code error) {
      if (!error) go_on();
    });
  }
  void write_next() {
    const Line line = next_;
    ++next_.number;
    ++unacknowledged_;
    record_.written(line);
    write_(text_of(line), [this, line](std::error_code error) {
      if (error) return;
      record_.acknowledged(line);
      --unacknowledged_;
      note_drained();
    });
  }
  void note_drained() {
    if (stopped_ && started_ && unacknowledged_ == 0) record_.note("drained");
  }

  Record& record_;
  asio::steady_timer timer_;
  const long most_;
  long unacknowledged_ = 0;
  Line next_;
  const Write write_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace tautline::test
