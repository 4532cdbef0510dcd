// Runs the program of an ESP-IDF project on Linux.

#include <cstdio>

extern "C" void app_main();

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  app_main();
}
