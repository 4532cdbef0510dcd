#pragma once

#include "tautline/esp_idf/name_lookup.hpp"
#include "tautline/sockets/socket_transport.hpp"

namespace tautline::esp_idf {

/// The transport seam of the client over lwIP's sockets, as ESP-IDF has them. lwIP keeps one address per name.
using SocketTransport = sockets::SocketTransport<NameLookup>;

}  // namespace tautline::esp_idf
