#include "load.hpp"

#include <unordered_map>
#include <utility>

namespace tautline::detail {
namespace {

#define TAUTLINE_LINK_COLUMNS                                                                                       \
  "SELECT link, revision, id, generation, sid, epoch, rx, base, next, peer_max_payload, protocol, protocol_1 FROM " \
  "links"

LoadedLink link_of(const Statement& row) {
  LoadedLink link;
  link.link = row.number(0);
  link.revision = row.number(1);
  link.stored.id = row.text(2);
  StoredNumbers& numbers = link.stored.numbers;
  numbers.generation = row.u32(3);
  numbers.sid = row.u32(4);
  numbers.epoch_known = !row.is_null(5);
  numbers.epoch = row.u32(5);
  numbers.rx = row.u32(6);
  numbers.base = row.u32(7);
  numbers.next = row.u32(8);
  numbers.peer_max_payload = row.u32(9);
  numbers.protocol = static_cast<std::uint8_t>(row.number(10));
  numbers.protocol_1 = row.blob(11);
  return link;
}

/// Lines of links that are not in `links` are passed over.
void load_lines(Database& database, std::vector<LoadedLink>& links) {
  if (links.empty()) return;
  std::unordered_map<std::int64_t, LoadedLink*> by_link;
  for (LoadedLink& link : links) by_link.emplace(link.link, &link);

  Statement inbox(database, "SELECT link, row, seq, sid, epoch, payload FROM inbox ORDER BY row");
  while (inbox.step()) {
    const auto found = by_link.find(inbox.number(0));
    if (found == by_link.end()) continue;
    LoadedLink& link = *found->second;
    link.inbox.push(inbox.number(1), inbox.u32(2));
    link.stored.inbox.push_back({inbox.u32(3), inbox.u32(4), inbox.u32(2), inbox.text(5)});
  }
  Statement outbox(database, "SELECT link, row, seq, tag, written_at, payload FROM outbox ORDER BY row");
  while (outbox.step()) {
    const auto found = by_link.find(outbox.number(0));
    if (found == by_link.end()) continue;
    LoadedLink& link = *found->second;
    link.outbox.push(outbox.number(1), outbox.u32(2));
    const auto tag = static_cast<std::uint8_t>(outbox.number(3));
    link.stored.outbox.push_back({outbox.u32(2), tag, outbox.number(4), outbox.text(5)});
  }
}

}  // namespace

std::vector<LoadedLink> load_all(Database& database) {
  std::vector<LoadedLink> links;
  Statement statement(database, TAUTLINE_LINK_COLUMNS " ORDER BY link");
  while (statement.step()) links.push_back(link_of(statement));
  load_lines(database, links);
  return links;
}

std::vector<LoadedLink> load_some(Database& database, const std::vector<std::string>& ids) {
  std::vector<LoadedLink> links;
  Statement statement(database, TAUTLINE_LINK_COLUMNS " WHERE id = ?1");
  for (const std::string& id : ids) {
    statement.bind(1, id);
    if (statement.step()) {
      links.push_back(link_of(statement));
      statement.reset();
    }
  }
  load_lines(database, links);
  return links;
}

#undef TAUTLINE_LINK_COLUMNS

}  // namespace tautline::detail
