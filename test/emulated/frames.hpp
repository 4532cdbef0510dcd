#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tautline::test {

/// The source ports of all connections that a device asked for (TCP SYN without ACK), in order; an attempt that was
/// repeated counts once. From a pcap file of Ethernet frames with IPv4.
std::vector<std::uint16_t> dialled_from(const std::string& frames_file);

}  // namespace tautline::test
