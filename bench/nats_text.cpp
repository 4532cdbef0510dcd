#include "nats_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace bench::nats {
namespace {

constexpr std::string_view crlf = "\r\n";

std::size_t split(std::string_view line, std::array<std::string_view, 6>& words) {
  std::size_t count = 0;
  while (!line.empty() && count < words.size()) {
    const std::size_t space = std::min(line.find(' '), line.size());
    words[count++] = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return count;
}

}  // namespace

bool take_message(std::string_view& bytes, Message& message) {
  const std::size_t end = bytes.find(crlf);
  if (end == std::string_view::npos) return false;
  const std::size_t start = end + crlf.size();
  message = {bytes.substr(0, end), {}, {}};
  if (!message.is_message()) {
    bytes.remove_prefix(start);
    return true;
  }
  // MSG subject sid [reply] bytes; HMSG subject sid [reply] header-bytes bytes
  std::array<std::string_view, 6> words;
  const std::size_t count = split(message.line, words);
  const std::string_view length = words[count - 1];
  std::size_t size = 0;
  const auto read = std::from_chars(length.data(), length.data() + length.size(), size);
  if (read.ec != std::errc() || read.ptr != length.data() + length.size()) {
    throw std::runtime_error("nats-server sends " + std::string(message.line));
  }
  if (bytes.size() < start + size + crlf.size()) return false;
  const std::size_t words_without_reply = message.line[0] == 'H' ? 5 : 4;
  if (count > words_without_reply) message.reply = words[3];
  message.payload = bytes.substr(start, size);
  bytes.remove_prefix(start + size + crlf.size());
  return true;
}

std::string connect(bool verbose) {
  return std::string("CONNECT {\"verbose\":") + (verbose ? "true" : "false") +
         R"(,"pedantic":false,"headers":true,"no_responders":false})" + "\r\n";
}

std::string subscribe(std::string_view subject, unsigned sid) {
  return "SUB " + std::string(subject) + " " + std::to_string(sid) + "\r\n";
}

std::string publish(std::string_view subject, std::string_view reply, std::string_view payload) {
  return "PUB " + std::string(subject) + " " + std::string(reply) + (reply.empty() ? "" : " ") +
         std::to_string(payload.size()) + "\r\n" + std::string(payload) + "\r\n";
}

std::string publish_once(std::string_view subject, std::string_view reply, std::string_view message_id,
                         std::string_view payload) {
  const std::string header = "NATS/1.0\r\nNats-Msg-Id: " + std::string(message_id) + "\r\n\r\n";
  return "HPUB " + std::string(subject) + " " + std::string(reply) + (reply.empty() ? "" : " ") +
         std::to_string(header.size()) + " " + std::to_string(header.size() + payload.size()) + "\r\n" + header +
         std::string(payload) + "\r\n";
}

}  // namespace bench::nats
