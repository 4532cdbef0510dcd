#include "network.hpp"

#include <algorithm>
#include <cstring>

namespace tautline::sim {

std::uint32_t SimNetwork::start_connection(std::uint32_t device, std::uint32_t room) {
  if (free_.empty()) {
    free_.push_back(size());
    connections_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Connection& connection = connections_[index];
  for (Pipe& pipe : connection.pipes) {
    std::string bytes = std::move(pipe.bytes);
    bytes.clear();
    pipe = Pipe{};
    pipe.bytes = std::move(bytes);  // its memory is used again
    pipe.room = room;
    pipe.last_line_at = now_;
  }
  connection.open = {true, false};
  connection.conn = nullptr;
  connection.device = device;
  connection.serial = next_serial_++;
  connection.in_use = true;
  connection.accepted = false;
  connection.late = false;
  ++counters.connections;
  return index;
}

void SimNetwork::release_if_unused(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (!connection.in_use || connection.open[0] || connection.open[1]) return;
  connection.in_use = false;
  connection.serial = next_serial_++;  // events that are still on their way concern nobody
  free_.push_back(index);
}

// ---- the sockets
// -----------------------------------------------------------------------------------------------------

std::ptrdiff_t SimNetwork::receive(int socket, char* data, std::size_t size) {
  Pipe& pipe = incoming(socket);
  if (pipe.reset) return broken;
  const std::uint32_t available = pipe.arrived - pipe.consumed;
  if (available == 0) return pipe.end_arrived ? ended : would_block;
  const std::uint32_t count = std::min(available, static_cast<std::uint32_t>(size));
  std::memcpy(data, pipe.bytes.data() + (pipe.consumed - pipe.base), count);
  pipe.consumed += count;
  if (pipe.consumed - pipe.base == pipe.bytes.size()) {
    pipe.bytes.clear();
    pipe.base = pipe.consumed;
  } else if (pipe.consumed - pipe.base > 16384) {
    pipe.bytes.erase(0, pipe.consumed - pipe.base);
    pipe.base = pipe.consumed;
  }
  const unsigned side = side_of(socket);
  const char* p = data;
  const char* const end = data + count;
  while (p != end) {
    if (pipe.reads_line_start && *p == 'A') ++counters.status_lines[side];
    const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    pipe.reads_line_start = lf != nullptr;
    if (lf == nullptr) break;
    ++counters.lines[side];
    pipe.last_line_at = now_;
    p = lf + 1;
  }
  if (pipe.writer_waits) wake_writer(socket ^ 1, pipe);
  return count;
}

void SimNetwork::wake_writer(int writer_socket, Pipe& pipe) {
  pipe.writer_waits = false;
  const Time at = now_ + 1 + delay();
  pipe.last_status_at = at;  // until then it can send none
  events_.push(at, EventKind::writable, static_cast<std::uint32_t>(writer_socket), of(writer_socket).serial);
}

std::ptrdiff_t SimNetwork::send(int socket, const char* data, std::size_t size) {
  const int reader = socket ^ 1;
  if (incoming(socket).reset) return broken;
  Pipe& pipe = incoming(reader);
  if (pipe.fin_written) return broken;
  const std::uint32_t used = pipe.written - pipe.consumed;
  const std::uint32_t room = used < pipe.room ? pipe.room - used : 0;
  if (room == 0) {
    pipe.writer_waits = true;
    return would_block;
  }
  const std::uint32_t count = std::min(room, static_cast<std::uint32_t>(size));
  if (count < size) pipe.writer_waits = true;
  look_at(socket, pipe, data, count);
  if (pipe.path == Path::swallowing) {
    pipe.written += count;
    return count;
  }
  append(pipe, data, count);
  const auto pipe_index = static_cast<std::uint32_t>(reader);
  const std::uint32_t fresh = pipe.base + static_cast<std::uint32_t>(pipe.bytes.size()) - pipe.written;
  if (fresh == 0) return count;
  const std::uint32_t start = pipe.written;
  pipe.written += fresh;
  if (fresh > 1 && random_.permille(conditions.chunk_permille)) {
    for (std::uint64_t cuts = random_.between(1, 3); cuts > 0; --cuts) {
      const std::uint32_t cut = start + 1 + static_cast<std::uint32_t>(random_.below(fresh));
      add_segment(pipe_index, pipe, cut);
    }
  }
  add_segment(pipe_index, pipe, pipe.written);
  return count;
}

void SimNetwork::look_at(int socket, Pipe& pipe, const char* data, std::size_t size) {
  const bool by_server = side_of(socket) == server_side;
  if (clients_are_bridges && !by_server) return;
  const std::uint32_t device = of(socket).device;
  pipe.sent.look_at(
      data, size, [&](std::uint32_t seq) { watch->sends_data(device, by_server, seq); },
      [&] { pipe.last_status_at = now_; });
}

/// Lines that the line-loss fault takes do not enter the stream at all.
void SimNetwork::append(Pipe& pipe, const char* data, std::size_t size) {
  if (conditions.line_loss_permille == 0 && !pipe.cut_line) {
    pipe.bytes.append(data, size);
    pipe.at_line_start = data[size - 1] == '\n';
    return;
  }
  const char* const end = data + size;
  for (const char* p = data; p != end;) {
    if (pipe.at_line_start) {
      pipe.cut_line = random_.permille(conditions.line_loss_permille);
      if (pipe.cut_line) ++counters.lines_lost;
    }
    const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    const char* const line_end = lf == nullptr ? end : lf + 1;
    if (!pipe.cut_line) pipe.bytes.append(p, static_cast<std::size_t>(line_end - p));
    pipe.at_line_start = lf != nullptr;
    if (lf != nullptr) pipe.cut_line = false;
    p = line_end;
  }
}

void SimNetwork::shutdown_send(int socket) {
  const int reader = socket ^ 1;
  Pipe& pipe = incoming(reader);
  if (pipe.fin_written) return;
  pipe.fin_written = true;
  if (pipe.path != Path::swallowing) add_segment(static_cast<std::uint32_t>(reader), pipe, pipe.written);
}

void SimNetwork::close(int socket) {
  Connection& connection = of(socket);
  const unsigned side = side_of(socket);
  if (!connection.open[side]) return;
  connection.open[side] = false;
  if (side == server_side) connection.conn = nullptr;
  const Pipe& in = connection.pipes[side];
  Pipe& out = connection.pipes[side ^ 1U];
  // Closing with unread input resets the connection, as the kernels do.
  if (in.arrived != in.consumed) out.reset_written = true;
  shutdown_send(socket);
  release_if_unused(static_cast<std::uint32_t>(socket) / 2);
}

void SimNetwork::vanish(int socket) {
  Connection& connection = of(socket);
  const unsigned side = side_of(socket);
  if (!connection.open[side]) return;
  connection.open[side] = false;
  if (side == server_side) connection.conn = nullptr;
  release_if_unused(static_cast<std::uint32_t>(socket) / 2);
}

// ---- the wire
// --------------------------------------------------------------------------------------------------------

void SimNetwork::add_segment(std::uint32_t pipe_index, Pipe& pipe, std::uint32_t end) {
  const Time at = std::max(pipe.last_at, now_ + 1 + delay());
  pipe.last_at = at;
  if (pipe.segment_count == Pipe::max_segments) {
    Pipe::Segment& last = pipe.segments[(pipe.first_segment + pipe.segment_count - 1) % Pipe::max_segments];
    last.end = static_cast<std::int32_t>(end - last.end) > 0 ? end : last.end;
    return;
  }
  pipe.segments[(pipe.first_segment + pipe.segment_count) % Pipe::max_segments] = {at, end};
  ++pipe.segment_count;
  schedule(pipe_index, pipe);
}

void SimNetwork::schedule(std::uint32_t pipe_index, Pipe& pipe) {
  if (pipe.event_pending || pipe.segment_count == 0 || pipe.path != Path::clear) return;
  pipe.event_pending = true;
  const Time at = std::max(pipe.segments[pipe.first_segment].at, now_);
  events_.push(at, EventKind::arrival, pipe_index, connections_[pipe_index / 2].serial);
}

bool SimNetwork::on_arrival(std::uint32_t pipe_index, std::uint32_t serial) {
  const std::uint32_t index = pipe_index / 2;
  const unsigned reader = pipe_index % 2;
  Connection& connection = connections_[index];
  if (connection.serial != serial) return false;
  Pipe& pipe = connection.pipes[reader];
  pipe.event_pending = false;
  if (pipe.path != Path::clear || pipe.segment_count == 0) return false;
  const std::uint32_t end = pipe.segments[pipe.first_segment].end;
  if (static_cast<std::int32_t>(end - pipe.arrived) > 0) pipe.arrived = end;
  pipe.first_segment = (pipe.first_segment + 1) % Pipe::max_segments;
  --pipe.segment_count;
  if (pipe.fin_written && pipe.segment_count == 0 && pipe.arrived == pipe.written) {
    pipe.end_arrived = true;
    if (pipe.reset_written) {
      pipe.reset = true;
      ++counters.resets;
    }
  }
  schedule(pipe_index, pipe);
  if (connection.open[reader]) return true;
  // Nobody reads here any more: the kernel answers with a reset.
  Pipe& back = connection.pipes[reader ^ 1U];
  if (connection.open[reader ^ 1U] && back.path == Path::clear && !pipe.end_arrived) {
    back.reset_written = back.fin_written = true;
    add_segment(pipe_index ^ 1U, back, back.written);
  }
  return false;
}

void SimNetwork::set_path(std::uint32_t index, unsigned reader, Path path) {
  Connection& connection = connections_[index];
  Pipe& pipe = connection.pipes[reader];
  if (pipe.path == Path::swallowing) return;
  pipe.path = path;
  if (path == Path::swallowing) {
    pipe.segment_count = 0;
  } else if (path == Path::clear && pipe.segment_count > 0) {
    // TCP repeats what was lost only after a while.
    Pipe::Segment& first = pipe.segments[pipe.first_segment];
    first.at = std::max(first.at, now_ + 1 + random_.below(1'000));
    for (std::uint32_t i = 1; i < pipe.segment_count; ++i) {
      Pipe::Segment& segment = pipe.segments[(pipe.first_segment + i) % Pipe::max_segments];
      segment.at = std::max(segment.at, first.at);
    }
    pipe.last_at = std::max(pipe.last_at, first.at);
    schedule(2 * index + reader, pipe);
  }
}

void SimNetwork::reset_side(std::uint32_t index, unsigned side) {
  Connection& connection = connections_[index];
  if (!connection.open[side]) return;
  Pipe& pipe = connection.pipes[side];
  if (random_.permille(500)) pipe.reset = true;  // else: what has arrived is read first
  pipe.fin_written = pipe.end_arrived = true;
  pipe.segment_count = 0;
  // What was on its way is gone.
  pipe.bytes.resize(pipe.arrived - pipe.base);
  pipe.written = pipe.arrived;
  ++counters.resets;
}

bool SimNetwork::has_waiting_line(int socket) {
  const Pipe& pipe = incoming(socket);
  if (pipe.reset) return false;
  const std::uint32_t available = pipe.arrived - pipe.consumed;
  return available != 0 && std::memchr(pipe.bytes.data() + (pipe.consumed - pipe.base), '\n', available) != nullptr;
}

}  // namespace tautline::sim
