#include "contenders.hpp"

#include <string>

#include "mosquitto.hpp"

namespace bench {

void describe_contenders(Report& report) {
  const std::string memory = "server's memory";
  const std::string nothing = "nowhere";
  report.describe(
      {names::raw_epoll, 1, nothing, "epoll and sockets, no protocol, no state; acknowledges each read once"});
  report.describe(
      {names::raw_asio, 1, nothing, "a coroutine per connection, no protocol, no state; acknowledges each read once"});
  report.describe({names::batch, 1, memory, "Server::on_line: exactly once, in order"});
  report.describe({names::await, 1, memory, "a coroutine per client, co_await readline(): exactly once, in order"});
  report.describe({names::writing, 1, memory,
                   "a coroutine per client: an awaited write, then try_write() until the outbox (128 lines) is full"});
  report.describe({names::protocol_1, 1, memory, "as the one before, the client speaks protocol 1"});
  report.describe({names::shards_1, 1, memory, "Server::on_line"});
  report.describe({names::shards_2, 1, memory, "Server::on_line twice, in two threads, on two ports"});
  report.describe({names::both_asio, 1, nothing, "coroutines that write a line and read the answer"});
  report.describe({names::both_2, 1, memory, "AsyncClient and Server, co_await write()"});
  report.describe({names::both_1, 1, memory, "the same, the client set to protocol 1"});

  std::string configuration = Mosquitto::configuration();
  for (char& character : configuration) {
    if (character == '\n') character = ';';
  }
  const std::string broker = "broker's memory";
  const std::string mqtt = "64 publishers and a subscriber, MQTT 3.1.1; its configuration: " + configuration;
  const std::string one = "the same with one publisher";
  report.describe({names::mosquitto_1, 2, broker, "at least once; " + mqtt});
  report.describe({names::mosquitto_1_link, 2, broker, one});
  report.describe({names::mosquitto_1_alone, 1, "nowhere", "acknowledged with PUBACK, delivered to nobody"});
  report.describe({names::mosquitto_2, 2, broker, "exactly once within a connection; " + mqtt});
  report.describe({names::mosquitto_2_link, 2, broker, one});
  report.describe({names::nats, 2, "nowhere", "at most once; verbose mode, the server says +OK for each message"});
  const std::string file = "file, not synced";
  report.describe({names::jetstream, 2, file,
                   "nats-server syncs its file every two minutes, not for a message; one message at a time to the "
                   "stream's acknowledgement; de-duplication by Nats-Msg-Id, a push consumer"});
  for (const char* const name : {names::jetstream_4, names::jetstream_64}) {
    report.describe({name, 2, file,
                     "as NATS JetStream, with 64 publishers; de-duplication by Nats-Msg-Id, a push consumer that "
                     "acknowledges each message; the "
                     "stream keeps its messages (retention: limits)"});
  }
  report.describe({names::append, 0, "disk, synced", "what the disk does by itself; no server"});
  report.describe({names::commit, 0, "disk, synced", "SqliteStore without server and network"});
  report.describe({names::durable, 1, "disk, synced",
                   "Server::on_line: exactly once, in order, each line synced before it is acknowledged"});
}

}  // namespace bench
