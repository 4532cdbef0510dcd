#include <iostream>

#include <tautline/posix/port.hpp>

int main() {
  tautline::ClientConfig config;
  config.my_id = "door";
  config.server = "localhost";
  tautline::posix::Port port;  // on a microcontroller another port; the rest stays
  tautline::posix::Client<> client(port, config);
  client.write("temp 21.5");  // queued, and sent again until the server has it
  for (;;) {
    client.poll(port.now_ms());
    std::string_view line;
    while (client.readline(line)) std::cout << line << std::endl;
    port.wait(client.deadline_ms());
  }
}
