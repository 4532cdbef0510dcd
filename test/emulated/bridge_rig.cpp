#include "bridge_rig.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>

namespace tautline::test {
namespace {

constexpr int port_b = 1;
constexpr unsigned reset_pin = 2;

/// Of what the line damages.
std::uint32_t seed_of_run() {
  const char* const given = std::getenv("TAUTLINE_SEED");
  const std::uint32_t seed =
      given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("replay: TAUTLINE_SEED=%u\n", seed);
  return seed;
}

}  // namespace

BridgeRig::BridgeRig(const Board& bridge_board, int period_ms, const RigOptions& options,
                     const std::vector<std::string>& hosted_settings, const std::string& image)
    : bridge_board_(bridge_board), rig_({"1"}, options), line_(seed_of_run()) {
  start_bridge();
  EmulatorOptions hosted;
  hosted.image = image;
  hosted.with_pins = true;
  hosted.listen_to_port = port_b;
  hosted.with_network = false;
  hosted.serial_line = line_.plug(SerialLine::hosted);
  std::vector<std::string> settings{"timeout=700", "period=" + std::to_string(period_ms)};
  settings.insert(settings.end(), hosted_settings.begin(), hosted_settings.end());
  rig_.add_device(lm3s6965(), "1", settings, hosted);
  rig_.each_turn([this] { carry_reset_line(); });
}

void BridgeRig::start_bridge() {
  EmulatorOptions options;
  options.image = "bridge";
  options.serial_line = line_.plug(SerialLine::bridge);
  bridge_ = std::make_unique<Emulator>(bridge_board_, std::vector<std::string>{}, options);
}

std::size_t BridgeRig::pulls() {
  return hosted().pins().falls(reset_pin);
}

/// A reset gets a board going again even if nothing in it runs.
void BridgeRig::carry_reset_line() {
  if (pulls() == pulls_carried_) return;
  pulls_carried_ = pulls();
  if (bridge_ == nullptr) return;
  bridge_->reset();
  bridge_->unfreeze();
}

}  // namespace tautline::test
