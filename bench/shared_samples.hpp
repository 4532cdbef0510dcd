#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <vector>

namespace bench {

/// Latencies that a child process measures and its parent reads.
class SharedSamples {
 public:
  SharedSamples() {
    void* const memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot share memory");
    shared_ = new (memory) Shared;
  }
  ~SharedSamples() { ::munmap(shared_, sizeof(Shared)); }
  SharedSamples(const SharedSamples&) = delete;
  SharedSamples& operator=(const SharedSamples&) = delete;

  /// By the child only.
  void add(double microseconds) {
    const std::size_t count = shared_->count.load(std::memory_order_relaxed);
    if (count == max_samples) return;
    shared_->samples[count] = microseconds;
    shared_->count.store(count + 1, std::memory_order_release);
  }
  std::size_t count() const { return shared_->count.load(std::memory_order_acquire); }
  /// Those from the one with that number on, sorted.
  std::vector<double> since(std::size_t first) const {
    std::vector<double> result(shared_->samples + first, shared_->samples + count());
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  static constexpr std::size_t max_samples = 1 << 21;
  struct Shared {
    std::atomic<std::size_t> count{0};
    double samples[max_samples];  // touched only as far as it is used
  };
  Shared* shared_ = nullptr;
};

}  // namespace bench
