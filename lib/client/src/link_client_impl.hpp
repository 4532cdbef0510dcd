#pragma once

/// The members of BasicLinkClient, for the sources that instantiate it.
#include "link_client_connecting.hpp"
#include "link_client_input.hpp"
#include "link_client_lines.hpp"
#include "link_client_output.hpp"

namespace tautline {

template <bool with_protocol_1>
BasicLinkClient<with_protocol_1>::BasicLinkClient(const LinkSettings& settings, const LinkBuffers& buffers)
    : settings_(settings),
      queue_(buffers.queue.data, buffers.queue.size),
      inbox_(buffers.inbox.data, buffers.inbox.size),
      receive_(buffers.receive.data, buffers.receive.size),
      output_(buffers.output.data),
      output_size_(capped_index(buffers.output.size)),
      agreed_max_line_(capped_index(settings.limits.max_payload)) {
  if constexpr (with_protocol_1) Part1::speaking_1 = settings.dialect == Dialect::protocol_1;
}

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::speaks_protocol_1() const {
  if constexpr (with_protocol_1) return Part1::speaking_1;
  return false;
}

}  // namespace tautline
