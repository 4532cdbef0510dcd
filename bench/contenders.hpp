#pragma once

#include "report.hpp"

/// The contenders of the measurements, in the words of the report.
namespace bench::names {

constexpr const char* raw_epoll = "bare epoll";
constexpr const char* raw_asio = "bare Asio";
constexpr const char* batch = "Tautline, one handler for all";
constexpr const char* await = "Tautline, an awaitable per line";
constexpr const char* writing = "Tautline, a writing coroutine per link";
constexpr const char* protocol_1 = "Tautline, protocol 1";
constexpr const char* shards_1 = "Tautline, one shard";
constexpr const char* shards_2 = "Tautline, two shards";
constexpr const char* both_asio = "bare Asio on both sides";
constexpr const char* both_2 = "Tautline on both sides, protocol 2";
constexpr const char* both_1 = "Tautline on both sides, protocol 1";
constexpr const char* mosquitto_1 = "Mosquitto QoS 1";
constexpr const char* mosquitto_1_alone = "Mosquitto QoS 1, no subscriber";
constexpr const char* mosquitto_2 = "Mosquitto QoS 2";
constexpr const char* mosquitto_1_link = "Mosquitto QoS 1, one publisher";
constexpr const char* mosquitto_2_link = "Mosquitto QoS 2, one publisher";
constexpr const char* nats = "NATS core, +OK";
constexpr const char* jetstream = "NATS JetStream";
constexpr const char* jetstream_4 = "NATS JetStream, window 4";
constexpr const char* jetstream_64 = "NATS JetStream, window 64";
constexpr const char* append = "append + fdatasync";
constexpr const char* commit = "a commit of the store alone";
constexpr const char* durable = "Tautline with SqliteStore";

}  // namespace bench::names

namespace bench {

/// Says in the report who they are: hops, durability, configuration.
void describe_contenders(Report& report);

}  // namespace bench
