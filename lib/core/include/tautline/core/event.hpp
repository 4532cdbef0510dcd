#pragma once

#include <cstdint>
#include <string_view>

namespace tautline {

/// Which side of a link.
enum class Role : std::uint8_t { client, server };

/// Why a connection ended or could not begin. The values from `version` to `closing` are the BYE codes of
/// protocol 2 in either direction.
enum class Reason : std::uint8_t {
  none,
  wifi,            ///< the network interface is down
  unresolved,      ///< the server's host name has no address
  unreachable,     ///< TCP connect failed or timed out
  silent,          ///< nothing received for one timeout
  blocked,         ///< the peer took no bytes for one timeout
  peer_closed,     ///< FIN or RST from the peer
  not_protocol_2,  ///< the server's first line was neither HI nor BYE: it speaks protocol 1
  local_close,     ///< this side was told to close
  version,         ///< BYE version: the peer does not speak our version
  id,              ///< BYE id: this client id is not expected
  busy,            ///< BYE busy: the server is at a limit
  superseded,      ///< BYE superseded: a newer connection of the same id took over
  epoch,           ///< BYE epoch: the server acknowledged lines never written; the client starts a new epoch
  sid,             ///< BYE sid: the server's record was rolled back; it starts a new session
  size,            ///< BYE size: a queued line is longer than the receiver's limit
  syntax,          ///< BYE syntax: a line that fits no rule
  closing,         ///< BYE closing: the peer stops in an orderly way
};

/// A short fixed English name, as on the wire for BYE codes: "superseded".
const char* to_string(Reason reason);

/// The BYE code of that name, or Reason::none if there is none.
Reason bye_code(std::string_view name);

/// What one received line means to the host (the program around a protocol state machine).
enum class Event : std::uint8_t {
  none,          ///< nothing to do
  opened,        ///< the handshake is done; lines numbered up to LinkNumbers::base - 1 are acknowledged
  acknowledged,  ///< LinkNumbers::base advanced: release those lines. Counts as a keepalive.
  keepalive,     ///< a status line or an empty line that acknowledged nothing new
  line,          ///< a qos line in order: put `payload` in the inbox, then call accept(). Not accepted: it comes again.
  plain_line,    ///< a qos=False line: keep `payload` if there is a slot that the window does not promise
  failed,        ///< the connection is over: send what produce() still has (perhaps a BYE), then close
};

/// What receive() says about one line.
struct Input {
  Event event = Event::none;     ///< what to do
  Reason reason = Reason::none;  ///< with Event::failed
  bool from_peer = false;        ///< with Event::failed: the peer said BYE (true), or this side found the fault
  bool drop_inbox = false;       ///< client, H3 and H5: lines received and not yet taken belong to a forgotten session
  std::string_view payload;      ///< points into the line given to receive(); with `failed`, the text of the peer's BYE
};

/// What poll() found due.
enum class Due : std::uint8_t {
  nothing,
  output,   ///< produce() has something to send
  silent,   ///< nothing received for one timeout, or the handshake took longer than one: close
  stalled,  ///< told once per stall: the peer has acknowledged nothing for ten timeouts while lines wait
};

}  // namespace tautline
