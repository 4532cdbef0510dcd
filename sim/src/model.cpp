#include "model.hpp"

#include <algorithm>
#include <cstdio>

namespace tautline::sim {

const char* to_string(Broken broken) {
  switch (broken) {
    case Broken::lost: return "lost";
    case Broken::duplicated: return "duplicated";
    case Broken::reordered: return "out of order";
    case Broken::corrupted: return "corrupted";
    case Broken::early: return "write returned early";
    case Broken::memory: return "memory bound";
    case Broken::detection: return "outage detection";
    case Broken::recovery: return "recovery";
    case Broken::window: return "window";
    case Broken::status: return "status line overdue";
    case Broken::reason: return "misunderstanding";
    case Broken::spinning: return "spinning";
    case Broken::report: return "stop report";
    case Broken::stream: return "stream";
    case Broken::internal: return "library against model";
  }
  return "unknown";
}

bool is_misunderstanding(Reason reason) {
  switch (reason) {
    case Reason::not_protocol_2:
    case Reason::version:
    case Reason::id:
    case Reason::busy:
    case Reason::epoch:
    case Reason::sid:
    case Reason::size:
    case Reason::syntax: return true;
    default: return false;
  }
}

void violated(Broken broken, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  throw Violation(broken, text);
}

std::uint32_t Model::add_stream(std::uint32_t id, bool from_device) {
  Stream stream;
  stream.id = id;
  stream.from_device = from_device;
  streams_.push_back(stream);
  return static_cast<std::uint32_t>(streams_.size() - 1);
}

std::string_view Model::next_line(std::uint32_t index, bool plain) {
  const Stream& stream = streams_[index];
  const LineName name{index, (plain ? stream.plain_written : stream.written) + 1, plain};
  return {line_, make_line(line_, name, shape_)};
}

void Model::wrote(std::uint32_t index, bool plain) {
  Stream& stream = streams_[index];
  ++(plain ? stream.plain_written : stream.written);
}

// ---- reading
// -----------------------------------------------------------------------------------------------------------

void Model::read(Reader& reader, std::uint32_t id, bool by_server, std::string_view line) {
  LineName name;
  if (line.empty()) {
    name = name_of_empty(reader, id, by_server);
  } else if (!read_line(line, shape_, name)) {
    violated(Broken::corrupted, "id %u: nobody wrote '%.*s'", id, static_cast<int>(line.size()), line.data());
  }
  if (name.writer == 0 || name.writer >= streams_.size() || streams_[name.writer].id != id ||
      streams_[name.writer].from_device != by_server) {
    violated(Broken::corrupted, "id %u: the line of stream %u came to the wrong reader", id, name.writer);
  }
  if (name.plain) {
    read_plain(reader, name.writer, name.number);
    ++counters.plain[by_server ? 1 : 0];
    return;
  }
  read_numbered(reader, name.writer, name.number, by_server);
}

/// Which line was it? The next of the stream that is being read, or the first of another.
LineName Model::name_of_empty(const Reader& reader, std::uint32_t id, bool by_server) const {
  if (shape_.empty_lines && reader.stream != 0 && is_empty_number(reader.number + 1)) {
    return {reader.stream, reader.number + 1, false};
  }
  for (auto index = static_cast<std::uint32_t>(streams_.size() - 1); shape_.empty_lines && index > reader.stream;
       --index) {
    const Stream& stream = streams_[index];
    if (stream.id != id || stream.from_device != by_server) continue;
    const std::uint32_t latest = std::max(stream.delivered, stream.died) + 1;
    std::uint32_t earliest = latest;
    if (by_server && stream.may_repeat) earliest = stream.acked_then + 1;
    if (!by_server) earliest = stream.acked + 1;
    for (std::uint32_t number = latest; number >= earliest; --number) {
      if (is_empty_number(number) && number <= stream.written) return {index, number, false};
    }
  }
  violated(Broken::duplicated, "id %u: an empty line after line %u of stream %u is one too many", id, reader.number,
           reader.stream);
}

void Model::read_plain(Reader& reader, std::uint32_t index, std::uint32_t number) {
  Stream& stream = streams_[index];
  if (number > stream.plain_written)
    violated(Broken::corrupted, "stream %u: qos=False line %u was never sent", index, number);
  // Two devices that share an id may read their lines in any order, but each in the order they were sent.
  const std::uint32_t last = !shared_id_ ? stream.plain_read : reader.plain_stream == index ? reader.plain_number : 0;
  if (number <= last) violated(Broken::duplicated, "stream %u: qos=False line %u after %u", index, number, last);
  stream.plain_read = number;
  reader.plain_stream = index;
  reader.plain_number = number;
}

void Model::read_numbered(Reader& reader, std::uint32_t index, std::uint32_t number, bool by_server) {
  Stream& stream = streams_[index];
  if (number > stream.written) violated(Broken::corrupted, "stream %u: line %u was never written", index, number);
  // Devices that share an id make the protocol start over with each takeover: at least once, and no gaps.
  const bool starts_over = shared_id_ && number <= stream.delivered + 1 && (by_server || number > reader.number);
  if (reader.stream != index) {
    check_first(reader, index, number, by_server);
    reader.stream = index;
  } else if (number <= reader.number && !starts_over) {
    violated(Broken::duplicated, "stream %u: line %u after %u", index, number, reader.number);
  } else if (number != reader.number + 1 && !starts_over) {
    violated(Broken::lost, "stream %u: line %u after %u", index, number, reader.number);
  }
  reader.number = number;
  if (number <= stream.delivered) ++counters.repeated;
  stream.delivered = std::max(stream.delivered, number);
  ++counters.delivered[by_server ? 1 : 0];
}

/// The first line that a reader gets from this writer, or again after another writer.
void Model::check_first(const Reader& reader, std::uint32_t index, std::uint32_t number, bool by_server) const {
  const Stream& stream = streams_[index];
  if (index < reader.stream && !shared_id_) {
    violated(Broken::reordered, "line %u of stream %u after stream %u, which is newer", number, index, reader.stream);
  }
  const std::uint32_t kept = std::max(stream.delivered, stream.died);
  if (number > kept + 1) violated(Broken::lost, "stream %u: line %u after %u, in a new life", index, number, kept);
  if (shared_id_) return;
  if (by_server) {
    // Exactly the next one, unless the server that read the ones before is gone.
    if (number <= kept && !stream.may_repeat) {
      violated(Broken::duplicated, "stream %u: line %u again, no server was killed", index, number);
    }
    if (stream.may_repeat && number <= stream.acked_then) {
      violated(Broken::duplicated, "stream %u: line %u again, its write had returned before the server was gone", index,
               number);
    }
  } else if (number <= stream.acked) {
    violated(Broken::duplicated, "stream %u: line %u to a new life, acknowledged was %u", index, number, stream.acked);
  }
}

void Model::took(const Reader& reader) {
  if (reader.stream == 0) return;
  Stream& stream = streams_[reader.stream];
  stream.taken = std::max(stream.taken, reader.number);
}

// ---- writes that returned
// ------------------------------------------------------------------------------------------------

void Model::device_acked(std::uint32_t index, std::uint32_t acked, std::uint32_t in_inbox) {
  Stream& stream = streams_[index];
  if (acked < stream.acked || acked > stream.written) {
    violated(Broken::internal, "stream %u: acknowledged %u after %u of %u", index, acked, stream.acked, stream.written);
  }
  stream.acked = acked;
  std::uint32_t kept = std::max({stream.delivered, stream.died, stream.stored});
  if (acked <= kept) return;
  kept = std::max(kept, std::max(stream.delivered, stream.died) + in_inbox);
  if (acked > kept) violated(Broken::early, "stream %u: write %u returned, the server has %u", index, acked, kept);
}

void Model::server_acked(std::uint32_t index, std::uint32_t acked) {
  Stream& stream = streams_[index];
  if (acked < stream.acked || acked > stream.written) {
    violated(Broken::internal, "stream %u: acknowledged %u after %u of %u", index, acked, stream.acked, stream.written);
  }
  if (acked > stream.taken) {
    violated(Broken::early, "stream %u: write %u returned, the device has taken %u", index, acked, stream.taken);
  }
  stream.acked = acked;
}

// ---- the end of a server
// ---------------------------------------------------------------------------------------------------

LineName Model::name_in_inbox(const Reader& reader, std::uint32_t id, std::string_view line) const {
  if (line.empty()) return name_of_empty(reader, id, true);
  LineName name;
  if (!read_line(line, shape_, name) || streams_[name.writer].id != id) {
    violated(Broken::corrupted, "id %u: an inbox holds a line that nobody wrote", id);
  }
  return name;
}

void Model::survives(std::uint32_t id, Reader& reader, std::string_view line) {
  const LineName name = name_in_inbox(reader, id, line);
  if (name.plain) return;
  reader.stream = name.writer;
  reader.number = name.number;
  Stream& stream = streams_[name.writer];
  stream.stored = std::max(stream.stored, name.number);
}

void Model::forget_unstored(std::uint32_t index, std::uint32_t stored) {
  Stream& stream = streams_[index];
  if (stored > stream.written) {
    violated(Broken::internal, "stream %u: %u lines in the store, written were %u", index, stored, stream.written);
  }
  if (stored < stream.acked || stored < stream.delivered) {
    violated(Broken::early, "stream %u: line %u was delivered, %u acknowledged, the store has %u", index,
             stream.delivered, stream.acked, stored);
  }
  stream.written = stored;
}

void Model::dies(std::uint32_t id, Reader& reader, std::string_view line) {
  const LineName name = name_in_inbox(reader, id, line);
  if (name.plain) return;
  Stream& stream = streams_[name.writer];
  const std::uint32_t kept = std::max(stream.delivered, stream.died);
  if (name.number > kept + 1) {
    violated(Broken::lost, "stream %u: line %u in the inbox after %u", name.writer, name.number, kept);
  }
  if (name.number > kept) ++counters.died;
  stream.died = std::max(stream.died, name.number);
  reader.stream = name.writer;
  reader.number = name.number;
}

void Model::server_gone(std::uint32_t index, bool cleanly) {
  Stream& stream = streams_[index];
  if (cleanly) {
    // The next server continues exactly, unless an earlier one was killed and left the device behind.
    if (stream.acked >= std::max(stream.delivered, stream.died)) stream.may_repeat = false;
    return;
  }
  stream.may_repeat = true;
  stream.acked_then = std::max(stream.acked_then, stream.acked);
}

void Model::check_end() const {
  for (std::uint32_t index = 1; index < streams_.size(); ++index) {
    const Stream& stream = streams_[index];
    const std::uint32_t kept = std::max(stream.delivered, stream.died);
    if (stream.from_device && stream.acked > kept) {
      violated(Broken::lost, "stream %u: write %u returned, delivered were %u", index, stream.acked, kept);
    }
    if (stream.over) continue;
    if (stream.acked != stream.written) {
      violated(Broken::recovery, "stream %u: %u of %u lines acknowledged at the end", index, stream.acked,
               stream.written);
    }
    if (kept != stream.written) {
      violated(Broken::lost, "stream %u: %u of %u lines delivered at the end", index, kept, stream.written);
    }
  }
}

}  // namespace tautline::sim
