#pragma once

#include "Client.h"

class EthernetClient : public Client {
 public:
  EthernetClient() = default;
  ~EthernetClient() override { stop(); }
  int connect(IPAddress address, std::uint16_t port) override;
  int connect(const char* host, std::uint16_t port) override;
  int availableForWrite() override;
  size_t write(std::uint8_t byte) override;
  size_t write(const std::uint8_t* data, size_t size) override;
  int available() override;
  int read() override;
  int read(std::uint8_t* data, size_t size) override;
  int peek() override;
  void flush() override;
  void stop() override;
  std::uint8_t connected() override;
  operator bool() override;
  void setConnectionTimeout(std::uint16_t ms);

 private:
  int socket_ = -1;
};

class EthernetClass {
 public:
  int begin(std::uint8_t* mac);
  int maintain();
};

extern EthernetClass Ethernet;
