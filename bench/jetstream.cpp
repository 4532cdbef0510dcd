#include "jetstream.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "process.hpp"

namespace bench {
namespace {

constexpr const char* program = "nats-server";
constexpr std::string_view crlf = "\r\n";

/// One connection that speaks NATS: text lines, messages with a length.
/// https://docs.nats.io/reference/reference-protocols
class NatsConnection {
 public:
  struct Message {
    std::string_view reply;    ///< subject to answer to; empty: none
    std::string_view payload;  ///< headers included, if there are any
  };

  explicit NatsConnection(std::uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to nats-server");
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    send("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":false}\r\n");
  }
  ~NatsConnection() { ::close(socket_); }
  NatsConnection(const NatsConnection&) = delete;
  NatsConnection& operator=(const NatsConnection&) = delete;

  int socket() const { return socket_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) throw std::runtime_error("nats-server closed a connection");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// Reads once and calls take(Message) for each complete message. False: nothing was there.
  template <typename Take>
  bool receive(bool wait, Take take) {
    const std::size_t old = in_.size();
    in_.resize(old + 256 * 1024);
    const ssize_t count = ::recv(socket_, in_.data() + old, in_.size() - old, wait ? 0 : MSG_DONTWAIT);
    in_.resize(old + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count == 0) throw std::runtime_error("nats-server closed a connection");
    if (count < 0) return false;
    std::string_view rest(in_);
    while (take_one(rest, take)) {
    }
    in_.erase(0, in_.size() - rest.size());
    return true;
  }

  /// A request to the JetStream API; its answer.
  std::string request(const std::string& subject, const std::string& body) {
    send("SUB _INBOX.api 9\r\nUNSUB 9 1\r\nPUB " + subject + " _INBOX.api " + std::to_string(body.size()) + "\r\n" +
         body + "\r\n");
    std::string answer;
    while (answer.empty()) {
      receive(true, [&](const Message& message) { answer = message.payload; });
    }
    if (answer.find("\"error\"") != std::string::npos) throw std::runtime_error("JetStream says " + answer);
    return answer;
  }

 private:
  template <typename Take>
  bool take_one(std::string_view& rest, Take& take) {
    const std::size_t end = rest.find(crlf);
    if (end == std::string_view::npos) return false;
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with("PING")) send("PONG\r\n");
    if (line.starts_with("-ERR")) throw std::runtime_error("nats-server says " + std::string(line));
    const bool message = line.starts_with("MSG ") || line.starts_with("HMSG ");
    if (!message) {
      rest.remove_prefix(end + crlf.size());
      return true;
    }
    // MSG subject sid [reply] bytes; HMSG subject sid [reply] header-bytes bytes
    std::array<std::string_view, 6> words;
    std::size_t count = 0;
    std::string_view left = line;
    while (!left.empty() && count < words.size()) {
      const std::size_t space = std::min(left.find(' '), left.size());
      words[count++] = left.substr(0, space);
      left.remove_prefix(std::min(space + 1, left.size()));
    }
    std::size_t size = 0;
    std::from_chars(words[count - 1].data(), words[count - 1].data() + words[count - 1].size(), size);
    const std::size_t start = end + crlf.size();
    if (rest.size() < start + size + crlf.size()) return false;
    const std::size_t words_without_reply = line[0] == 'H' ? 5 : 4;
    take(Message{count > words_without_reply ? words[3] : std::string_view(), rest.substr(start, size)});
    rest.remove_prefix(start + size + crlf.size());
    return true;
  }

  int socket_ = -1;
  std::string in_;
};

struct Publisher {
  explicit Publisher(std::uint16_t port, unsigned n) : connection(port), number(std::to_string(n)) {
    connection.send("SUB _INBOX." + number + ".* 1\r\n");
  }
  NatsConnection connection;
  std::string number;
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;

  void send_more(unsigned window, const std::string& payload) {
    std::string out;
    for (; sent - acknowledged < window; ++sent) {
      const std::string header = "NATS/1.0\r\nNats-Msg-Id: " + number + "-" + std::to_string(sent) + "\r\n\r\n";
      out += "HPUB bench." + number + " _INBOX." + number + ".a " + std::to_string(header.size()) + " " +
             std::to_string(header.size() + payload.size()) + "\r\n" + header + payload + "\r\n";
    }
    if (!out.empty()) connection.send(out);
  }
  void receive() {
    connection.receive(false, [this](const NatsConnection::Message& message) {
      if (message.payload.find("\"seq\"") == std::string_view::npos) {
        throw std::runtime_error("JetStream says " + std::string(message.payload));
      }
      ++acknowledged;
    });
  }
};

void set_up(NatsConnection& subscriber) {
  subscriber.request("$JS.API.STREAM.CREATE.BENCH",
                     R"({"name":"BENCH","subjects":["bench.*"],"storage":"file","retention":"limits","discard":"old",)"
                     R"("num_replicas":1,"duplicate_window":120000000000,"max_msgs":-1,"max_bytes":-1,"max_age":0})");
  subscriber.send("SUB deliver.bench 1\r\n");
  subscriber.request("$JS.API.CONSUMER.DURABLE.CREATE.BENCH.app",
                     R"({"stream_name":"BENCH","config":{"durable_name":"app","deliver_subject":"deliver.bench",)"
                     R"("deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_ack_pending":65536,)"
                     R"("replay_policy":"instant"}})");
}

}  // namespace

bool NatsServer::installed() {
  std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string directory; std::getline(path, directory, ':');) {
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return ::access("/usr/sbin/nats-server", X_OK) == 0;
}

NatsServer::NatsServer(const std::filesystem::path& directory) {
  const std::string store = (directory / "nats").string();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    const int log = ::open((directory / "nats.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    const std::string search = std::string(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "") + ":/usr/sbin";
    ::setenv("PATH", search.c_str(), 1);
    ::execlp(program, program, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", store.c_str(), "--ports_file_dir",
             directory.c_str(), nullptr);
    std::_Exit(127);
  }
  const std::filesystem::path ports = directory / (program + ("_" + std::to_string(pid_)) + ".ports");
  for (int tries = 0; tries < 1000 && port_ == 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream file(ports);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t at = text.find("nats://127.0.0.1:");
    if (at != std::string::npos) port_ = static_cast<std::uint16_t>(std::atoi(text.c_str() + at + 17));
  }
  if (port_ == 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::runtime_error("nats-server did not start");
  }
}

NatsServer::~NatsServer() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

double NatsServer::cpu_seconds() const {
  return cpu_seconds_of(pid_);
}

LoadResult run_jetstream(const JetStreamOptions& options) {
  NatsConnection subscriber(options.port);
  set_up(subscriber);
  std::vector<std::unique_ptr<Publisher>> publishers;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int socket, std::uint64_t index) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  };
  for (unsigned i = 0; i < options.publishers; ++i) {
    publishers.push_back(std::make_unique<Publisher>(options.port, i));
    watch(publishers.back()->connection.socket(), i);
  }
  watch(subscriber.socket(), options.publishers);

  const std::string payload(27, 'x');  // with the length and the subject about what a line of 32 bytes carries
  std::uint64_t consumed = 0;
  std::string answers;
  LoadResult result;
  const double cpu_before = cpu_seconds_of_this_process();
  const auto start = Clock::now();
  for (const auto& publisher : publishers) publisher->send_more(options.window, payload);
  std::array<epoll_event, 128> events;
  while (seconds_since(start) < options.seconds) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t index = events[static_cast<std::size_t>(i)].data.u64;
      if (index < publishers.size()) {
        publishers[index]->receive();
        publishers[index]->send_more(options.window, payload);
        continue;
      }
      answers.clear();
      subscriber.receive(false, [&](const NatsConnection::Message& message) {
        ++consumed;
        answers.append("PUB ").append(message.reply).append(" 0\r\n\r\n");
      });
      subscriber.send(answers);
    }
  }
  result.seconds = seconds_since(start);
  result.load_cpu_seconds = cpu_seconds_of_this_process() - cpu_before;
  ::close(epoll);
  std::uint64_t published = 0;
  for (const auto& publisher : publishers) published += publisher->acknowledged;
  result.lines = std::min(published, consumed);
  return result;
}

}  // namespace bench
