#pragma once

// On Linux the system's own, so that what uses them can be run.
#if defined(__linux__)

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#else

#include <fcntl.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

using socklen_t = std::uint32_t;
struct in_addr {
  std::uint32_t s_addr;
};
struct sockaddr {
  std::uint8_t sa_len;
  std::uint8_t sa_family;
  char sa_data[14];
};
struct sockaddr_in {
  std::uint8_t sin_len;
  std::uint8_t sin_family;
  std::uint16_t sin_port;
  in_addr sin_addr;
  char sin_zero[8];
};

#define AF_INET 2
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define TCP_NODELAY 0x01
#define SOL_SOCKET 0xfff
#define SO_ERROR 0x1007
#define MSG_NOSIGNAL 0x20
#define htons(number) (static_cast<std::uint16_t>(__builtin_bswap16(number)))
#ifndef O_NONBLOCK
#define O_NONBLOCK 1
#endif

extern "C" {
int socket(int domain, int type, int protocol);
int connect(int descriptor, const sockaddr* address, socklen_t size);
ssize_t recv(int descriptor, void* data, std::size_t size, int flags);
ssize_t send(int descriptor, const void* data, std::size_t size, int flags);
int setsockopt(int descriptor, int level, int name, const void* value, socklen_t size);
int getsockopt(int descriptor, int level, int name, void* value, socklen_t* size);
int close(int descriptor);
int fcntl(int descriptor, int command, ...);
int select(int count, fd_set* readable, fd_set* writable, fd_set* broken, timeval* timeout);
}

#endif
