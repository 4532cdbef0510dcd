#pragma once

#include <set>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace example {

/// Finds what is wrong with a series of numbers 0, 1, 2, ... of which each is to come once and in order.
class NumberCheck {
 public:
  void received(long number) {
    if (number < 0 || number - next_ > furthest_gap) throw std::runtime_error("no number " + std::to_string(number));
    ++count_;
    if (number >= next_) {
      for (; next_ < number; ++next_) missed_.insert(next_);
      ++next_;
    } else if (missed_.erase(number) != 0) {
      ++out_of_order_;
    } else {
      ++duplicated_;
    }
  }

  /// The series had this many numbers: the last ones may be missing too.
  void ended(long total) {
    for (; next_ < total; ++next_) missed_.insert(next_);
  }

  /// A new series begins with 0; what was wrong with the earlier ones stays in the counts.
  void begin_again() {
    missed_before_ += static_cast<long>(missed_.size());
    missed_.clear();
    next_ = 0;
  }

  long next() const { return next_; }  ///< the number that should come next
  long count() const { return count_; }
  long missed() const { return missed_before_ + static_cast<long>(missed_.size()); }
  long duplicated() const { return duplicated_; }
  long out_of_order() const { return out_of_order_; }
  bool all_well() const { return missed() + duplicated_ + out_of_order_ == 0; }

  /// As the reports of the demos have it.
  std::string text() const {
    return "received=" + std::to_string(count_) + " missed=" + std::to_string(missed()) +
           " duplicated=" + std::to_string(duplicated_) + " out_of_order=" + std::to_string(out_of_order_);
  }

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(NumberCheck, next_, count_, missed_before_, duplicated_, out_of_order_, missed_)

 private:
  static constexpr long furthest_gap = 1'000'000;

  long next_ = 0;
  long count_ = 0;
  long missed_before_ = 0;
  long duplicated_ = 0;
  long out_of_order_ = 0;
  std::set<long> missed_;
};

}  // namespace example
