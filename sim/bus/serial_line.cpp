#include "bus/serial_line.hpp"

namespace tautline::sim {

bool SerialLine::fault(std::uint32_t ppm) {
  if (!chance_.happens(ppm)) return false;
  ++counters_.faults;
  return true;
}

std::size_t SerialLine::read(Side side, char* data, std::size_t size) {
  std::deque<char>& received = directions_[index_of(other_than(side))].received;
  const std::size_t count = std::min(size, received.size());
  std::copy_n(received.begin(), count, data);
  received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

std::size_t SerialLine::write(Side side, const char* data, std::size_t size) {
  Direction& direction = directions_[index_of(side)];
  const std::size_t count =
      std::min(size, settings_.transmit_bytes - std::min(settings_.transmit_bytes, direction.to_send.size()));
  direction.to_send.insert(direction.to_send.end(), data, data + count);
  if (direction.arrives_ns == never_ns && count != 0) direction.arrives_ns = now_ns_ + byte_ns_;
  return count;
}

void SerialLine::reset(Side side) {
  Direction& direction = directions_[index_of(side)];
  if (direction.to_send.size() > 1) direction.to_send.resize(1);
  direction.cut = !direction.to_send.empty();
  directions_[index_of(other_than(side))].received.clear();
}

Nanoseconds SerialLine::next_ns() const {
  return std::min(directions_[0].arrives_ns, directions_[1].arrives_ns);
}

Wakes SerialLine::advance(Nanoseconds now_ns) {
  Wakes wakes;
  for (Nanoseconds at = next_ns(); at <= now_ns && at != never_ns; at = next_ns()) {
    now_ns_ = at;
    for (const Side from : {Side::board, Side::bridge}) {
      if (directions_[index_of(from)].arrives_ns == at) arrive(from, wakes);
    }
  }
  now_ns_ = now_ns;
  return wakes;
}

void SerialLine::arrive(Side from, Wakes& wakes) {
  Direction& direction = directions_[index_of(from)];
  char byte = direction.to_send.front();
  direction.to_send.pop_front();
  direction.arrives_ns = direction.to_send.empty() ? never_ns : now_ns_ + byte_ns_;
  if (direction.to_send.empty()) wakes.add(from);
  ++counters_.bytes;
  const SerialFaults& faults = faults_[index_of(from)];
  if (direction.cut || fault(faults.flip_ppm)) byte = chance_.flip(byte);
  direction.cut = false;
  if (!fault(faults.drop_ppm)) deliver(other_than(from), byte, wakes);
  if (fault(faults.insert_ppm)) deliver(other_than(from), chance_.any_byte(), wakes);
}

void SerialLine::deliver(Side to, char byte, Wakes& wakes) {
  std::deque<char>& received = directions_[index_of(other_than(to))].received;
  wakes.add(to);
  if (received.size() < settings_.receive_bytes) {
    received.push_back(byte);
  } else {
    ++counters_.lost;
  }
}

}  // namespace tautline::sim
