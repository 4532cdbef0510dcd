#include "scale_server.hpp"

#include <malloc.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "tautline/server/server.hpp"

namespace bench {
namespace {

constexpr std::size_t written_line_bytes = 1000;
constexpr std::size_t written_outbox_bytes = 128 * 1024;

tautline::ServerOptions server_options(const ScaleServerOptions& options, ScaleServerFigures& figures) {
  tautline::ServerOptions result;
  result.address = "127.0.0.1";
  result.port = options.port;
  result.timeout_ms = options.timeout_ms;
  result.admit_unexpected = options.expected == 0;
  for (unsigned id = 1; id <= options.expected; ++id) result.expected.push_back(std::to_string(id));
  if (options.written_to != 0) result.outbox_bytes = written_outbox_bytes;
  result.on_link = [&figures](const tautline::Connection&, bool up) { up ? ++figures.links_up : --figures.links_up; };
  result.log = [&figures](tautline::LogLevel, const std::string&) { ++figures.warnings; };
  return result;
}

/// What an application does beside its links.
class Application {
 public:
  Application(asio::io_context& io, tautline::Server& server, const ScaleServerOptions& options,
              ScaleServerFigures& figures)
      : server_(server), figures_(figures), timer_(io), line_(written_line_bytes, 'x') {
    for (unsigned id = options.written_from; id <= options.written_to; ++id) {
      readers_.push_back(server.mailbox(std::to_string(id)));
    }
    server.on_line([this](const tautline::Connection&, std::string_view) { ++figures_.lines; });
    look();
  }

 private:
  void look() {
    figures_.connections = server_.connection_count();
    for (tautline::Connection& reader : readers_) {
      while (reader.status() && reader.try_write(line_) == tautline::WriteStatus::ok) ++figures_.written;
    }
    timer_.expires_after(std::chrono::milliseconds(100));
    timer_.async_wait([this](const std::error_code& error) {
      if (!error) look();
    });
  }

  tautline::Server& server_;
  ScaleServerFigures& figures_;
  asio::steady_timer timer_;
  std::string line_;
  std::vector<tautline::Connection> readers_;
};

}  // namespace

ServerProcess::Serve serve_scale(const ScaleServerOptions& options, ScaleServerFigures& figures) {
  return [options, &figures](const std::function<void(std::uint16_t)>& report_port) {
    figures.links_up = 0;
    asio::io_context io(1);
    tautline::Server server(io.get_executor(), server_options(options, figures));
    const Application application(io, server, options, figures);
    ::malloc_trim(0);  // what is measured from here on must not find memory that was resident before
    report_port(server.port());
    io.run();
  };
}

}  // namespace bench
