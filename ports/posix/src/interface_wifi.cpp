#include "tautline/posix/interface_wifi.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace tautline::posix {
namespace {

/// A message about one link is well below 8 KB.
constexpr std::size_t buffer_bytes = 16384;
/// A machine that changes its interfaces all the time must not keep the client from its work.
constexpr int max_reads_per_look = 64;

constexpr std::size_t aligned(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

/// Copies a header out of bytes that may be anywhere; false if there are too few.
template <class Header>
bool copy_out(const char* data, std::size_t size, Header& header) {
  if (size < sizeof header) return false;
  std::memcpy(&header, data, sizeof header);
  return true;
}

/// The IFLA_IFNAME among the attributes.
std::string_view interface_name(const char* data, std::size_t size) {
  rtattr attribute{};
  while (copy_out(data, size, attribute) && attribute.rta_len >= sizeof attribute && attribute.rta_len <= size) {
    const std::size_t length = attribute.rta_len - sizeof attribute;
    if (attribute.rta_type == IFLA_IFNAME) return {data + sizeof attribute, ::strnlen(data + sizeof attribute, length)};
    const std::size_t step = aligned(attribute.rta_len);
    if (step >= size) break;
    data += step;
    size -= step;
  }
  return {};
}

}  // namespace

InterfaceWifi::InterfaceWifi(std::string name) : name_(std::move(name)) {
  if (name_.empty()) return;
  if (name_.size() >= IFNAMSIZ || name_.find_first_of(" /\t\n") != std::string::npos) {
    throw std::invalid_argument("'" + name_ + "' cannot be the name of a network interface: see `ip link`");
  }
  socket_ = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (socket_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    if (socket_ >= 0) ::close(socket_);
    throw std::system_error(error, std::generic_category(), "cannot watch the network interface " + name_);
  }
  request();  // after the subscription: no change between the two is missed
}

InterfaceWifi::~InterfaceWifi() {
  if (socket_ >= 0) ::close(socket_);
}

/// Asks for the present state; the answer is one of the messages.
void InterfaceWifi::request() {
  struct {
    nlmsghdr header;
    ifinfomsg link;
    rtattr attribute;
    char name[IFNAMSIZ];
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = RTM_GETLINK;
  message.header.nlmsg_flags = NLM_F_REQUEST;
  message.attribute.rta_type = IFLA_IFNAME;
  message.attribute.rta_len = static_cast<unsigned short>(sizeof message.attribute + sizeof message.name);
  std::memcpy(message.name, name_.data(), name_.size());
  [[maybe_unused]] const auto sent = ::send(socket_, &message, sizeof message, 0);
}

bool InterfaceWifi::is_up() {
  if (socket_ < 0) return true;
  alignas(nlmsghdr) char buffer[buffer_bytes];
  for (int reads = 0; reads < max_reads_per_look; ++reads) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t count = ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (count > 0) {
      if (sender.nl_pid == 0) read_messages(buffer, static_cast<std::size_t>(count));  // 0: the kernel
    } else if (count < 0 && errno == ENOBUFS) {
      request();  // messages were lost
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  return up_;
}

void InterfaceWifi::read_messages(const char* data, std::size_t size) {
  nlmsghdr header{};
  while (copy_out(data, size, header) && header.nlmsg_len >= sizeof header && header.nlmsg_len <= size) {
    on_message(header.nlmsg_type, data + sizeof header, header.nlmsg_len - sizeof header);
    const std::size_t step = aligned(header.nlmsg_len);
    if (step >= size) break;
    data += step;
    size -= step;
  }
}

void InterfaceWifi::on_message(unsigned type, const char* data, std::size_t size) {
  if (type == NLMSG_ERROR) {  // the answer to a request: there is no such interface
    index_ = 0;
    up_ = false;
    return;
  }
  ifinfomsg link{};
  if ((type != RTM_NEWLINK && type != RTM_DELLINK) || !copy_out(data, size, link)) return;
  // An interface that leaves a bridge is "deleted" in the bridge's own family, but stays.
  if (link.ifi_family != AF_UNSPEC) return;
  const bool has_our_name = interface_name(data + sizeof link, size - sizeof link) == name_;
  if (type == RTM_NEWLINK && has_our_name) {
    index_ = link.ifi_index;
    up_ = (link.ifi_flags & IFF_UP) != 0 && (link.ifi_flags & IFF_RUNNING) != 0;
  } else if (link.ifi_index == index_) {  // deleted, or it has another name now
    index_ = 0;
    up_ = false;
  }
}

}  // namespace tautline::posix
