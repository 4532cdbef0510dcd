// A client without a network: sends a small list through the bridge every few seconds, and prints what it gets.
//
// SIGUSR1: it writes no more, and ends when all is acknowledged. SIGINT, SIGTERM: it ends.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <exception>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "board.hpp"
#include "tautline/core/serial.hpp"

namespace {

using tautline::before;
using tautline::earlier;
using Clock = std::chrono::steady_clock;

/// An orderly end waits so long for the last acknowledgements to leave.
constexpr std::uint32_t closing_limit_ms = 2000;

volatile std::sig_atomic_t stopped = 0;
volatile std::sig_atomic_t finishing = 0;  ///< writes no more, and ends when all is acknowledged

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

struct DemoOptions : hosted::Options {
  long count = std::numeric_limits<long>::max();
  long receive = std::numeric_limits<long>::max();
  long life = 1;
  std::size_t size = 0;
};

class Demo {
 public:
  explicit Demo(const DemoOptions& options) : options_(options), board_(options), next_ms_(hosted::Board::now_ms()) {}

  int run() {
    while (stopped == 0 && !done()) {
      std::uint32_t deadline_ms = board_.poll();
      print_lines();
      write_lists();
      note_acknowledged();
      std::cout.flush();
      deadline_ms = earlier(deadline_ms, board_.client.deadline_ms());
      if (may_write() && !queue_full_) deadline_ms = earlier(deadline_ms, next_ms_);
      if (!done()) board_.wait(deadline_ms);
    }
    close();
    print_summary();
    return stopped != 0 || done() ? 0 : 1;
  }

 private:
  bool may_write() const { return written_ < options_.count && finishing == 0; }
  bool done() const {
    const bool has_all = finishing != 0 || received_ >= options_.receive;
    return !may_write() && acknowledged_ == written_ && has_all;
  }

  void print_lines() {
    std::string_view line;
    while (received_ < options_.receive && board_.client.readline(line)) {
      std::cout << "got " << line << "\n";
      std::cout.flush();  // before the line counts as taken, by the next call
      if (received_++ == 0) first_received_ = Clock::now();
      last_received_ = Clock::now();
    }
  }

  void write_lists() {
    queue_full_ = board_.client.connects() == 0;  // the first line waits for the first link
    while (may_write() && !queue_full_ && !before(hosted::Board::now_ms(), next_ms_)) {
      std::string list = "[" + std::to_string(written_) + ", " + std::to_string(options_.life) + ", " +
                         std::to_string(board_.client.connects()) + "]";
      if (list.size() < options_.size) list.insert(1, options_.size - list.size(), ' ');
      queue_full_ = board_.client.write(list).status != tautline::WriteStatus::ok;
      if (queue_full_) return;
      if (written_++ == 0) first_written_ = Clock::now();
      written_at_.push_back(Clock::now());
      next_ms_ = hosted::Board::now_ms() + options_.period_ms;
    }
  }

  void note_acknowledged() {
    const long acknowledged = written_ - static_cast<long>(board_.client.unacknowledged());
    if (acknowledged == acknowledged_) return;
    last_acknowledged_ = Clock::now();
    for (; acknowledged_ < acknowledged; ++acknowledged_) {
      latencies_ms_.push_back(milliseconds(last_acknowledged_ - written_at_.front()));
      written_at_.pop_front();
    }
    std::cout << "acknowledged " << acknowledged_ << "\n";
  }

  /// Tells the server what was taken, so that it does not come again to a later process.
  void close() {
    board_.client.close();
    const std::uint32_t limit_ms = hosted::Board::now_ms() + closing_limit_ms;
    while (board_.client.state() != tautline::LinkState::closed && before(hosted::Board::now_ms(), limit_ms)) {
      board_.wait(earlier(board_.poll(), limit_ms));
    }
    board_.poll();
  }

  void print_summary() {
    std::cout << "sent " << written_ << ", acknowledged " << acknowledged_;
    if (acknowledged_ > 1) {
      std::sort(latencies_ms_.begin(), latencies_ms_.end());
      const double seconds = milliseconds(last_acknowledged_ - first_written_) / 1000;
      std::cout << " in " << seconds << " s, " << static_cast<double>(acknowledged_) / seconds
                << " lines/s; from write to acknowledgement: median " << latencies_ms_[latencies_ms_.size() / 2]
                << " ms, 99 % within " << latencies_ms_[latencies_ms_.size() * 99 / 100] << " ms";
    }
    std::cout << "\nreceived " << received_;
    if (received_ > 1) {
      const double seconds = milliseconds(last_received_ - first_received_) / 1000;
      std::cout << " in " << seconds << " s, " << static_cast<double>(received_ - 1) / seconds << " lines/s";
    }
    std::cout << std::endl;
  }

  const DemoOptions& options_;
  hosted::Board board_;
  std::uint32_t next_ms_;
  long written_ = 0;
  long acknowledged_ = 0;
  long received_ = 0;
  bool queue_full_ = false;                   ///< no line can be written now
  std::deque<Clock::time_point> written_at_;  ///< of the lines not acknowledged
  std::vector<double> latencies_ms_;
  Clock::time_point first_written_, last_acknowledged_, first_received_, last_received_;
};

}  // namespace

int main(int argc, char** argv) try {
  DemoOptions options;
  CLI::App app("A client without a network, behind a bridge: sends [number, life, connects] and prints what it gets.");
  options.add_to(app);
  app.add_option("--count", options.count, "end when so many lines were acknowledged, if ...");
  CLI::Option* const receive = app.add_option("--receive", options.receive, "... so many were received (default: 0)");
  app.add_option("--life", options.life, "the second number of the list")->capture_default_str();
  app.add_option("--size", options.size, "bytes of a line, filled up with spaces");
  CLI11_PARSE(app, argc, argv);
  if (options.count != std::numeric_limits<long>::max() && receive->empty()) options.receive = 0;
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { stopped = 1; });
  std::signal(SIGUSR1, [](int) { finishing = 1; });
  return Demo(options).run();
} catch (const std::exception& error) {
  std::cerr << "hosted_demo: " << error.what() << std::endl;
  return 1;
}
