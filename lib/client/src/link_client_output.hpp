#pragma once

#include "tautline/client/link_client.hpp"

/// The members of BasicLinkClient that produce bytes to send.
namespace tautline {

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::has_output(std::uint32_t now_ms) const {
  if (output_begin_ != output_end_) return true;
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) {
      auto& queue = const_cast<LineQueue&>(queue_);  // only its cursor moves
      return Part1::protocol_1.has_output(Part1::numbers_1, queue, now_ms);
    }
  }
  return protocol_.has_output(numbers_);
}

template <bool with_protocol_1>
std::string_view BasicLinkClient<with_protocol_1>::output(std::uint32_t now_ms) {
  if (!is_connected()) return {};
  // Nothing new while old bytes wait: they may end in the middle of a line.
  if (output_begin_ == output_end_) {
    output_begin_ = 0;
    if (speaks_protocol_1()) {
      if constexpr (with_protocol_1) {
        output_end_ = to_index(Part1::protocol_1.produce(Part1::numbers_1, queue_, output_, output_size_, now_ms));
        release_acknowledged();
      }
    } else {
      output_end_ = to_index(protocol_.produce_to_server(numbers_, queue_, output_, output_size_, now_ms));
      if (protocol_.phase() == Protocol2::Phase::failed) fail(protocol_.failure());
    }
  }
  return {output_ + output_begin_, std::size_t{output_end_} - output_begin_};
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::sent(std::size_t count, std::uint32_t now_ms) {
  output_begin_ = to_index(output_begin_ + count);
  if (count != 0 || !blocked_) blocked_ms_ = now_ms;
  blocked_ = output_begin_ != output_end_;
}

}  // namespace tautline
