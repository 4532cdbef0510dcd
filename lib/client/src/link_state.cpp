#include "tautline/client/link_client.hpp"

namespace tautline {

const char* to_string(LinkState state) {
  switch (state) {
    case LinkState::wifi_down: return "WiFi down";
    case LinkState::waiting: return "waiting to try again";
    case LinkState::connecting: return "connecting";
    case LinkState::handshake: return "shaking hands";
    case LinkState::open: return "open";
    case LinkState::closing: return "closing";
    case LinkState::ending: return "ending";
    case LinkState::closed: return "closed";
  }
  return "unknown";
}

}  // namespace tautline
