#include "store.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "message.hpp"
#include "tautline/core/line_rules.hpp"
#include "tautline/store/store_file.hpp"

namespace tautline::cli {
namespace {

constexpr const char* footer = R"(
FILE is the server's store (docs/store.md). All commands work while the server runs: what they show is of one moment;
a record that is dropped or restored is fenced, and the server starts it anew when its client connects.

Examples:
  tautline store links.db list
  tautline store links.db show door
  tautline store links.db export | jq 'select(.outbox != []) | .id'
  sqlite3 links.db '.backup copy.db' && tautline store copy.db restored

Exit status:
  0  done
  1  no such file or link, check found something, or the file cannot be read or written; stderr says which
  2  wrong options
  7  stdout cannot be written)";

std::string epoch_of(const StoredNumbers& numbers) {
  return numbers.epoch_known ? std::to_string(numbers.epoch) : "-";
}

std::string protocol_of(const StoredNumbers& numbers) {
  return numbers.protocol == 0 ? "-" : std::to_string(numbers.protocol);
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

/// On one line of a terminal, whatever the bytes are.
std::string printable(const std::string& payload) {
  const bool utf8 = is_utf8(payload);
  std::string text;
  for (const char c : payload) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      text += "\\x" + hex({&c, 1});
    } else {
      text.push_back(c);
    }
  }
  return text;
}

std::string utc(std::int64_t unix_seconds) {
  const std::time_t seconds = unix_seconds;
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(unix_seconds);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// Columns as wide as their widest cell.
void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    std::cout << line << '\n';
  }
}

ExitStatus list(const std::string& file) {
  std::vector<std::vector<std::string>> rows{
      {"id", "protocol", "generation", "sid", "epoch", "rx", "base", "next", "inbox", "outbox"}};
  for (const StoreFile::Summary& link : StoreFile(file).list()) {
    const StoredNumbers& n = link.numbers;
    rows.push_back({link.id, protocol_of(n), std::to_string(n.generation), std::to_string(n.sid), epoch_of(n),
                    std::to_string(n.rx), std::to_string(n.base), std::to_string(n.next),
                    std::to_string(link.inbox_lines), std::to_string(link.outbox_lines)});
  }
  print_table(rows);
  return ExitStatus::done;
}

ExitStatus no_such_link(const std::string& file, const std::string& id) {
  say("there is no link '" + id + "' in " + file + "; `tautline store " + file + " list` shows those there are");
  return ExitStatus::failed;
}

ExitStatus show(const std::string& file, const std::string& id) {
  const std::optional<StoredLink> link = StoreFile(file).read(id);
  if (!link) return no_such_link(file, id);
  const StoredNumbers& n = link->numbers;
  print_table({{"id", link->id},
               {"protocol", protocol_of(n)},
               {"generation", std::to_string(n.generation)},
               {"sid", std::to_string(n.sid)},
               {"epoch", epoch_of(n)},
               {"rx", std::to_string(n.rx)},
               {"base", std::to_string(n.base)},
               {"next", std::to_string(n.next)},
               {"longest payload", n.peer_max_payload == 0 ? "-" : std::to_string(n.peer_max_payload)}});
  std::cout << "\ninbox: " << lines(link->inbox.size()) << " that the application has not taken\n";
  for (const InboxLine& line : link->inbox) {
    std::cout << "  " << line.seq << "  ";
    if (line.sid != n.sid || line.epoch != n.epoch) {
      std::cout << "(sid " << line.sid << ", epoch " << line.epoch << ")  ";
    }
    std::cout << printable(line.payload) << '\n';
  }
  std::cout << "\noutbox: " << lines(link->outbox.size()) << " that the client has not acknowledged\n";
  for (const OutboxLine& line : link->outbox) {
    std::cout << "  " << line.seq << "  " << utc(line.written_at) << "  " << printable(line.payload) << '\n';
  }
  return ExitStatus::done;
}

ExitStatus drop(const std::string& file, const std::string& id) {
  if (!StoreFile(file).drop(id)) return no_such_link(file, id);
  say("dropped '" + id + "' with its lines; it starts anew when its client connects");
  return ExitStatus::done;
}

ExitStatus check(const std::string& file) {
  StoreFile store(file);
  const std::vector<std::string> problems = store.check();
  for (const std::string& problem : problems) std::cout << problem << '\n';
  if (!problems.empty()) {
    say(file +
        " is damaged: restore a backup and run `tautline store FILE restored`, or drop the links that are named");
    return ExitStatus::failed;
  }
  const std::size_t count = store.list().size();
  say(file + ": " + std::to_string(count) + (count == 1 ? " link" : " links") + ", nothing wrong");
  return ExitStatus::done;
}

using Json = nlohmann::ordered_json;

void add_payload(Json& line, const std::string& payload) {
  if (is_utf8(payload)) {
    line["payload"] = payload;
  } else {
    line["payload_hex"] = hex(payload);
  }
}

Json json_of(const StoredLink& link) {
  const StoredNumbers& n = link.numbers;
  Json json = {{"id", link.id},
               {"protocol", n.protocol},
               {"generation", n.generation},
               {"sid", n.sid},
               {"epoch", n.epoch_known ? Json(n.epoch) : Json()},
               {"rx", n.rx},
               {"base", n.base},
               {"next", n.next},
               {"peer_max_payload", n.peer_max_payload},
               {"protocol_1_hex", hex(n.protocol_1)},
               {"inbox", Json::array()},
               {"outbox", Json::array()}};
  for (const InboxLine& line : link.inbox) {
    Json& added = json["inbox"].emplace_back(Json{{"sid", line.sid}, {"epoch", line.epoch}, {"seq", line.seq}});
    add_payload(added, line.payload);
  }
  for (const OutboxLine& line : link.outbox) {
    Json& added =
        json["outbox"].emplace_back(Json{{"seq", line.seq}, {"tag", line.tag}, {"written_at", line.written_at}});
    add_payload(added, line.payload);
  }
  return json;
}

ExitStatus export_lines(const std::string& file) {
  for (const StoredLink& link : StoreFile(file).read_all()) std::cout << json_of(link).dump() << '\n';
  return ExitStatus::done;
}

ExitStatus restored(const std::string& file) {
  const std::size_t count = StoreFile(file).mark_restored();
  say(file + ": " + std::to_string(count) + (count == 1 ? " link has" : " links have") +
      " a new sid: clients find out that this is an older copy");
  return ExitStatus::done;
}

}  // namespace

StoreCommand::StoreCommand(CLI::App& app)
    : command_(app.add_subcommand("store", "Look into the store of a server, or repair it")) {
  command_->add_option("FILE", file_, "the store, a SQLite file")->required();
  command_->require_subcommand(1);
  command_->footer(footer);
  const auto add = [this](const char* name, const char* description, std::function<ExitStatus()> action) {
    CLI::App* const added = command_->add_subcommand(name, description);
    added->callback([this, action = std::move(action)] { action_ = action; });
    return added;
  };
  add("list", "All links with their numbers and how many lines they hold", [this] { return list(file_); });
  add("show", "One link with its inbox and outbox", [this] { return show(file_, id_); })
      ->add_option("ID", id_, "of the client")
      ->required();
  add("drop", "Remove a link with its lines: they are lost", [this] { return drop(file_, id_); })
      ->add_option("ID", id_, "of the client")
      ->required();
  add("check", "Is the file sound? Prints what is wrong", [this] { return check(file_); });
  add("export", "All links as JSON, one object a line", [this] { return export_lines(file_); });
  add("restored", "Mark a copy that was put back from a backup, before a server opens it",
      [this] { return restored(file_); });
}

bool StoreCommand::parsed() const {
  return command_->parsed();
}

ExitStatus StoreCommand::run() const {
  const ExitStatus status = action_();
  std::cout.flush();
  return std::cout ? status : ExitStatus::output_closed;
}

}  // namespace tautline::cli
