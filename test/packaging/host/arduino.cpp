// An Arduino core for Linux, as far as the examples need one: it runs a sketch. Serial is stdin and stdout. WiFi comes
// up at once, with any name.

#include <Arduino.h>
#include <Client.h>
#include <Ethernet.h>
#include <WiFi.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

HardwareSerial Serial;
WiFiClass WiFi;
EthernetClass Ethernet;

namespace {

bool wifi_up = false;

bool is_readable(int descriptor) {
  pollfd waiting{descriptor, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

// ---- the core -----------------------------------------------------------------------------------

unsigned long micros() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<unsigned long>(now.tv_sec) * 1000000UL + static_cast<unsigned long>(now.tv_nsec) / 1000UL;
}
unsigned long millis() {
  return micros() / 1000UL;
}
void delay(unsigned long ms) {
  ::poll(nullptr, 0, static_cast<int>(ms));
}
void pinMode(std::uint8_t, std::uint8_t) {}
void digitalWrite(std::uint8_t pin, std::uint8_t value) {
  std::printf("pin %d %s\n", pin, value == HIGH ? "high" : "low");
}
int analogRead(std::uint8_t) {
  return 67;  // 216 mV
}
long random(long limit) {
  return std::rand() % limit;
}

size_t Print::print(const char* text) {
  return write(reinterpret_cast<const std::uint8_t*>(text), std::strlen(text));
}
size_t Print::println(const char* text) {
  return print(text) + print("\n");
}

void HardwareSerial::begin(unsigned long) {}
int HardwareSerial::available() {
  int count = 0;
  return ::ioctl(STDIN_FILENO, FIONREAD, &count) == 0 ? count : 0;
}
int HardwareSerial::read() {
  std::uint8_t byte = 0;
  return available() > 0 && ::read(STDIN_FILENO, &byte, 1) == 1 ? byte : -1;
}
int HardwareSerial::peek() {
  return -1;
}
size_t HardwareSerial::write(std::uint8_t byte) {
  return write(&byte, 1);
}
size_t HardwareSerial::write(const std::uint8_t* data, size_t size) {
  return std::fwrite(data, 1, size, stdout);
}

// ---- WiFi ---------------------------------------------------------------------------------------

bool WiFiClass::mode(wifi_mode_t) {
  return true;
}
bool WiFiClass::setAutoReconnect(bool) {
  return true;
}
wl_status_t WiFiClass::begin() {
  wifi_up = true;
  return WL_IDLE_STATUS;
}
wl_status_t WiFiClass::begin(const char* ssid, const char*, std::int32_t, const std::uint8_t*, bool) {
  std::printf("joins %s\n", ssid);
  return begin();
}
bool WiFiClass::disconnect(bool, bool, unsigned long) {
  wifi_up = false;
  return true;
}
bool WiFiClass::isConnected() {
  return wifi_up;
}

// ---- Ethernet: a client class whose connect() blocks --------------------------------------------

int EthernetClass::begin(std::uint8_t*) {
  return 1;
}
int EthernetClass::maintain() {
  return 0;
}
int EthernetClient::connect(IPAddress, std::uint16_t) {
  return 0;
}
int EthernetClient::connect(const char* host, std::uint16_t port) {
  stop();
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  if (::inet_pton(AF_INET, host, &server.sin_addr) != 1) return 0;
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0) return 1;
  stop();
  return 0;
}
int EthernetClient::availableForWrite() {
  pollfd waiting{socket_, POLLOUT, 0};
  return ::poll(&waiting, 1, 0) == 1 ? 512 : 0;
}
size_t EthernetClient::write(std::uint8_t byte) {
  return write(&byte, 1);
}
size_t EthernetClient::write(const std::uint8_t* data, size_t size) {
  const ssize_t count = ::send(socket_, data, size, MSG_NOSIGNAL);
  return count > 0 ? static_cast<size_t>(count) : 0;
}
int EthernetClient::available() {
  int count = 0;
  return socket_ >= 0 && ::ioctl(socket_, FIONREAD, &count) == 0 ? count : 0;
}
int EthernetClient::read() {
  std::uint8_t byte = 0;
  return read(&byte, 1) == 1 ? byte : -1;
}
int EthernetClient::read(std::uint8_t* data, size_t size) {
  return static_cast<int>(::recv(socket_, data, size, MSG_DONTWAIT));
}
int EthernetClient::peek() {
  return -1;
}
void EthernetClient::flush() {}
void EthernetClient::stop() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}
std::uint8_t EthernetClient::connected() {
  if (socket_ < 0) return 0;
  char byte = 0;
  return !is_readable(socket_) || ::recv(socket_, &byte, 1, MSG_PEEK) == 1 ? 1 : 0;
}
EthernetClient::operator bool() {
  return socket_ >= 0;
}
void EthernetClient::setConnectionTimeout(std::uint16_t) {}

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  setup();
  while (true) loop();
}
