// Anything may happen in any order: strangers, clients of both protocols, fragments, resets, full sockets, an
// application that writes, reads, stops and closes from anywhere. Nothing is asserted but what must always hold;
// sanitizers see the rest. A failure names its seed; TAUTLINE_SEED=<seed> runs that one alone.

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed), host_(options(), static_cast<std::uint32_t>(seed * 0x9E3779B9U)) {
    host_.on_up = host_.on_down = host_.on_arrived = host_.on_acknowledged = [this](Link& link) { react(link); };
    host_.on_taken = [this](Link&, std::string_view) { return below(8) == 0; };
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      step();
      check();
    }
    finish();
  }
  const std::string& changes() const { return host_.changes; }

 private:
  static ShardOptions options() {
    ShardOptions options = ShardScript::small_options();
    options.allow_protocol_1 = {"lamp"};
    options.admit_unexpected = true;
    options.max_links = 4;
    options.max_connections = 12;
    options.max_unidentified = 4;
    return options;
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  std::string id() { return std::vector<std::string>{"door", "lamp", "guest"}[below(3)]; }

  std::string number() {
    // Mostly small numbers, so that many are meaningful.
    return std::to_string(below(10) == 0 ? static_cast<std::uint32_t>(random_()) : below(12));
  }
  std::string generation() { return std::to_string(host_.link("door").numbers.generation + below(3)); }

  std::string fragment() {
    switch (below(16)) {
      case 0:
        return "TL2 " + id() + " w=4 n=" + std::to_string(32 + below(64)) + " t=" + std::to_string(below(3000)) + "\n";
      case 1: return "GO " + generation() + " - " + number() + " -\n";
      case 2: return "GO " + generation() + " " + number() + " " + number() + " " + number() + "\n";
      case 3:
      case 4: return "D" + number() + " " + std::string(below(70), 'd') + "\n";
      case 5: return "U " + std::string(below(70), 'u') + "\n";
      case 6:
      case 7: return "A" + number() + " " + number() + "\n";
      case 8: return "R" + number() + "\n";
      case 9: return "\n";
      case 10: return below(4) == 0 ? "BYE closing\n" : "\n\n";
      case 11: return id() + "\n";
      case 12: return std::string{"0123456789abcdef"[below(2)], "0123456789abcdef"[below(16)]} + "m\n";
      case 13: return std::string{"0123456789abcdef"[below(2)], "0123456789abcdef"[below(16)]} + "\n";
      case 14: return below(3) == 0 ? std::string(below(200), 'x') : std::string("TL9\n");
      default: return std::string(1, static_cast<char>(random_()));
    }
  }

  /// Half of the clients behave well at the handshake, or few links would ever come up.
  void greet(int peer) {
    if (below(4) == 0) {
      host_.send(peer, "door\n");
      return;
    }
    const std::string client = id();
    host_.send(peer, "TL2 " + client + " w=4 n=64 t=1000\n");
    const std::string hi = host_.take(peer);
    if (hi.substr(0, 3) != "HI ") return;
    const LinkNumbers& numbers = host_.link(client).numbers;
    const std::string epoch = below(2) == 0 || !numbers.epoch_known ? "-" : std::to_string(numbers.epoch);
    host_.send(peer, "GO " + hi.substr(3, hi.find(' ', 3) - 3) + " " + std::to_string(numbers.base - 1) + " 0 " +
                         epoch + "\n");
  }

  /// The application, called in the middle of things.
  void react(Link& link) {
    if (depth_ > 2) return;
    ++depth_;
    std::string_view line;
    switch (below(12)) {
      case 0: host_.shard.write(link, "reaction"); break;
      case 1: host_.shard.write(link, "reaction", {.qos = false, .wait = false}); break;
      case 2:
        while (host_.shard.next_line(link, line)) {
        }
        break;
      case 3: host_.shard.next_line(link, line); break;
      case 4: host_.shard.accept_line(link); break;
      case 5:
        if (below(10) == 0) host_.shard.close_all(host_.now_ms);
        break;
      default: break;
    }
    --depth_;
  }

  void step() {
    const int peer =
        host_.sockets.empty() ? -1 : static_cast<int>(host_.sockets.size() - 1 - below(6) % host_.sockets.size());
    const std::uint32_t choice = below(100);
    if (peer < 0 || choice < 8) {
      host_.connect();
    } else if (choice < 18) {
      greet(peer);
    } else if (choice < 60) {
      std::string segment;
      for (std::uint32_t i = below(4) + 1; i > 0; --i) segment += fragment();
      host_.send(peer, segment);
    } else if (choice < 64) {
      host_.end(peer);
    } else if (choice < 68) {
      host_.reset(peer);
    } else if (choice < 72) {
      host_.limit_room(peer, below(30));
    } else if (choice < 76) {
      host_.make_room(peer, below(3) == 0 ? below(30) : ~std::size_t{0});
    } else if (choice < 84) {
      host_.advance(below(below(4) == 0 ? 2000 : 100));
    } else if (choice < 91) {
      const bool qos = below(3) != 0;
      host_.write(id(), std::string(below(66), 'w'), {.qos = qos, .wait = below(2) == 0});
    } else if (choice < 98) {
      host_.read(id());
    } else if (choice == 98) {
      if (below(8) == 0) host_.close_all();
    } else if (below(20) == 0) {
      host_.begin_stop();
    }
  }

  void check() {
    ASSERT_EQ(host_.shard.connection_count(), host_.open_sockets());
    ASSERT_LE(host_.open_sockets(), 12U);
    ASSERT_LE(host_.shard.link_count(), 4U);
    // Each open connection has a timer: nothing can be forgotten.
    ASSERT_EQ(host_.shard.has_deadline(), host_.open_sockets() != 0);
    host_.shard.for_each_link([&](Link& link) {
      ASSERT_EQ(link.outbox.size(), link.unacknowledged()) << std::string(link.id());
      ASSERT_LE(link.inbox.size(), 8U);
      ASSERT_LE(link.outbox.size(), 16U);
      ASSERT_LE(link.outbox.bytes(), 1024U);
      ASSERT_FALSE(after(link.numbers.ack, link.numbers.rx));
      if (link.conn == nullptr) return;
      ASSERT_EQ(link.conn->link, &link);
      ASSERT_TRUE(link.conn->state == Conn::State::protocol_1 || link.conn->state == Conn::State::protocol_2);
      ASSERT_GE(link.conn->socket, 0);
      ASSERT_EQ(link.conn->state == Conn::State::protocol_1, link.numbers_1 != nullptr);
    });
  }

  /// Without peers, everything ends by itself within a few timeouts.
  void finish() {
    host_.on_up = host_.on_down = host_.on_arrived = host_.on_acknowledged = nullptr;
    for (ShardScript::Socket& each : host_.sockets) each.unread.clear();
    host_.shard.for_each_link([&](Link& link) {
      while (host_.read(std::string(link.id()))) {
      }
    });
    host_.advance(6 * ShardScript::timeout_ms);
    ASSERT_EQ(host_.open_sockets(), 0U) << host_.log_text();
    ASSERT_EQ(host_.shard.connection_count(), 0U);
  }

  std::mt19937_64 random_;
  ShardScript host_;
  int depth_ = 0;
};

std::string run_chaos(std::uint64_t seed) {
  SCOPED_TRACE("replay: TAUTLINE_SEED=" + std::to_string(seed) + " server_test --gtest_filter=ShardRandom.*");
  Chaos chaos(seed);
  chaos.run(400);
  return chaos.changes();
}

TEST(ShardRandom, whatever_happens_the_books_balance_and_everything_ends) {
  if (const char* const seed = std::getenv("TAUTLINE_SEED")) {
    run_chaos(std::strtoull(seed, nullptr, 10));
    return;
  }
  const char* const count = std::getenv("TAUTLINE_SEEDS");
  const std::uint64_t seeds = count == nullptr ? 300 : std::strtoull(count, nullptr, 10);
  unsigned ups = 0, takeovers = 0;
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
    const std::string changes = run_chaos(seed);
    ups += changes.find('+') != std::string::npos;
    takeovers += changes.find("(superseded)") != std::string::npos;
  }
  // The chaos must be of a kind that reaches something.
  EXPECT_GT(ups, seeds / 2);
  EXPECT_GT(takeovers, seeds / 10);
}

}  // namespace
}  // namespace tautline::test
