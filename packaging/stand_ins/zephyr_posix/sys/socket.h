#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

using socklen_t = std::size_t;
struct sockaddr {
  std::uint16_t sa_family;
  char data[22];
};

#define AF_INET 1
#define SOCK_STREAM 1
#define SOL_SOCKET 1
#define SO_ERROR 4
#define MSG_NOSIGNAL 0

extern "C" {
int socket(int domain, int type, int protocol);
int connect(int descriptor, const sockaddr* address, socklen_t size);
ssize_t recv(int descriptor, void* data, std::size_t size, int flags);
ssize_t send(int descriptor, const void* data, std::size_t size, int flags);
int setsockopt(int descriptor, int level, int name, const void* value, socklen_t size);
int getsockopt(int descriptor, int level, int name, void* value, socklen_t* size);
}
