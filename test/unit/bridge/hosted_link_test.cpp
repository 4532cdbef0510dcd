#include "tautline/bridge/hosted_link.hpp"

#include <string>

#include <gtest/gtest.h>

#include "bridge_rig.hpp"

namespace tautline::bridge::test {
namespace {

TEST(HostedLink, says_its_settings_at_the_begin_of_each_session) {
  Rig rig;
  rig.link.connect_wifi(false);
  rig.turn();
  for (int resets = 0; resets < 3; ++resets) {
    rig.reset_bridge();
    rig.turn();
    EXPECT_EQ(rig.port.wifi.calls, std::vector<std::string>{"net/secret"});
  }
}

TEST(HostedLink, has_no_network_without_a_bridge) {
  Rig rig;
  rig.link.connect_wifi(false);
  rig.port.wifi.up = true;
  rig.turn();
  ASSERT_TRUE(rig.link.wifi_is_up());
  rig.ends.arrives = [](unsigned, const StreamScript&, std::string_view) { return false; };
  rig.pass(5000);
  EXPECT_FALSE(rig.link.wifi_is_up());
  rig.ends.arrives = nullptr;
  rig.pass(1000);
  EXPECT_TRUE(rig.link.wifi_is_up());
}

TEST(HostedLink, does_not_take_a_network_for_up_that_it_does_not_want) {
  Rig rig;
  RecordWriter::write(rig.ends.bridge.stream, RecordType::wifi, "\x01");
  rig.turn();
  EXPECT_FALSE(rig.link.wifi_is_up());
}

TEST(HostedLink, fails_to_connect_at_once_without_a_bridge) {
  Joined ends;
  const HostedSettings settings;
  HostedLink link(ends.board.stream, settings);
  link.connect("house", 8123);
  EXPECT_EQ(link.progress(), ConnectStatus::unreachable);
  char byte = 0;
  EXPECT_TRUE(link.read(&byte, 1).closed);
  EXPECT_TRUE(link.write("x", 1).closed);
  EXPECT_FALSE(link.next_address());
  link.close();
}

TEST(HostedLink, does_not_ask_for_a_server_whose_name_is_too_long) {
  Rig rig;
  const std::string name(max_host_bytes + 1, 'h');
  rig.link.connect(name.c_str(), 8123);
  EXPECT_EQ(rig.link.progress(), ConnectStatus::unresolved);
  rig.turn();
  EXPECT_EQ(rig.port.transport.connects, 0);
}

TEST(HostedLink, asks_for_a_server_with_the_longest_name) {
  Rig rig;
  const std::string name(max_host_bytes, 'h');
  rig.link.connect(name.c_str(), 8123);
  rig.turn();
  EXPECT_EQ(rig.port.transport.host, name);
}

TEST(HostedLink, sends_nothing_before_it_may) {
  Rig rig;
  rig.port.transport.status = ConnectStatus::connecting;
  rig.link.connect("house", 8123);
  rig.turn();
  EXPECT_EQ(rig.link.write("x", 1).bytes, 0U);
  EXPECT_FALSE(rig.link.write("x", 1).closed);
  EXPECT_EQ(rig.ends.board.stream.writable(), 512U) << "nor a record without bytes";
}

// What the bridge's end costs the client, wherever it stands.
TEST(HostedLink, loses_an_attempt_with_the_bridge) {
  for (const ConnectStatus status : {ConnectStatus::resolving, ConnectStatus::connecting}) {
    Rig rig;
    rig.port.transport.status = status;
    rig.link.connect("house", 8123);
    rig.turn();
    rig.reset_bridge();
    rig.turn();
    EXPECT_EQ(rig.link.progress(), ConnectStatus::unreachable);
    EXPECT_FALSE(rig.link.next_address());
    rig.link.close();
    rig.connect();
  }
}

TEST(HostedLink, loses_an_attempt_that_the_bridge_has_not_heard_of) {
  Rig rig;
  rig.reset_bridge();
  rig.link.connect("house", 8123);
  rig.turn();
  EXPECT_EQ(rig.link.progress(), ConnectStatus::unreachable);
  EXPECT_EQ(rig.port.transport.connects, 0);
}

TEST(HostedLink, loses_a_connection_with_the_bridge) {
  Rig rig;
  rig.connect();
  rig.port.transport.to_client = "never read";
  rig.turn();
  rig.reset_bridge();
  rig.turn();
  EXPECT_EQ(rig.read(), "(closed)");
  EXPECT_TRUE(rig.link.write("x", 1).closed);
  rig.link.close();
  rig.connect();
  rig.port.transport.to_client = "read";
  rig.turn();
  EXPECT_EQ(rig.read(), "read");
}

TEST(HostedLink, loses_a_connection_in_the_middle_of_a_record) {
  Rig rig;
  rig.connect();
  ByteStream& bridge = rig.ends.bridge.stream;
  bridge.write("D\x0A\x01half");
  rig.turn();
  char bytes[2];
  EXPECT_EQ(rig.link.read(bytes, sizeof bytes).bytes, 2U);
  rig.reset_bridge();
  rig.turn();
  rig.link.close();
  rig.connect();
  rig.port.transport.to_client = "whole";
  rig.turn();
  EXPECT_EQ(rig.read(), "whole");
}

TEST(HostedLink, loses_a_connection_that_the_server_had_ended_with_the_bridge) {
  Rig rig;
  rig.connect();
  rig.port.transport.fin = true;
  rig.turn();
  rig.reset_bridge();
  rig.turn();
  EXPECT_EQ(rig.read(), "(closed)");
  rig.link.close();
  rig.turn();
  EXPECT_EQ(rig.port.transport.closes, 0) << "the new bridge never had it";
  rig.connect();
}

TEST(HostedLink, takes_no_news_of_another_connection) {
  Rig rig;
  rig.connect();
  ByteStream& bridge = rig.ends.bridge.stream;
  RecordWriter::write(bridge, RecordType::status, "\x07\x05");
  RecordWriter::write(bridge, RecordType::ended, "\x07");
  RecordWriter::write(bridge, RecordType::data, "\x07", "for another");
  RecordWriter::write(bridge, RecordType::data, "\x01", "for this one");
  rig.turn();
  EXPECT_EQ(rig.link.progress(), ConnectStatus::connected);
  EXPECT_EQ(rig.read(), "for this one");
}

TEST(HostedLink, takes_no_status_that_there_is_not) {
  Rig rig;
  rig.connect();
  RecordWriter::write(rig.ends.bridge.stream, RecordType::status, "\x01\x06");
  RecordWriter::write(rig.ends.bridge.stream, RecordType::status, "\x01\xFF");
  rig.turn();
  EXPECT_EQ(rig.link.progress(), ConnectStatus::connected);
}

TEST(HostedLink, reads_no_more_than_there_is_room_for) {
  Rig rig;
  rig.connect();
  rig.port.transport.to_client = "hello";
  rig.turn();
  char bytes[3];
  EXPECT_EQ(rig.link.read(bytes, 3).bytes, 3U);
  EXPECT_EQ(rig.read(), "lo");
}

TEST(HostedLink, closes_once) {
  Rig rig;
  rig.connect();
  rig.link.close();
  rig.link.close();
  rig.turn();
  EXPECT_EQ(rig.port.transport.closes, 1);
}

TEST(HostedLink, forgets_an_attempt_that_was_closed_before_it_was_said) {
  Rig rig;
  rig.link.connect("house", 8123);
  rig.link.close();
  rig.turn();
  EXPECT_EQ(rig.port.transport.connects, 0);
}

}  // namespace
}  // namespace tautline::bridge::test
