#include "tautline/posix/tcp_transport.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace tautline::posix {
namespace {

/// What an errno of connect() means: a refusal came from the server's host.
ConnectStatus connect_failure(int error) {
  return error == ECONNREFUSED ? ConnectStatus::refused : ConnectStatus::unreachable;
}

}  // namespace

// ---- Resolution ---------------------------------------------------------------------------------

Resolution::Resolution(std::string host, std::uint16_t port)
    : host_(std::move(host)), port_(port), event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Resolution::~Resolution() {
  if (event_ >= 0) ::close(event_);
}

std::shared_ptr<Resolution> Resolution::start(const std::string& host, std::uint16_t port) {
  auto resolution = std::make_shared<Resolution>(host, port);
  resolution->look_up(AI_NUMERICHOST);
  if (!resolution->addresses_.empty()) return resolution;
  resolution->done_.store(false, std::memory_order_relaxed);
  try {
    std::thread([resolution] { resolution->look_up(0); }).detach();
  } catch (const std::system_error&) {
    resolution->done_.store(true, std::memory_order_release);  // no thread to be had: no address, and another attempt
  }
  return resolution;
}

void Resolution::look_up(int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &hints, &found) == 0) {
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_addrlen > sizeof(sockaddr_storage)) continue;
      Address address;
      std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
      address.length = entry->ai_addrlen;
      addresses_.push_back(address);
    }
    ::freeaddrinfo(found);
  }
  done_.store(true, std::memory_order_release);
  const bool found_or_over = !addresses_.empty() || (flags & AI_NUMERICHOST) == 0;
  if (found_or_over && event_ >= 0) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
  }
}

// ---- TcpTransport -------------------------------------------------------------------------------

void TcpTransport::connect(const char* host, std::uint16_t port) {
  close();
  // A look-up of before that still runs serves this attempt too: a resolver that hangs must not collect threads.
  if (abandoned_ && !abandoned_->done() && abandoned_->is_for(host, port)) {
    resolution_ = std::move(abandoned_);
  } else {
    resolution_ = Resolution::start(host, port);
  }
  abandoned_.reset();
  next_ = 0;
  status_ = ConnectStatus::resolving;
}

ConnectStatus TcpTransport::progress() {
  if (status_ == ConnectStatus::resolving && resolution_->done()) {
    if (resolution_->addresses().empty()) {
      status_ = ConnectStatus::unresolved;
    } else {
      next_address();  // or it says why none was left
    }
  } else if (status_ == ConnectStatus::connecting) {
    pollfd waiting{socket_, POLLOUT, 0};
    if (::poll(&waiting, 1, 0) == 1) {
      int error = 0;
      socklen_t length = sizeof error;
      if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0) {
        status_ = ConnectStatus::connected;
        read_wanted_ = true;
        drop_resolution();
      } else {
        status_ = connect_failure(error);
        next_address();
      }
    }
  }
  return status_;
}

bool TcpTransport::next_address() {
  if (!resolution_ || !resolution_->done()) return false;
  const auto& addresses = resolution_->addresses();
  while (next_ < addresses.size()) {
    if (open_socket(addresses[next_++])) {
      status_ = ConnectStatus::connecting;
      return true;
    }
  }
  return false;
}

bool TcpTransport::open_socket(const Address& address) {
  close_socket();
  if (before_close_) before_close_();  // descriptor() was the resolution's until now
  socket_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket_ < 0) {
    status_ = ConnectStatus::unreachable;
    return false;
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0) return true;
  if (errno == EINPROGRESS || errno == EINTR) return true;
  status_ = connect_failure(errno);
  close_socket();
  return false;
}

IoResult TcpTransport::read(char* data, std::size_t size) {
  read_wanted_ = true;
  if (skip_reading_) return {};
  while (true) {
    const ssize_t count = ::recv(socket_, data, size, 0);
    if (count > 0) return {static_cast<std::size_t>(count), false};
    if (count == 0) return {0, true};
    if (errno == EINTR) continue;
    return {0, errno != EAGAIN};
  }
}

IoResult TcpTransport::write(const char* data, std::size_t size) {
  write_wanted_ = false;
  while (true) {
    const ssize_t count = ::send(socket_, data, size, MSG_NOSIGNAL);
    if (count >= 0) {
      write_wanted_ = static_cast<std::size_t>(count) < size;
      return {static_cast<std::size_t>(count), false};
    }
    if (errno == EINTR) continue;
    write_wanted_ = errno == EAGAIN;
    return {0, !write_wanted_};
  }
}

void TcpTransport::close() {
  drop_resolution();
  close_socket();
  status_ = ConnectStatus::unreachable;
}

void TcpTransport::close_socket() {
  if (socket_ < 0) return;
  if (before_close_) before_close_();
  ::close(socket_);
  socket_ = -1;
  read_wanted_ = write_wanted_ = false;
}

void TcpTransport::drop_resolution() {
  if (!resolution_) return;
  if (socket_ < 0 && before_close_) before_close_();
  if (!resolution_->done()) abandoned_ = std::move(resolution_);
  resolution_.reset();
}

}  // namespace tautline::posix
