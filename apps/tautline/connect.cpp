#include "connect.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "line_input.hpp"
#include "line_output.hpp"
#include "message.hpp"
#include "signals.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::cli {
namespace {

constexpr std::size_t queued_lines = 256;
constexpr std::uint32_t window_lines = 64;
constexpr std::size_t io_bytes = 64 * 1024;
/// An orderly end may take this much longer than the timeout that the peer's acknowledgements have.
constexpr std::uint32_t closing_grace_ms = 200;

struct Buffers {
  explicit Buffers(std::size_t max_line)
      : sizes(link_buffer_sizes(queued_lines, window_lines, max_line)),
        queue(sizes.queue),
        inbox(sizes.inbox),
        receive(sizes.receive + io_bytes),
        output(sizes.output + io_bytes) {}

  LinkBuffers use() {
    return {{queue.data(), queue.size()},
            {inbox.data(), inbox.size()},
            {receive.data(), receive.size()},
            {output.data(), output.size()}};
  }

  LinkBufferSizes sizes;
  std::vector<char> queue, inbox, receive, output;
};

constexpr const char* process_watchdog = "process";

posix::PortOptions port_options(const ConnectOptions& options) {
  posix::PortOptions result;
  result.interface = options.interface;
  if (options.watchdog != process_watchdog) result.watchdog = options.watchdog;
  result.led = options.led;
  result.complain = [](const std::string& problem) { say(problem); };
  return result;
}

struct FirstFailure {
  bool give_up = false;
  bool bad_wifi() { return true; }
  bool bad_server(Reason) { return !give_up; }
};

class Connector {
 public:
  explicit Connector(const ConnectOptions& options)
      : options_(options),
        place_(options.server.find(':') == std::string::npos
                   ? options.server + ":" + std::to_string(options.port)
                   : "[" + options.server + "]:" + std::to_string(options.port)),
        buffers_(options.max_line),
        port_(port_options(options)),
        client_(port_, config(), {window_lines, options.max_line, options.timeout_ms}, buffers_.use(),
                FirstFailure{options.give_up}),
        input_(STDIN_FILENO, options.max_line) {}

  ExitStatus run();

 private:
  using Client = BasicClient<posix::Port, FirstFailure>;

  ClientConfig config();
  void on_state(bool up, Reason reason);
  std::string explain(Reason reason) const;
  void print_lines();
  void take_input();
  bool send(const InputLine& line);
  bool may_send() const { return options_.no_wait || options_.qos == 0 || client_.unacknowledged() == 0; }
  bool wants_input() const { return !stopping_ && !pending_ && !input_.ended() && may_send(); }
  bool all_sent() const { return client_.unacknowledged() == 0 && !pending_; }
  void wait();
  void on_signal(int number);
  std::string left_over() const;
  void close();
  ExitStatus result() const;
  ExitStatus gave_up() const;

  const ConnectOptions& options_;
  const std::string place_;
  Buffers buffers_;
  posix::Port port_;
  Client client_;
  Signals signals_{SIGINT, SIGTERM, SIGHUP};
  LineInput input_;
  LineOutput output_{STDOUT_FILENO};
  std::optional<InputLine> pending_;          ///< the link takes no line now; its text is in input_
  std::deque<std::uint64_t> unacknowledged_;  ///< numbers of the input lines in the queue
  std::uint32_t stop_deadline_ms_ = 0;
  bool output_full_ = false;  ///< stdout takes nothing now
  bool input_ready_ = false;
  bool bad_input_ = false;
  bool stopping_ = false;  ///< SIGTERM: waits for acknowledgements only
  bool interrupted_ = false;
};

ClientConfig Connector::config() {
  ClientConfig config;
  config.my_id = options_.id.c_str();
  config.server = options_.server.c_str();
  config.port = options_.port;
  config.timeout_ms = options_.timeout_ms;
  config.verbose = options_.verbose;
  config.wdog = !options_.watchdog.empty();
  config.led = !options_.led.empty();
  config.protocol = options_.protocol == 1 ? Dialect::protocol_1 : Dialect::protocol_2;
  config.conn_cb = [](void* self, bool up, Reason reason) { static_cast<Connector*>(self)->on_state(up, reason); };
  config.conn_cb_argument = this;
  return config;
}

// ---- what happens to the link -------------------------------------------------------------------

std::string Connector::explain(Reason reason) const {
  switch (reason) {
    case Reason::wifi: return "the network interface " + options_.interface + " has no carrier, or does not exist";
    case Reason::unresolved: return "the host name has no address: check --server";
    case Reason::unreachable: return "nobody answers there: does the server run, is --port right?";
    case Reason::silent: return "nothing was heard for " + std::to_string(options_.timeout_ms) + " ms";
    case Reason::blocked: return "no bytes were taken for " + std::to_string(options_.timeout_ms) + " ms";
    case Reason::peer_closed:
      return client_.connects() != 0 ? "the connection was closed"
                                     : "the connection was closed at once: is --port right, is the id expected there?";
    case Reason::not_protocol_2: return "it does not speak protocol 2: is --port right? Or a server of --protocol 1";
    case Reason::version: return "the server does not speak this version of the protocol: update it";
    case Reason::id: return "the server does not expect the id '" + options_.id + "': add it to its --expect";
    case Reason::busy: return "the server is at its limit of clients";
    case Reason::superseded:
      return "a newer connection with the id '" + options_.id +
             "' took over, or the server was restarted: if this goes on, give each client its own id";
    case Reason::size: return "a queued line is longer than the server accepts: raise --max-line there";
    case Reason::syntax: return "a line broke the rules of the protocol: is --port right?";
    case Reason::closing: return "the server stopped";
    default: return to_string(reason);
  }
}

void Connector::on_state(bool up, Reason reason) {
  if (up) {
    say(place_ + ": connected as '" + options_.id + "'");
  } else if (reason != Reason::local_close) {
    const bool ends = options_.give_up && client_.connects() == 0;
    say(place_ + ": " + explain(reason) + (ends ? "" : "; trying on"));
  }
}

// ---- lines --------------------------------------------------------------------------------------

void Connector::print_lines() {
  output_full_ = false;
  while (output_.error() == 0 && client_.link().has_line()) {
    if (!output_.ready()) {
      output_full_ = true;
      return;
    }
    std::string_view line;
    if (!client_.readline(line) || !output_.write({}, line)) return;
    client_.accept();  // not before it is written: until then the server keeps it
  }
}

/// False: the link takes no line now.
bool Connector::send(const InputLine& line) {
  const auto skip = [&](const std::string& why) {
    say(why);
    bad_input_ = true;
    return true;
  };
  if (line.problem != InputLine::Problem::none) return skip(complaint(line, options_.max_line));
  const WriteResult result = client_.write(line.text, options_.qos != 0);
  switch (result.status) {
    case WriteStatus::ok:
      if (options_.qos != 0) unacknowledged_.push_back(line.number);
      return true;
    case WriteStatus::would_block: return false;
    case WriteStatus::too_long: return skip(too_long_complaint(line.number, line.text.size(), client_.max_line()));
    default: break;
  }
  return skip("input line " + std::to_string(line.number) + ": skipped, " + to_string(result.status) +
              (options_.protocol == 1 ? ": not possible with --protocol 1" : ""));
}

void Connector::take_input() {
  while (unacknowledged_.size() > client_.unacknowledged()) unacknowledged_.pop_front();
  if (stopping_) return;
  if (pending_) {
    if (!send(*pending_)) return;
    pending_.reset();
  }
  InputLine line;
  while (may_send()) {
    if (!input_.next(line)) {
      if (!input_ready_) return;
      input_ready_ = false;
      input_.fill();
      continue;
    }
    if (!send(line)) {
      pending_ = line;
      return;
    }
  }
}

// ---- the loop -----------------------------------------------------------------------------------

void Connector::wait() {
  const bool input_wanted = wants_input() && !input_ready_;
  std::array<pollfd, 5> waiting{{{port_.transport.descriptor(), 0, 0},
                                 {signals_.descriptor(), POLLIN, 0},
                                 {input_wanted ? input_.descriptor() : -1, POLLIN, 0},
                                 {output_.descriptor(), 0, 0},
                                 {port_.wifi.descriptor(), POLLIN, 0}}};
  if (port_.transport.wants_read()) waiting[0].events |= POLLIN;
  if (port_.transport.wants_write()) waiting[0].events |= POLLOUT;
  if (waiting[0].events == 0) waiting[0].fd = -1;  // else a closed socket would wake at once
  port_.transport.forget_interest();
  if (output_full_) waiting[3].events |= POLLOUT;

  std::uint32_t deadline = client_.deadline_ms();
  if (stopping_ && before(stop_deadline_ms_, deadline)) deadline = stop_deadline_ms_;
  const std::int32_t left = distance(deadline, posix::Port::now_ms());
  ::poll(waiting.data(), waiting.size(), left > 0 ? left : 0);
  if (waiting[2].revents != 0) input_ready_ = true;
  // Without this the end of a reader would only be seen with the next line.
  if ((waiting[3].revents & (POLLERR | POLLNVAL)) != 0) output_.reader_is_gone();
  if (waiting[1].revents != 0) {
    while (const int number = signals_.take()) on_signal(number);
  }
}

void Connector::on_signal(int number) {
  if (number == SIGINT || stopping_) {
    interrupted_ = interrupted_ || number == SIGINT;
    stop_deadline_ms_ = posix::Port::now_ms();
  } else {
    stop_deadline_ms_ = posix::Port::now_ms() + options_.timeout_ms;
  }
  stopping_ = true;
}

ExitStatus Connector::run() {
  while (true) {
    client_.poll(posix::Port::now_ms());
    if (client_.state() == LinkState::closed) return gave_up();
    print_lines();
    if (output_.error() != 0) break;
    take_input();
    if (stopping_ && (all_sent() || !before(posix::Port::now_ms(), stop_deadline_ms_))) break;
    const bool input_done = input_.ended() && all_sent();
    if (input_done && input_.error() != 0) break;
    if (input_done && !options_.linger && !client_.link().has_line()) break;
    wait();
  }
  close();
  return result();
}

/// Tells the server what was taken, so that it is not delivered again to a later process.
void Connector::close() {
  client_.close();
  const std::uint32_t limit = posix::Port::now_ms() + (interrupted_ ? 0 : options_.timeout_ms) + closing_grace_ms;
  while (client_.state() != LinkState::closed && before(posix::Port::now_ms(), limit)) {
    const std::uint32_t next = client_.poll(posix::Port::now_ms());
    if (client_.state() != LinkState::closed) port_.wait(before(limit, next) ? limit : next, signals_.descriptor());
    if (signals_.take() != 0) return;
  }
}

/// What was taken from the input or is there and was not acknowledged, in words; empty if there is nothing.
std::string Connector::left_over() const {
  const std::size_t sent = unacknowledged_.size();
  std::string text;
  if (sent != 0) {
    text = lines(sent) + " of the input not acknowledged (";
    text += sent == 1 ? "line " + std::to_string(unacknowledged_.front())
                      : "from line " + std::to_string(unacknowledged_.front()) + " to " +
                            std::to_string(unacknowledged_.back());
    text += ")";
  }
  if (pending_ || input_.has_rest())
    text += (text.empty() ? "" : ", ") + std::string("lines behind that were not sent");
  return text;
}

ExitStatus Connector::result() const {
  const std::string left = left_over();
  if (interrupted_) {
    say("interrupted: " + (left.empty() ? "everything sent was acknowledged" : left));
    return ExitStatus::interrupted;
  }
  if (output_.error() != 0) {
    say(std::string("stdout: ") + std::strerror(output_.error()) + ": ends; the server keeps what was not printed" +
        (left.empty() ? "" : "; " + left));
    return ExitStatus::output_closed;
  }
  if (!left.empty()) {
    say("stopped: " + left);
    return ExitStatus::unacknowledged;
  }
  if (input_.error() != 0) {
    say(std::string("cannot read stdin: ") + std::strerror(input_.error()));
    return ExitStatus::failed;
  }
  return bad_input_ ? ExitStatus::bad_input : ExitStatus::done;
}

ExitStatus Connector::gave_up() const {
  if (const std::string left = left_over(); !left.empty()) say("gave up: " + left);
  switch (client_.last_reason()) {
    case Reason::unresolved: return ExitStatus::unresolved;
    case Reason::unreachable: return ExitStatus::unreachable;
    default: return ExitStatus::refused;
  }
}

}  // namespace

ExitStatus connect(const ConnectOptions& options) {
  return Connector(options).run();
}

}  // namespace tautline::cli
