#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/core/event.hpp"
#include "tautline/core/limits.hpp"

/// The lines of protocol 2: text to fields and back. Grammar: docs/protocol.md. Nothing here has a state.
namespace tautline::wire_2 {

/// "TL2" SP id *opt
struct Hello {
  std::string_view id;
  ReceiveLimits limits;
};

/// "HI" SP gen SP sid *opt
struct Hi {
  std::uint32_t generation = 0;
  std::uint32_t sid = 0;
  ReceiveLimits limits;
};

/// "GO" SP gen SP (ack/"-") SP start SP (epoch/"-") *opt
struct ClientGo {
  std::uint32_t generation = 0;
  std::uint32_t ack = 0;  ///< meaningful with has_ack
  std::uint32_t start = 0;
  std::uint32_t epoch = 0;  ///< meaningful with has_epoch
  bool has_ack = false;
  bool has_epoch = false;
};

/// "GO" SP gen SP ack SP start *opt
struct ServerGo {
  std::uint32_t generation = 0;
  std::uint32_t ack = 0;
  std::uint32_t start = 0;
};

/// "BYE" SP code *(SP text)
struct Bye {
  Reason code = Reason::none;  ///< none: a code this version does not know
  std::string_view text;       ///< everything after "BYE ", for the log
};

enum class Kind : std::uint8_t { data, plain, status, resend, bye, nop, invalid };

/// A line of an open connection.
struct Line {
  Kind kind = Kind::invalid;
  std::uint32_t first = 0;   ///< data: seq; status: ack; resend: seq
  std::uint32_t second = 0;  ///< status: sent
  std::string_view payload;  ///< data, plain: the payload; bye: what stands after "BYE "
};

/// Each parser takes a line without its LF; a CR at its end is dropped. False, or Kind::invalid: it fits no rule.
bool parse_hello(std::string_view line, Hello& hello);
bool parse_hi(std::string_view line, Hi& hi);
bool parse_client_go(std::string_view line, ClientGo& go);
bool parse_server_go(std::string_view line, ServerGo& go);
bool parse_bye(std::string_view line, Bye& bye);
Line parse_line(std::string_view line);

/// Longest "BYE code" line with its LF.
constexpr std::size_t max_bye_bytes = 32;
/// Longest "A ack sent" line with its LF; the longest of A and R.
constexpr std::size_t max_status_bytes = 24;

/// Each writer writes one line with its LF at `out`, which must have max_handshake_bytes + 1 bytes of room
/// (put_status, put_resend: max_status_bytes), and returns the end.
char* put_hello(char* out, const Hello& hello);
char* put_hi(char* out, const Hi& hi);
char* put_client_go(char* out, const ClientGo& go);
char* put_server_go(char* out, const ServerGo& go);
char* put_bye(char* out, Reason code);
char* put_status(char* out, std::uint32_t ack, std::uint32_t sent);
char* put_resend(char* out, std::uint32_t seq);
/// Room needed: payload + max_line_overhead.
char* put_data(char* out, std::uint32_t seq, std::string_view payload);
char* put_plain(char* out, std::string_view payload);

}  // namespace tautline::wire_2
