#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim_store.hpp"

namespace tautline::sim {

struct Range {
  std::uint64_t low;
  std::uint64_t high;
};

/// How the devices reach the network.
enum class Hosted : std::uint8_t {
  no,    ///< they have their own
  uart,  ///< through a bridge
  i2c,
};

/// What happens between a hosted board and its bridge, beside what happens to every device and network.
enum class BridgeFault : std::uint8_t {
  crash,   ///< the bridge loses its RAM and its connection; it starts again by itself, or when it is reset
  reboot,  ///< the board loses its RAM, most often in the middle of a transfer
  hang,    ///< the bridge does nothing for a while
  noise,   ///< bytes are damaged and lost, transfers refused and held up, edges not noticed
  cut,     ///< nothing passes
  stuck,   ///< a line stays at one level
};

/// How often each fault is chosen, relative to the others.
struct FaultWeights {
  std::uint32_t black_hole = 4;    ///< the connection swallows everything from now on, both ways
  std::uint32_t half_open = 4;     ///< ... one way
  std::uint32_t stall = 4;         ///< bytes are held and come late, perhaps after a newer connection
  std::uint32_t reset = 3;         ///< RST to one side or both, what was unread may be gone
  std::uint32_t reboot = 1;        ///< the device loses its RAM
  std::uint32_t freeze = 2;        ///< the device does nothing for a while and wakes late
  std::uint32_t wifi = 1;          ///< the device sees its interface go down
  std::uint32_t bridge_crash = 0;  ///< these need hosted devices; see BridgeFault
  std::uint32_t board_reboot = 0;
  std::uint32_t bridge_hang = 0;
  std::uint32_t cable_noise = 0;
  std::uint32_t cable_cut = 0;
  std::uint32_t cable_stuck = 0;
};
struct ServerFaultWeights {
  std::uint32_t kill = 1;   ///< the process dies, the kernel closes its sockets
  std::uint32_t crash = 1;  ///< the machine dies: nobody is told
  std::uint32_t stop = 2;   ///< orderly
  std::uint32_t freeze = 3;
};
/// ... of faults of the store; those of the disk only if it has one.
struct StoreFaultWeights {
  std::uint32_t disk = 4;     ///< it fails in some way, for a while
  std::uint32_t power = 2;    ///< the machine's power fails in the middle of a commit
  std::uint32_t another = 1;  ///< another server takes the links over and goes away
};

/// One kind of world. Each run draws its parameters from these ranges.
struct Profile {
  std::string_view name;
  std::string_view description;
  std::uint32_t devices = 8;
  Range duration_ms{600'000, 1'800'000};
  Range timeout_ms{1'000, 10'000};
  Range outage_interval_permille{1'000, 12'000};  ///< of the timeout, from one outage of a device to its next
  std::uint64_t longest_outage_interval_ms = 0;   ///< if not 0: the range above does not count, but this
  Range outage_length_permille{10, 4'000};        ///< of the timeout
  FaultWeights faults{};
  Range server_fault_interval_ms{60'000, 600'000};  ///< {0, 0}: none
  ServerFaultWeights server_faults{};
  std::uint32_t line_loss_permille = 0;  ///< of lines inside a connection, at bad times
  Range write_interval_ms{20, 4'000};
  std::uint32_t burst_permille = 100;
  std::uint32_t plain_permille = 60;  ///< of lines written with qos=False
  std::uint32_t pause_permille = 20;  ///< chance that a reader pauses after a read
  std::uint32_t long_line_permille = 20;
  Range window{1, 64};
  Range delay_ms{0, 120};
  std::uint32_t chunk_permille = 150;         ///< chance that a send is cut into several segments
  std::uint32_t small_buffer_permille = 150;  ///< chance that a connection takes few bytes
  std::uint32_t lag_permille = 100;           ///< chance that a process looks at an event only some milliseconds later
  bool near_wrap = false;                     ///< line numbers and generations begin just below 2^32
  StoreKind store = StoreKind::none;
  Range store_latency_ms{1, 100};  ///< of a commit
  Range store_fault_interval_ms{3'000, 30'000};
  StoreFaultWeights store_faults{};
  Hosted hosted = Hosted::no;
  bool shared_id = false;  ///< two devices per id
};

const std::vector<Profile>& profiles();
const Profile* find_profile(std::string_view name);

}  // namespace tautline::sim
