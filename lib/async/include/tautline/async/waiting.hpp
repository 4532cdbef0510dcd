#pragma once

#include <memory>
#include <system_error>
#include <tuple>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

/// Operations that wait in a list: the handler of any completion token behind one small interface.
namespace tautline::detail {

/// A node of an intrusive list. A node is in at most one list.
struct ListNode {
  ListNode* next = nullptr;
  ListNode* previous = nullptr;
  void unlink() {
    if (next == nullptr) return;
    next->previous = previous;
    previous->next = next;
    next = previous = nullptr;
  }
};

template <typename T>
class List {
 public:
  List() { head_.next = head_.previous = &head_; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  bool empty() const { return head_.next == &head_; }
  T* front() { return empty() ? nullptr : static_cast<T*>(head_.next); }
  /// The one behind `node`, or null.
  T* after(T* node) { return node->next == &head_ ? nullptr : static_cast<T*>(node->next); }
  void push_back(T& node) {
    node.previous = head_.previous;
    node.next = &head_;
    head_.previous->next = &node;
    head_.previous = &node;
  }
  /// All nodes of `other` go behind those of this list.
  void take_all(List& other) {
    if (other.empty()) return;
    ListNode* const first = other.head_.next;
    ListNode* const last = other.head_.previous;
    first->previous = head_.previous;
    last->next = &head_;
    head_.previous->next = first;
    head_.previous = last;
    other.head_.next = other.head_.previous = &other.head_;
  }
  T* pop_front() {
    T* const node = front();
    if (node != nullptr) node->unlink();
    return node;
  }

 private:
  ListNode head_;
};

/// How a completion reaches its handler: `in_place` only from the event loop's own frame, never from within a call that
/// the application made.
enum class Completion { in_place, posted };

/// Hands the results to the handler of an operation.
template <typename Executor, typename Handler, typename... Results>
void call_handler(Completion completion, const Executor& executor, Handler handler, std::tuple<Results...> results) {
  auto call = [handler = std::move(handler), results = std::move(results)]() mutable {
    std::apply([&](auto&&... result) { std::move(handler)(std::move(result)...); }, std::move(results));
  };
  if (completion == Completion::in_place) {
    asio::dispatch(executor, std::move(call));
  } else {
    asio::post(executor, std::move(call));
  }
}

/// An operation that completes with an error code and results. complete() frees it.
template <typename... Results>
struct Waiting : ListNode {
  virtual void complete(Completion completion, std::error_code error, Results... results) = 0;

 protected:
  ~Waiting() = default;
};

/// `Base` is Waiting<Results...> or derives from it.
template <typename Base, typename Handler, typename... Results>
class WaitingHandler final : public Base {
 public:
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  using Allocator =
      typename std::allocator_traits<asio::associated_allocator_t<Handler>>::template rebind_alloc<WaitingHandler>;

  /// `cancel(Base&)` is called when the handler's cancellation slot is triggered; it must complete the operation.
  template <typename Cancel>
  static Base& make(Handler handler, const asio::any_io_executor& fallback, Cancel cancel) {
    Allocator allocator(asio::get_associated_allocator(handler));
    auto* const memory = std::allocator_traits<Allocator>::allocate(allocator, 1);
    auto* const made = new (static_cast<void*>(memory)) WaitingHandler(std::move(handler), fallback);
    auto slot = asio::get_associated_cancellation_slot(made->handler_);
    if (slot.is_connected()) {
      slot.assign([made, cancel](asio::cancellation_type type) {
        if (type != asio::cancellation_type::none) cancel(static_cast<Base&>(*made));
      });
    }
    return *made;
  }

  void complete(Completion completion, std::error_code error, Results... results) override {
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) slot.clear();
    Handler handler(std::move(handler_));
    const auto work(std::move(work_));
    Allocator allocator(asio::get_associated_allocator(handler));
    this->~WaitingHandler();
    std::allocator_traits<Allocator>::deallocate(allocator, this, 1);
    call_handler(completion, work.get_executor(), std::move(handler), std::make_tuple(error, std::move(results)...));
  }

 private:
  WaitingHandler(Handler handler, const asio::any_io_executor& fallback)
      : handler_(std::move(handler)), work_(asio::get_associated_executor(handler_, fallback)) {}
  ~WaitingHandler() = default;

  Handler handler_;
  asio::executor_work_guard<Executor> work_;
};

}  // namespace tautline::detail
