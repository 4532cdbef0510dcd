// The server on Asio with real sockets, and with the Asio client on the other side, all in one thread.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include "instructions.hpp"
#include "tautline/posix/async_client.hpp"
#include "tautline/server/server.hpp"

namespace bench {
namespace {

using namespace tautline;

ServerOptions server_options() {
  ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.timeout_ms = 600'000;  // no status line falls into the measurement
  options.expected = {"1"};
  options.log = [](LogLevel, const std::string&) {};
  return options;
}

/// A client of a few system calls, so that what is counted is the server's.
class BareClient {
 public:
  BareClient(asio::io_context& io, std::uint16_t port) : io_(io), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "cannot connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::string hi = ask("TL2 1 w=64 n=1024 t=600000\n");
    const std::string generation = hi.substr(3, hi.find(' ', 3) - 3);
    ask("GO " + generation + " - " + std::to_string(first_seq - 1) + " -\n");
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;
  ~BareClient() { ::close(socket_); }

  /// Sends, lets the server run and returns its answer.
  std::string ask(std::string_view bytes) {
    require(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()), "no send");
    char answer[256];
    ssize_t count = -1;
    for (int turn = 0; turn < 1000 && count < 0; ++turn) {
      io_.run_one();
      count = ::recv(socket_, answer, sizeof answer, MSG_DONTWAIT);
    }
    require(count > 0, "no answer from the server");
    return {answer, static_cast<std::size_t>(count)};
  }

 private:
  asio::io_context& io_;
  int socket_;
};

void send_bursts(const Work& work, asio::io_context& io, Server& server) {
  BareClient client(io, server.port());
  const std::string lines = data_lines(first_seq, work.most);
  const std::size_t segment = lines.size() / work.most * burst;
  std::string answer;
  for (unsigned i = 0; i < work.lines / burst; ++i) {
    answer = client.ask(std::string_view(lines).substr(i * segment, segment));
  }
  require(answer == "A" + std::to_string(first_seq - 1 + work.lines) + " 0\n", "lines are missing");
}

asio::awaitable<void> consume(Server& server, unsigned& taken) {
  Connection connection = co_await server.client_conn("1");
  for (;;) {
    const std::string line = co_await connection.readline();
    if (line.size() == payload_bytes) ++taken;
  }
}

posix::AsyncClientConfig client_config(std::uint16_t port) {
  posix::AsyncClientConfig config;
  config.my_id = "1";
  config.server = "127.0.0.1";
  config.port = port;
  config.timeout_ms = 600'000;
  return config;
}

/// Runs `work` to its end, whatever else waits.
void run(asio::io_context& io, asio::awaitable<void> work) {
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
    failure = error;
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> write_to_server(posix::AsyncClient& client, unsigned lines) {
  co_await client.up();
  for (unsigned i = 0; i < lines; ++i) co_await client.write(std::string(payload()));
}

asio::awaitable<void> read_all(posix::AsyncClient client, unsigned& taken) {
  for (;;) {
    const std::string line = co_await client.readline();
    if (line.size() == payload_bytes) ++taken;
  }
}

asio::awaitable<void> write_to_client(Server& server, unsigned lines) {
  Connection connection = co_await server.client_conn("1");
  for (unsigned i = 0; i < lines; ++i) co_await connection.write(std::string(payload()));
}

}  // namespace

void server_handler(const Work& work) {
  asio::io_context io(1);
  Server server(io.get_executor(), server_options());
  unsigned taken = 0;
  server.on_line([&](const Connection&, std::string_view) { ++taken; });
  send_bursts(work, io, server);
  require(taken == work.lines, "lines are missing");
}

void server_awaitable_per_line(const Work& work) {
  asio::io_context io(1);
  Server server(io.get_executor(), server_options());
  unsigned taken = 0;
  asio::co_spawn(io, consume(server, taken), asio::detached);
  send_bursts(work, io, server);
  require(taken == work.lines, "lines are missing");
}

void exchange_to_server(const Work& work) {
  asio::io_context io(1);
  Server server(io.get_executor(), server_options());
  unsigned taken = 0;
  asio::co_spawn(io, consume(server, taken), asio::detached);
  posix::AsyncClient client(io.get_executor(), client_config(server.port()));
  run(io, write_to_server(client, work.lines));
  require(taken == work.lines, "lines are missing");
}

void exchange_to_client(const Work& work) {
  asio::io_context io(1);
  Server server(io.get_executor(), server_options());
  unsigned taken = 0;
  const posix::AsyncClient client(io.get_executor(), client_config(server.port()));
  asio::co_spawn(io, read_all(client, taken), asio::detached);
  run(io, write_to_client(server, work.lines));
  require(taken == work.lines, "lines are missing");
}

}  // namespace bench
