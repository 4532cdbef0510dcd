#include "actions.hpp"

#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"

namespace node {
namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

/// Without substr(), whose check of the position brings in exceptions.
bool starts_with(std::string_view line, std::string_view prefix) {
  return line.size() >= prefix.size() && std::memcmp(line.data(), prefix.data(), prefix.size()) == 0;
}

/// The message of the remote control: `{"on":true}`.
bool parse_switch(std::string_view line, bool& on) {
  constexpr std::string_view key = "{\"on\":";
  if (!starts_with(line, key)) return false;
  line.remove_prefix(key.size());
  while (starts_with(line, " ")) line.remove_prefix(1);
  on = starts_with(line, "true");
  return on || starts_with(line, "false");
}

/// What survives a reset: the client's eight bytes, and the effect of the server's lists, which here is their count.
struct Effect {
  bool known;
  tautline::KeptNumbers numbers;
  std::uint32_t lists;
};

Effect& effect() {
  static_assert(sizeof(Effect) <= sizeof(board::Kept));
  return reinterpret_cast<Effect&>(board::kept());
}

/// The list's effect and the mark that it was taken are stored one right after the other, and before the server is
/// told. (In flash they would be one record.)
void take_list(Client& client) {
  client.accept();
  Effect after = effect();
  ++after.lists;
  after.known = client.numbers_to_keep(after.numbers);
  effect() = after;
  print("lists ", after.lists, "\n");
}

}  // namespace

void on_state(void*, bool up, tautline::Reason reason) {
  if (up) {
    print("link up\n");
  } else {
    print("link down: ", to_string(reason), "\n");
  }
}

void resume(Client& client, const Settings& settings) {
  if (settings.keeps_numbers && effect().known) client.resume(effect().numbers);
}

Text list_of(std::uint32_t count, const Client& client) {
  Text list;
  list << "[" << count << ", " << client.connects() << ", " << board::boots() << "]";
  return list;
}

void act_on(std::string_view line, Client& client, const Settings& settings) {
  bool on = false;
  if (starts_with(line, "[")) {
    take_list(client);
  } else if (parse_switch(line, on)) {
    board::write_pin(output_pin, on);
    if (!settings.has_switch) client.write(line, false);  // tells the switch that the lamp has changed
  } else {
    print("which is no list\n");
  }
}

void hang() {
  print("hangs\n");
  while (true) {
    __asm__ volatile("" ::: "memory");
  }
}

}  // namespace node
