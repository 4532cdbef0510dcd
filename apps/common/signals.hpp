#pragma once

#include <initializer_list>

namespace tautline::cli {

/// Signals as a descriptor. From now on they end nothing by themselves; threads made later inherit that.
class Signals {
 public:
  /// Throws std::system_error.
  Signals(std::initializer_list<int> numbers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const { return descriptor_; }
  /// The next signal; 0: none.
  int take();

 private:
  int descriptor_ = -1;
};

}  // namespace tautline::cli
