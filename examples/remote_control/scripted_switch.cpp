#include "coroutine.hpp"
#include "switch.hpp"

namespace remote_control {
namespace {

class ScriptedSwitch : public Switch {
 public:
  ScriptedSwitch(int presses, std::chrono::milliseconds period) : presses_(presses), period_(period) {}

  asio::awaitable<bool> next(bool& on) override {
    co_await example::pause(period_);
    if (presses_-- <= 0) co_return false;
    on_ = !on_;
    on = on_;
    co_return true;
  }

 private:
  int presses_;
  std::chrono::milliseconds period_;
  bool on_ = false;
};

}  // namespace

std::unique_ptr<Switch> make_scripted_switch(int presses, std::chrono::milliseconds period) {
  return std::make_unique<ScriptedSwitch>(presses, period);
}

}  // namespace remote_control
