#include "tautline/server/server.hpp"

#include <asio/use_awaitable.hpp>

#include "server_core.hpp"

namespace tautline {

Server::Server(asio::any_io_executor executor, ServerOptions options)
    : core_(std::make_shared<detail::ServerCore>(std::move(executor), std::move(options))) {
  core_->open();
}

Server::~Server() {
  core_->shut_down();
}

std::uint16_t Server::port() const {
  return core_->port();
}
std::string Server::endpoint() const {
  return core_->endpoint();
}
std::uint32_t Server::connection_count() const {
  return core_->shard().connection_count();
}

std::optional<Connection> Server::find(std::string_view id) {
  Link* const link = detail::find_connected(*core_, id);
  if (link == nullptr) return std::nullopt;
  return core_->connection(*link);
}

std::string Server::store_problem() const {
  return core_->store_problem();
}

Connection Server::mailbox(std::string_view id) {
  Link* const link = core_->shard().find_or_create(id);
  if (link == nullptr) throw std::system_error(make_error_code(Error::unknown_client), std::string(id));
  return core_->connection(*link);
}

asio::awaitable<Connection> Server::client_conn(std::string id) {
  const auto connection = co_await wait_for(std::move(id), {}, false, asio::use_awaitable);
  co_return connection ? *connection : Connection();  // never empty: without a client it throws
}

asio::awaitable<std::optional<Connection>> Server::wait_all(std::optional<std::string> client_id,
                                                            std::vector<std::string> peers) {
  co_return co_await wait_for(client_id.value_or(""), std::move(peers), true, asio::use_awaitable);
}

asio::awaitable<StopReport> Server::stop() {
  co_return co_await stop(asio::use_awaitable);
}

void Server::close_all() {
  core_->close_all();
}

void Server::on_line(std::function<void(const Connection&, std::string_view)> handler) {
  core_->set_line_handler(std::move(handler));
}

// ---- Connection ---------------------------------------------------------------------------------

asio::awaitable<std::string> Connection::readline() {
  return read_line(*this);
}
asio::awaitable<std::string> Connection::read_line(Connection self) {
  std::string_view line;
  if (detail::try_read(*self.core_, *self.link_, line)) co_return std::string(line);
  co_return co_await self.readline(asio::use_awaitable);
}

asio::awaitable<void> Connection::accept(StoreEffect effect) {
  return accept_line(*this, std::move(effect));
}
asio::awaitable<void> Connection::accept_line(Connection self, StoreEffect effect) {
  const std::exception_ptr thrown = co_await self.accept(std::move(effect), asio::use_awaitable);
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> Connection::write(std::string line, WriteOptions options) {
  return write_line(*this, std::move(line), options);
}
asio::awaitable<void> Connection::write_line(Connection self, std::string line, WriteOptions options) {
  const bool until_stored = options.qos && detail::shard_of(*self.core_).has_store();
  if (!options.qos || (!options.wait && !until_stored)) {
    if (detail::try_write(*self.core_, *self.link_, line, options).status == WriteStatus::ok) co_return;
  }
  co_await self.write(std::move(line), options, asio::use_awaitable);
}

asio::awaitable<void> Connection::up() {
  return wait_up(*this);
}
asio::awaitable<void> Connection::wait_up(Connection self) {
  if (!self.status()) co_await self.up(asio::use_awaitable);
}

}  // namespace tautline
