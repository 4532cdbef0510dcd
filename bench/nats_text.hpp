#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// As much of NATS' client protocol as a load needs: text lines, and messages with a length.
/// https://docs.nats.io/reference/reference-protocols/nats-protocol
namespace bench::nats {

/// What a server sends: a line, or a message.
struct Message {
  std::string_view line;     ///< without CR LF: "+OK", "PING", "MSG subject sid [reply] bytes", ...
  std::string_view reply;    ///< MSG, HMSG: subject to answer to; empty: none
  std::string_view payload;  ///< MSG, HMSG: headers included, if there are any
  bool is_message() const { return line.starts_with("MSG ") || line.starts_with("HMSG "); }
};

/// Takes the first complete message from the front of `bytes`; false if there is none yet. Throws std::runtime_error
/// for a line whose length is no number.
bool take_message(std::string_view& bytes, Message& message);

/// Verbose: the server says +OK to each command, this one included.
std::string connect(bool verbose);
/// Answered with PONG when everything sent before has been done.
constexpr std::string_view ping = "PING\r\n";
std::string subscribe(std::string_view subject, unsigned sid);
/// An empty reply: none is asked for.
std::string publish(std::string_view subject, std::string_view reply, std::string_view payload);
/// With a header that lets a stream recognise a repetition.
std::string publish_once(std::string_view subject, std::string_view reply, std::string_view message_id,
                         std::string_view payload);

}  // namespace bench::nats
