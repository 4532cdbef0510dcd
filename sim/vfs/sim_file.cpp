#include <algorithm>
#include <cstring>

#include "vfs/sim_disk.hpp"

namespace tautline::sim {

void SimFile::read(void* to, std::size_t count, std::uint64_t offset) const {
  std::memset(to, 0, count);
  if (offset >= live_.size()) return;
  std::memcpy(to, live_.data() + offset, std::min<std::uint64_t>(count, live_.size() - offset));
}

void SimFile::write(const void* from, std::size_t count, std::uint64_t offset) {
  if (count == 0) return;
  if (offset + count > live_.size()) {
    live_.resize(offset + count);
    unsynced_sizes_.push_back(live_.size());
  }
  std::memcpy(live_.data() + offset, from, count);
  remember(offset / sector_bytes, (offset + count - 1) / sector_bytes);
}

void SimFile::truncate(std::uint64_t size) {
  const std::uint64_t before = live_.size();
  live_.resize(size);
  unsynced_sizes_.push_back(size);
  if (size < before) remember(size / sector_bytes, (before - 1) / sector_bytes);
}

void SimFile::remember(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t number = first; number <= last; ++number) unsynced_[number].push_back(sector_of(live_, number));
}

SimFile::Sector SimFile::sector_of(const std::vector<std::uint8_t>& bytes, std::uint64_t number) const {
  Sector sector{};
  const std::uint64_t start = number * sector_bytes;
  if (start < bytes.size()) {
    std::memcpy(sector.data(), bytes.data() + start, std::min<std::uint64_t>(sector_bytes, bytes.size() - start));
  }
  return sector;
}

void SimFile::put_durable(std::uint64_t number, const Sector& sector) {
  const std::uint64_t start = number * sector_bytes;
  if (durable_.size() < start + sector_bytes) durable_.resize(start + sector_bytes);
  std::memcpy(durable_.data() + start, sector.data(), sector_bytes);
}

void SimFile::sync() {
  for (const auto& [number, contents] : unsynced_) put_durable(number, contents.back());
  unsynced_.clear();
  unsynced_sizes_.clear();
  durable_size_ = live_.size();
}

void SimFile::fail_sync(Random& random) {
  for (const auto& [number, contents] : unsynced_) {
    if (random.permille(500)) put_durable(number, contents[random.below(contents.size())]);
  }
  durable_size_ = draw_size(random);
  unsynced_.clear();
  unsynced_sizes_.clear();
}

std::uint64_t SimFile::draw_size(Random& random) const {
  if (unsynced_sizes_.empty() || random.permille(300)) return durable_size_;
  if (random.permille(500)) return unsynced_sizes_.back();
  return unsynced_sizes_[random.below(unsynced_sizes_.size())];
}

void SimFile::lose_power(Random& random) {
  // Of some files everything survives, of some nothing, of most anything.
  const std::uint64_t mood = random.below(5);
  for (const auto& [number, contents] : unsynced_) {
    const bool kept = mood == 0 || (mood > 1 && random.permille(600));
    if (!kept) continue;
    const std::uint64_t pick = mood == 0 || random.permille(600) ? contents.size() - 1 : random.below(contents.size());
    Sector sector = contents[pick];
    if (random.permille(50)) {
      // The power failed while the head was over this sector.
      const Sector before = pick == 0 ? sector_of(durable_, number) : contents[pick - 1];
      const std::uint64_t cut = random.below(sector_bytes);
      std::copy(before.begin() + static_cast<std::ptrdiff_t>(cut), before.end(),
                sector.begin() + static_cast<std::ptrdiff_t>(cut));
    }
    put_durable(number, sector);
  }
  durable_size_ = mood == 0 && !unsynced_sizes_.empty() ? unsynced_sizes_.back() : draw_size(random);
  unsynced_.clear();
  unsynced_sizes_.clear();
  durable_.resize(durable_size_);
  live_ = durable_;
  shared = std::make_shared<Shared>();
}

}  // namespace tautline::sim
