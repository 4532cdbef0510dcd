// A shard with 64 links over a network in memory.

#include <string>
#include <string_view>
#include <vector>

#include "instructions.hpp"
#include "tautline/server/shard.hpp"

namespace bench {
namespace {

using namespace tautline;

constexpr unsigned links = 64;
constexpr std::uint32_t now_ms = 1000;

enum class Application {
  handler,  ///< takes each line at once
  inbox,    ///< is told, and reads
};

class ShardHost final : public Network, public ShardObserver {
 public:
  explicit ShardHost(Application application) : application_(application) {
    for (unsigned i = 0; i < links; ++i) open(i);
  }

  /// One wake-up: a segment of every link, then the end of the batch.
  void wake_up(std::string_view segment) {
    for (unsigned i = 0; i < links; ++i) {
      peers_[i].unread = segment;
      peers_[i].sent = 0;
      shard_.readable(*peers_[i].conn, false, now_ms);
    }
    shard_.end_batch(now_ms);
  }
  void write_burst() {
    for (const Peer& peer : peers_) {
      for (unsigned i = 0; i < burst; ++i) shard_.write(*peer.conn->link, payload());
    }
    shard_.end_batch(now_ms);
  }
  bool everybody_was_sent_something() const {
    for (const Peer& peer : peers_) {
      if (peer.sent == 0) return false;
    }
    return true;
  }
  std::uint64_t lines_taken = 0;
  std::uint32_t unacknowledged() { return peers_[0].conn->link->unacknowledged(); }

  // Network
  std::ptrdiff_t receive(int socket, char* data, std::size_t size) override {
    std::string_view& unread = peers_[static_cast<std::size_t>(socket)].unread;
    if (unread.empty()) return would_block;
    const std::size_t count = unread.copy(data, size);
    unread.remove_prefix(count);
    return static_cast<std::ptrdiff_t>(count);
  }
  std::ptrdiff_t send(int socket, const char* data, std::size_t size) override {
    peers_[static_cast<std::size_t>(socket)].sent += size;
    if (opening_) heard_.append(data, size);
    return static_cast<std::ptrdiff_t>(size);
  }
  void shutdown_send(int) override {}
  void close(int) override {}
  std::string peer_name(int) override { return "memory"; }

  // ShardObserver
  bool take_line(Link&, std::string_view) override {
    if (application_ != Application::handler) return false;
    ++lines_taken;
    return true;
  }
  void lines_arrived(Link& link) override {
    std::string_view line;
    while (shard_.next_line(link, line)) ++lines_taken;
  }
  void lines_acknowledged(Link&) override {}
  void link_up(Link&) override {}
  void link_down(Link&, Reason) override {}
  void wants_attention() override {}
  void log(LogLevel, const std::string&) override {}

 private:
  struct Peer {
    Conn* conn = nullptr;
    std::string_view unread;
    std::size_t sent = 0;
  };

  static ShardOptions options() {
    ShardOptions result;
    result.receive = {burst, 1024, 60'000};
    for (unsigned i = 1; i <= links; ++i) result.expected.push_back(std::to_string(i));
    return result;
  }
  static std::uint32_t entropy(void*) { return 1; }

  void open(unsigned i) {
    Peer& peer = peers_[i];
    peer.conn = shard_.accepted(static_cast<int>(i), now_ms);
    say(peer, "TL2 " + std::to_string(i + 1) + " w=64 n=1024 t=60000\n");
    require(heard_.substr(0, 3) == "HI ", "no HI from the shard");
    const std::string generation = heard_.substr(3, heard_.find(' ', 3) - 3);
    say(peer, "GO " + generation + " - " + std::to_string(first_seq - 1) + " -\n");
    require(heard_.substr(0, 3) == "GO ", "no GO from the shard");
    opening_ = i + 1 < links;
  }
  void say(Peer& peer, std::string_view text) {
    heard_.clear();
    peer.unread = text;
    shard_.readable(*peer.conn, false, now_ms);
    shard_.end_batch(now_ms);
  }

  Application application_;
  bool opening_ = true;
  std::string heard_;
  std::vector<Peer> peers_ = std::vector<Peer>(links);
  Shard shard_{options(), *this, *this, &entropy, nullptr, now_ms};
};

/// `lines` lines over all links, `at_a_time` in each segment.
void receive(const Work& work, Application application, unsigned at_a_time) {
  ShardHost host(application);
  const std::string lines = data_lines(first_seq, work.most / links);
  const std::size_t segment = lines.size() / (work.most / links) * at_a_time;
  const unsigned wake_ups = work.lines / links / at_a_time;
  for (unsigned i = 0; i < wake_ups; ++i) {
    host.wake_up(std::string_view(lines).substr(i * segment, segment));
    require(host.everybody_was_sent_something(), "no acknowledgement");
  }
  require(host.lines_taken == work.lines, "lines are missing");
}

}  // namespace

void shard_handler(const Work& work) {
  receive(work, Application::handler, burst);
}

void shard_inbox(const Work& work) {
  receive(work, Application::inbox, burst);
}

void shard_one_at_a_time(const Work& work) {
  receive(work, Application::handler, 1);
}

void shard_writes(const Work& work) {
  ShardHost host(Application::handler);
  for (std::uint32_t done = 0; done < work.lines / links; done += burst) {
    host.write_burst();
    require(host.everybody_was_sent_something(), "nothing was sent");
    host.wake_up("A" + std::to_string(done + burst) + " 0\n");
    require(host.unacknowledged() == 0, "not acknowledged");
  }
}

}  // namespace bench
