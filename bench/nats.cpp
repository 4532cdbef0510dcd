#include "nats.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "nats_text.hpp"

namespace bench {
namespace {

constexpr const char* program = "nats-server";

PeerServer start(int core, const std::filesystem::path& directory, NatsServer::Kind kind) {
  const auto found = find_program(program);
  if (!found) throw std::runtime_error("nats-server is not installed");
  std::vector<std::string> command{found->string(),   "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir",
                                   directory.string()};
  if (kind == NatsServer::Kind::jetstream) {
    command.insert(command.end(), {"-js", "-sd", (directory / "store").string()});
  }
  return PeerServer(core, command, directory, [&](pid_t pid) {
    std::ifstream file(directory / (program + ("_" + std::to_string(pid)) + ".ports"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    constexpr std::string_view before = "nats://127.0.0.1:";
    const std::size_t at = text.find(before);
    return static_cast<std::uint16_t>(at == std::string::npos ? 0 : std::atoi(text.c_str() + at + before.size()));
  });
}

/// A connection that waits, to set the stream up.
class Requests {
 public:
  explicit Requests(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("cannot connect to nats-server");
    }
    send(nats::connect(false) + nats::subscribe("_INBOX.api", 1));
  }
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;
  ~Requests() { ::close(socket_); }

  void ask(const std::string& subject, const std::string& body) {
    send(nats::publish(subject, "_INBOX.api", body));
    std::string in;
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (count <= 0) throw std::runtime_error("nats-server does not answer " + subject);
      in.append(buffer.data(), static_cast<std::size_t>(count));
      std::string_view rest(in);
      nats::Message message;
      while (nats::take_message(rest, message)) {
        if (!message.is_message()) continue;
        if (message.payload.find("\"error\"") == std::string_view::npos) return;
        throw std::runtime_error("JetStream says " + std::string(message.payload));
      }
      in.erase(0, in.size() - rest.size());
    }
  }

 private:
  void send(const std::string& bytes) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("nats-server closed a connection");
  }
  int socket_;
};

/// The stream with the messages of all publishers, in a file, and a consumer to whom it pushes them.
void make_stream(std::uint16_t port) {
  Requests requests(port);
  requests.ask("$JS.API.STREAM.CREATE.BENCH",
               R"({"name":"BENCH","subjects":["bench.*"],"storage":"file","retention":"limits","discard":"old",)"
               R"("num_replicas":1,"duplicate_window":120000000000,"max_msgs":-1,"max_bytes":-1,"max_age":0})");
  requests.ask("$JS.API.CONSUMER.DURABLE.CREATE.BENCH.app",
               R"({"stream_name":"BENCH","config":{"durable_name":"app","deliver_subject":"deliver.bench",)"
               R"("deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_ack_pending":65536,)"
               R"("replay_policy":"instant"}})");
}

class NatsSpeaker : public Speaker {
 public:
  std::size_t receive(std::string_view bytes, Out& out) override {
    const std::size_t whole = bytes.size();
    nats::Message message;
    while (nats::take_message(bytes, message)) {
      if (message.is_message()) {
        on_message(message, out);
      } else if (message.line == "PONG") {
        ready_ = true;
      } else if (message.line == "PING") {
        out.add("PONG\r\n");
      } else if (message.line == "+OK") {
        on_ok();
      } else if (message.line.starts_with("-ERR")) {
        throw std::runtime_error("nats-server says " + std::string(message.line));
      }
    }
    return whole - bytes.size();
  }
  void write(Out&) override {}

 protected:
  virtual void on_message(const nats::Message& message, Out& out) = 0;
  virtual void on_ok() {}
  static void greet_with(Out& out, const std::string& commands) {
    out.add(commands);
    out.add(nats::ping);
  }
};

class CorePublisher : public NatsSpeaker {
 public:
  CorePublisher(unsigned index, unsigned line_bytes) : subject_("bench." + std::to_string(index)) {
    const std::size_t overhead = nats::publish(subject_, "", std::string(10, 'x')).size() - 10;
    payload_.assign(line_bytes > overhead ? line_bytes - overhead : 1, 'x');
  }
  void greet(Out& out) override { greet_with(out, nats::connect(true)); }
  void write(Out& out) override {
    ++sent_;
    out.add(nats::publish(subject_, "", payload_));
  }

 protected:
  void on_message(const nats::Message&, Out&) override {}
  // The server answers the CONNECT with +OK before it answers the PING.
  void on_ok() override {
    if (ready_) ++acknowledged_;
  }

 private:
  const std::string subject_;
  std::string payload_;
};

class CoreSubscriber : public NatsSpeaker {
 public:
  void greet(Out& out) override { greet_with(out, nats::connect(false) + nats::subscribe("bench.*", 1)); }

 protected:
  void on_message(const nats::Message&, Out&) override { ++delivered_; }
};

class StreamPublisher : public NatsSpeaker {
 public:
  StreamPublisher(unsigned index, unsigned line_bytes)
      : number_(std::to_string(index)), subject_("bench." + number_), reply_("_INBOX." + number_ + ".a") {
    // What a line carries beside its number; the header comes on top, as it must.
    payload_.assign(line_bytes > 5 ? line_bytes - 5 : 1, 'x');
  }
  void greet(Out& out) override {
    greet_with(out, nats::connect(false) + nats::subscribe("_INBOX." + number_ + ".*", 1));
  }
  void write(Out& out) override {
    out.add(nats::publish_once(subject_, reply_, number_ + "-" + std::to_string(sent_), payload_));
    ++sent_;
  }

 protected:
  void on_message(const nats::Message& message, Out&) override {
    if (message.payload.find("\"seq\"") == std::string_view::npos) {
      throw std::runtime_error("JetStream says " + std::string(message.payload));
    }
    ++acknowledged_;
  }

 private:
  const std::string number_;
  const std::string subject_;
  const std::string reply_;
  std::string payload_;
};

class StreamSubscriber : public NatsSpeaker {
 public:
  void greet(Out& out) override { greet_with(out, nats::connect(false) + nats::subscribe("deliver.bench", 1)); }

 protected:
  void on_message(const nats::Message& message, Out& out) override {
    ++delivered_;
    out.add("PUB ");
    out.add(message.reply);
    out.add(" 0\r\n\r\n");
  }
};

}  // namespace

bool NatsServer::installed() {
  return find_program(program).has_value();
}

NatsServer::NatsServer(int core, const std::filesystem::path& directory, Kind kind)
    : server_(start(core, directory, kind)) {
  if (kind == Kind::jetstream) make_stream(server_.port());
}

std::unique_ptr<Speaker> nats_publisher(unsigned index, unsigned line_bytes) {
  return std::make_unique<CorePublisher>(index, line_bytes);
}
std::unique_ptr<Speaker> nats_subscriber() {
  return std::make_unique<CoreSubscriber>();
}
std::unique_ptr<Speaker> jetstream_publisher(unsigned index, unsigned line_bytes) {
  return std::make_unique<StreamPublisher>(index, line_bytes);
}
std::unique_ptr<Speaker> jetstream_subscriber() {
  return std::make_unique<StreamSubscriber>();
}

}  // namespace bench
