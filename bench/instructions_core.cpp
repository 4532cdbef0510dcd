// The state machines of both sides without a network.

#include <string>
#include <string_view>
#include <vector>

#include "instructions.hpp"
#include "tautline/client/link_client.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/line_queue.hpp"
#include "tautline/core/protocol_2.hpp"

namespace bench {
namespace {

using namespace tautline;

constexpr std::uint32_t now_ms = 1000;
constexpr ReceiveLimits limits{burst, 1024, 60'000};

/// A server's side that a client has opened; both have numbered their lines up to first_seq - 1.
struct OpenServer {
  LinkNumbers numbers;
  Protocol2 protocol;
  std::vector<char> memory = std::vector<char>(LineQueue::bytes_for(burst, payload_bytes));
  LineQueue queue{memory.data(), memory.size()};
  char out[64 * 1024];

  OpenServer() {
    numbers.sid_known = true;
    numbers.base = numbers.next = first_seq;
    wire_2::Hello hello;
    hello.id = "1";
    hello.limits = limits;
    protocol.start_server(numbers, hello, limits, now_ms);
    require(produce() != 0, "the server says no HI");
    const std::string go = "GO " + std::to_string(protocol.generation()) + " - " + std::to_string(first_seq - 1) + " -";
    require(protocol.receive_from_client(numbers, go, now_ms).event == Event::opened, "the server does not open");
    require(produce() != 0, "the server says no GO");
  }
  std::size_t produce() { return protocol.produce(numbers, queue, out, sizeof out, now_ms); }
};

/// A LinkClient that a server has opened, and the server's lines for it as text.
struct OpenClient {
  static constexpr LinkBufferSizes sizes = link_buffer_sizes(burst, burst, limits.max_payload);
  static constexpr std::size_t io_bytes = 64 * 1024;
  LinkSettings settings{"1", limits, Dialect::protocol_2};
  std::vector<char> queue = std::vector<char>(sizes.queue);
  std::vector<char> inbox = std::vector<char>(sizes.inbox);
  std::vector<char> receive = std::vector<char>(io_bytes);
  std::vector<char> output = std::vector<char>(io_bytes);
  LinkClient client{settings,
                    {{queue.data(), queue.size()},
                     {inbox.data(), inbox.size()},
                     {receive.data(), receive.size()},
                     {output.data(), output.size()}}};

  OpenClient() {
    client.wifi_is(true, now_ms);
    turn();
    client.connect_progress(ConnectStatus::connected, now_ms);
    turn();
    hear("HI 1 1 w=64 n=1024 t=60000\n");
    turn();
    hear("GO 1 0 " + std::to_string(first_seq - 1) + "\n");
    turn();
    require(client.is_open(), "the client does not open");
  }
  void hear(std::string_view bytes) {
    require(bytes.size() <= client.receive_room(), "the client has no room");
    bytes.copy(client.receive_space(), bytes.size());
    client.received(bytes.size(), now_ms);
  }
  /// What a host does after it has read; returns the bytes sent.
  std::size_t turn() {
    client.tick(now_ms);
    const std::size_t bytes = client.output(now_ms).size();
    client.sent(bytes, now_ms);
    client.next_step(now_ms);
    return bytes;
  }
};

std::string status_line(std::uint32_t ack, std::uint32_t sent) {
  char line[wire_2::max_status_bytes];
  return {line, wire_2::put_status(line, ack, sent)};
}

}  // namespace

void core_server_receives(const Work& work) {
  OpenServer server;
  const std::string lines = data_lines(first_seq, work.most);
  std::string_view rest = lines;
  for (unsigned done = 0; done < work.lines; done += burst) {
    std::string_view line;
    for (unsigned i = 0; i < burst && take_line(rest, line); ++i) {
      if (server.protocol.receive_from_client(server.numbers, line, now_ms).event == Event::line) {
        server.protocol.accept(server.numbers);
      }
    }
    server.protocol.acknowledge(server.numbers, server.numbers.rx);
    require(server.produce() != 0, "no acknowledgement");
  }
  require(server.numbers.ack == first_seq - 1 + work.lines, "lines are missing");
}

void core_server_writes(const Work& work) {
  OpenServer server;
  for (unsigned done = 0; done < work.lines; done += burst) {
    for (unsigned i = 0; i < burst; ++i) {
      require(server.queue.push(payload()), "the queue has no room");
      ++server.numbers.next;
    }
    require(server.produce() == burst * (payload_bytes + 8), "not all lines were sent");
    std::string ack = status_line(server.numbers.next - 1, 0);
    ack.pop_back();
    server.protocol.receive_from_client(server.numbers, ack, now_ms);
    while (server.queue.size() != server.numbers.unacknowledged()) server.queue.pop_front();
  }
  require(server.numbers.base == first_seq + work.lines, "lines are missing");
}

void client_writes(const Work& work) {
  OpenClient peer;
  for (unsigned done = 0; done < work.lines; done += burst) {
    WriteResult written;
    for (unsigned i = 0; i < burst; ++i) written = peer.client.write(payload());
    require(written.status == WriteStatus::ok && peer.turn() != 0, "not sent");
    peer.hear(status_line(written.ticket, 0));
    require(peer.client.acknowledged(written.ticket), "not acknowledged");
  }
}

void client_reads(const Work& work) {
  OpenClient peer;
  const std::string lines = data_lines(first_seq, work.most);
  const std::size_t burst_bytes = lines.size() / work.most * burst;
  unsigned taken = 0;
  for (unsigned done = 0; done < work.lines; done += burst) {
    peer.hear(std::string_view(lines).substr(done / burst * burst_bytes, burst_bytes));
    std::string_view line;
    while (peer.client.readline(line)) ++taken;
    require(peer.turn() != 0, "not acknowledged");
  }
  require(taken == work.lines, "lines are missing");
}

}  // namespace bench
