// Counts the lines of the main demo: what was written, from the writer's record, against what was received, from the
// reader's.
//
//   main_demo_count SERVER_RECORD CLIENT_RECORD...
//
// Exit status 0 if nothing was lost, duplicated or out of order, and each client exchanged lines in both directions.

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

/// Numbers of lines, by client and event, in the order of the record.
using Events = std::map<std::pair<std::string, std::string>, std::vector<long>>;

struct Counts {
  std::size_t written = 0;
  std::size_t received = 0;
  std::size_t lost = 0;
  std::size_t duplicated = 0;
  std::size_t out_of_order = 0;

  Counts& operator+=(const Counts& more) {
    lost += more.lost;
    duplicated += more.duplicated;
    out_of_order += more.out_of_order;
    return *this;
  }
};

bool read(const char* file_name, Events& events) {
  std::ifstream file(file_name);
  if (!file) return false;
  std::string what, id;
  for (long number = 0; file >> what >> id >> number;) events[{id, what}].push_back(number);
  return true;
}

Counts compare(const std::vector<long>& written, const std::vector<long>& received) {
  const std::set<long> sent(written.begin(), written.end());
  Counts counts;
  counts.written = sent.size();
  counts.received = received.size();
  std::set<long> seen;
  for (const long number : received) {
    if (!seen.empty() && number < *seen.rbegin() && seen.count(number) == 0) ++counts.out_of_order;
    if (!seen.insert(number).second) ++counts.duplicated;
  }
  for (const long number : sent) counts.lost += 1 - seen.count(number);
  return counts;
}

void print(const std::string& id, const char* direction, const Counts& counts) {
  std::printf("%-8s %-10s %8zu %9zu %6zu %11zu %13zu\n", id.c_str(), direction, counts.written, counts.received,
              counts.lost, counts.duplicated, counts.out_of_order);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: main_demo_count SERVER_RECORD CLIENT_RECORD...\n";
    return 2;
  }
  Events server, clients;
  for (int i = 1; i < argc; ++i) {
    if (!read(argv[i], i == 1 ? server : clients)) {
      std::cerr << "main_demo_count: cannot read '" << argv[i] << "'\n";
      return 2;
    }
  }
  std::printf("%-8s %-10s %8s %9s %6s %11s %13s\n", "client", "direction", "written", "received", "lost", "duplicated",
              "out of order");
  std::set<std::string> ids;
  for (const auto& [key, numbers] : clients) ids.insert(key.first);
  Counts total;
  bool all_talked = ids.size() + 2 == static_cast<std::size_t>(argc);
  for (const std::string& id : ids) {
    const Counts to_server = compare(clients[{id, "written"}], server[{id, "received"}]);
    const Counts to_client = compare(server[{id, "written"}], clients[{id, "received"}]);
    print(id, "to server", to_server);
    print(id, "to client", to_client);
    total += to_server;
    total += to_client;
    all_talked = all_talked && to_server.received != 0 && to_client.received != 0;
  }
  if (!all_talked) std::printf("not every client exchanged lines in both directions\n");
  std::printf("total lost=%zu duplicated=%zu out_of_order=%zu\n", total.lost, total.duplicated, total.out_of_order);
  return all_talked && total.lost + total.duplicated + total.out_of_order == 0 ? 0 : 1;
}
