#include "speaker_lines.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "tautline/core/decimal.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/wire_1.hpp"
#include "tautline/core/wire_2.hpp"

namespace bench {
namespace {

using namespace tautline;

constexpr std::uint32_t timeout_ms = 60'000;

class Lines2 : public Speaker {
 public:
  Lines2(const LoadOptions& options, unsigned index)
      : options_(options), id_(std::to_string(options.first_id + index)), payload_(options.line_bytes, 'x') {}

  void greet(Out& out) override {
    if (options_.greeting == Greeting::none) {
      ready_ = true;
    } else {
      out.at = wire_2::put_hello(out.at, {id_, {options_.window, 1024, timeout_ms}});
    }
  }

  std::size_t receive(std::string_view bytes, Out& out) override {
    const std::size_t whole = bytes.size();
    const std::uint64_t delivered_before = delivered_;
    std::string_view line;
    while (take_line(bytes, line)) {
      if (line.empty()) continue;
      if (!ready_) {
        on_greeting(line, out);
      } else if (line[0] == 'A') {
        line.remove_prefix(1);
        take_decimal(line, acknowledged_);
      } else if (line[0] == 'D') {
        line.remove_prefix(1);
        take_decimal(line, received_);
        ++delivered_;
      }
    }
    if (delivered_ != delivered_before) out.at = wire_2::put_status(out.at, received_, 0);
    return whole - bytes.size();
  }

  void write(Out& out) override {
    ++sent_;
    char number[max_decimal_digits];
    const auto digits = static_cast<std::size_t>(put_decimal(number, sent_) - number);
    const std::size_t overhead = digits + 3;
    // A line is never shorter than its number and one byte.
    const std::size_t payload = options_.line_bytes > overhead ? options_.line_bytes - overhead : 1;
    out.at = wire_2::put_data(out.at, sent_, std::string_view(payload_).substr(0, payload));
  }

 private:
  void on_greeting(std::string_view line, Out& out) {
    wire_2::Hi hi;
    wire_2::ServerGo go;
    if (wire_2::parse_hi(line, hi)) {
      wire_2::ClientGo answer;
      answer.generation = hi.generation;
      out.at = wire_2::put_client_go(out.at, answer);
    } else if (wire_2::parse_server_go(line, go)) {
      ready_ = true;
    } else {
      throw std::runtime_error("the server under test greets with " + std::string(line));
    }
  }

  const LoadOptions options_;
  const std::string id_;
  const std::string payload_;
  std::uint32_t received_ = 0;
};

class Lines1 : public Speaker {
 public:
  Lines1(const LoadOptions& options, unsigned index)
      : id_(std::to_string(options.first_id + index)),
        payload_(std::max<std::size_t>(options.line_bytes, wire_1::message_overhead + 1) - wire_1::message_overhead,
                 'x') {}

  void greet(Out& out) override { out.at = wire_1::put_id(out.at, id_); }

  std::size_t receive(std::string_view bytes, Out&) override {
    const std::size_t whole = bytes.size();
    std::string_view line;
    while (take_line(bytes, line)) {
      ready_ = true;  // the server's first keepalive: lines may go
      if (wire_1::parse_line(line).kind == wire_1::Kind::ack) ++acknowledged_;
    }
    return whole - bytes.size();
  }

  void write(Out& out) override {
    number_ = sent_ == 0 ? wire_1::first_number : wire_1::number_after(number_);
    ++sent_;
    out.at = wire_1::put_message(out.at, number_, payload_);
  }

 private:
  const std::string id_;
  const std::string payload_;
  std::uint8_t number_ = 0;
};

}  // namespace

std::unique_ptr<Speaker> speak_lines(const LoadOptions& options, unsigned index) {
  if (options.greeting == Greeting::tautline_1) return std::make_unique<Lines1>(options, index);
  return std::make_unique<Lines2>(options, index);
}

}  // namespace bench
