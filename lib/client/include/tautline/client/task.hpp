#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "tautline/core/serial.hpp"

/// Coroutines for a main loop without an operating system: C++20, no heap, no exceptions. coroutine.hpp has the
/// client's operations for them.
///
///     static tautline::Tasks<512> tasks;                    // the frames live here
///
///     tautline::Task blink(tautline::BasicTasks&, Led& led) {
///       while (true) {
///         led.toggle();
///         co_await tautline::delay(500);
///       }
///     }
///
///     tautline::Task task = blink(tasks, led);
///     if (task.failed()) complain(tasks.missing_bytes());   // Tasks<512> has no room for the frame
///     while (true) tasks.run(now_ms());
///
/// A coroutine finds its memory by its parameters: one of them (or the object, for a member function) is the Tasks, or
/// has a member tasks() that returns it.
///
/// Worth knowing:
/// - All locals and temporaries live in the frame, one after the other even if their scopes never meet: keep buffers
///   in static memory or in an object of the application.
/// - References and views are parameters like others: what they refer to must outlive the task. So must a lambda, with
///   its captures.
/// - A lambda that is a coroutine does not assemble inside an extern "C" function with GCC 12: write a function.
namespace tautline {

class BasicTasks;
class Task;

namespace task_detail {

class Delay;
class Join;

/// What a task waits for; in its frame while it waits. Never copied: `co_await` on an lvalue that is reached through a
/// lambda's capture would wait on a copy (GCC 12), so there must be none to make.
class Wait {
 public:
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

 protected:
  /// Is the wait over? It may do what was waited for, and is not called again once it said true.
  using Look = bool (*)(Wait&);

  /// Those who wait with the same `look` for the same subject are served in the order in which they began.
  Wait(Look look, const void* subject) : look_(look), subject_(subject) {}
  ~Wait() = default;
  /// From now on.
  void look_with(Look look) { look_ = look; }
  /// Does nobody wait for the same that began before?
  bool is_first(const BasicTasks& tasks) const;

 private:
  friend class tautline::BasicTasks;
  bool is_like(const Wait& other) const { return look_ == other.look_ && subject_ == other.subject_; }

  Look look_;
  const void* subject_;
};

/// An element of a ring of tasks.
struct Node {
  Node() = default;
  ~Node() { unlink(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void insert_before(Node& node) {
    after = &node;
    before = node.before;
    before->after = after->before = this;
  }
  void unlink() {
    before->after = after;
    after->before = before;
    before = after = this;
  }

  Node* before = this;
  Node* after = this;
  Wait* wait = nullptr;  ///< null: a task that has not begun, or no task
};

/// Before each frame in the arena.
struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Block {
  std::size_t bytes;  ///< with this header
  BasicTasks* owner;  ///< null: free
};

/// The memory of Tasks. A base of it, so that it exists before what uses it.
template <std::size_t blocks>
class Arena {
 protected:
  Block memory_[blocks] = {};
};

}  // namespace task_detail

/// Tasks without their memory, whose size only Tasks knows: what functions take as a parameter.
///
/// Everything happens in run(): a task never runs inside another call, and never inside another task.
class BasicTasks {
 public:
  BasicTasks(const BasicTasks&) = delete;
  BasicTasks& operator=(const BasicTasks&) = delete;

  /// Resumes every task whose wait is over, until nobody can go on, and returns when to call again at the latest. To be
  /// called in each turn of the main loop, after the client's poll(), with the same clock. Not from a task.
  std::uint32_t run(std::uint32_t now_ms);

  /// How many tasks could not start because the arena was full. Each of them also is Task::failed().
  std::uint32_t overflows() const { return overflows_; }
  /// How many bytes, in one piece, the last of them wanted; 0: none.
  std::size_t missing_bytes() const { return missing_bytes_; }
  /// Bytes that frames take now, with what the arena adds to each.
  std::size_t used_bytes() const { return used_bytes_; }
  /// The most that was ever used: what the arena could be cut down to, if nothing got lost between frames.
  std::size_t peak_bytes() const { return peak_bytes_; }

 protected:
  /// The arena must outlive its tasks.
  BasicTasks(task_detail::Block* arena, std::size_t blocks) : first_(arena), end_(arena + blocks) {
    *first_ = {blocks * sizeof(Block), nullptr};
  }
  ~BasicTasks() = default;

 private:
  using Block = task_detail::Block;

  friend class Task;
  friend class task_detail::Delay;
  friend class task_detail::Wait;

  /// A task that goes on for ever without a real wait must not keep the main loop from its turn.
  static constexpr int max_rounds_per_run = 8;
  /// Nothing needs run() before, if nobody sleeps.
  static constexpr std::uint32_t longest_sleep_ms = 0x3FFFFFFFU;

  static Block* next(Block* block) { return block + block->bytes / sizeof(Block); }
  void* allocate(std::size_t bytes);
  static void release(void* frame);

  bool resume_ready();
  bool is_over(const task_detail::Node& node) const;
  /// Does somebody that stands before `until` wait for the same?
  bool has_elder(const task_detail::Wait& wait, const task_detail::Node& until) const;

  Block* const first_;
  Block* const end_;
  std::size_t used_bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::size_t missing_bytes_ = 0;
  std::uint32_t overflows_ = 0;
  std::uint32_t now_ms_ = 0;
  std::uint32_t deadline_ms_ = 0;
  task_detail::Node waiting_;  ///< before the oldest, after the youngest
};

/// Tasks and their memory. `arena_bytes`: for the frames; peak_bytes() tells what a program needs. It must outlive the
/// tasks, so make it static.
template <std::size_t arena_bytes>
class Tasks : private task_detail::Arena<arena_bytes / sizeof(task_detail::Block)>, public BasicTasks {
 public:
  static_assert(arena_bytes >= 2 * sizeof(task_detail::Block), "a frame needs more than that");
  /// No tasks yet.
  Tasks() : BasicTasks(this->memory_, arena_bytes / sizeof(task_detail::Block)) {}
};

namespace task_detail {

template <class Argument>
concept HasTasks = requires(Argument& argument) {
  { argument.tasks() } -> std::convertible_to<BasicTasks&>;
};

template <class First, class... More>
BasicTasks& tasks_of(First& first, More&... more) {
  if constexpr (std::is_base_of_v<BasicTasks, First>) {
    return first;
  } else if constexpr (HasTasks<First>) {
    return first.tasks();
  } else {
    static_assert(sizeof...(More) != 0, "a task needs a parameter that is the Tasks, or whose tasks() returns it");
    return tasks_of(more...);
  }
}

}  // namespace task_detail

/// A coroutine that runs in Tasks::run(), and the right to cancel it: the task ends with this object. It begins in the
/// next run(). When it has ended, its frame is free at once. Where there are exceptions, one that leaves it ends the
/// program.
///
/// `co_await task` (or `co_await function(...)`) waits until it ended and gives true, or false if it never started.
class [[nodiscard]] Task {
 public:
  struct promise_type;

  /// None: done.
  Task() = default;
  /// The other one is done() then.
  Task(Task&& other) noexcept;
  /// Cancels what this one was.
  Task& operator=(Task&& other) noexcept;
  ~Task() { cancel(); }

  /// It never started: the arena had no room for its frame. BasicTasks::missing_bytes() says how much it wanted.
  bool failed() const { return failed_; }
  /// It ended, or was cancelled.
  bool done() const { return promise_ == nullptr && !failed_; }
  /// Ends it where it waits; objects in its frame are destroyed. A task cannot cancel itself: it returns.
  void cancel();

  /// See above.
  task_detail::Join operator co_await() const;

 private:
  friend class task_detail::Join;
  explicit Task(promise_type& promise);
  static Task failure() {
    Task task;
    task.failed_ = true;
    return task;
  }

  promise_type* promise_ = nullptr;
  bool failed_ = false;
};

/// What the compiler asks of a coroutine that returns Task.
struct Task::promise_type : task_detail::Node {
  template <class... Arguments>
  explicit promise_type(Arguments&... arguments) : tasks(task_detail::tasks_of(arguments...)) {
    insert_before(tasks.waiting_);
  }
  ~promise_type() {
    if (owner != nullptr) owner->promise_ = nullptr;
  }

  /// From the arena; without room, get_return_object_on_allocation_failure() is what the caller gets. Inlined always,
  /// or GCC 12 takes a template for the wrong partner of operator delete (-Wmismatched-new-delete).
  template <class... Arguments>
  [[gnu::always_inline]] static void* operator new(std::size_t bytes, Arguments&... arguments) noexcept {
    return task_detail::tasks_of(arguments...).allocate(bytes);
  }
  static void operator delete(void* frame, std::size_t) { BasicTasks::release(frame); }

  Task get_return_object() { return Task(*this); }
  static Task get_return_object_on_allocation_failure() { return Task::failure(); }
  static std::suspend_always initial_suspend() noexcept { return {}; }
  static std::suspend_never final_suspend() noexcept { return {}; }
  static void return_void() {}
  static void unhandled_exception() { std::abort(); }

  void suspend_for(task_detail::Wait& for_what) {
    wait = &for_what;
    insert_before(tasks.waiting_);
  }
  std::coroutine_handle<promise_type> handle() { return std::coroutine_handle<promise_type>::from_promise(*this); }

  BasicTasks& tasks;
  Task* owner = nullptr;
};

// ---- Task ---------------------------------------------------------------------------------------

inline Task::Task(promise_type& promise) : promise_(&promise) {
  promise.owner = this;
}

inline Task::Task(Task&& other) noexcept
    : promise_(std::exchange(other.promise_, nullptr)), failed_(std::exchange(other.failed_, false)) {
  if (promise_ != nullptr) promise_->owner = this;
}

inline Task& Task::operator=(Task&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  promise_ = std::exchange(other.promise_, nullptr);
  failed_ = std::exchange(other.failed_, false);
  if (promise_ != nullptr) promise_->owner = this;
  return *this;
}

inline void Task::cancel() {
  if (promise_ != nullptr) promise_->handle().destroy();
}

// ---- what tasks and delays are awaited with -----------------------------------------------------

namespace task_detail {

/// `co_await task`.
class [[nodiscard]] Join : public Wait {
 public:
  explicit Join(const Task& task) : Wait(look, this), task_(task) {}
  bool await_ready() const { return task_.promise_ == nullptr; }
  void await_suspend(std::coroutine_handle<Task::promise_type> waiting) { waiting.promise().suspend_for(*this); }
  bool await_resume() const { return !task_.failed_; }

 private:
  static bool look(Wait& wait) { return static_cast<Join&>(wait).await_ready(); }

  const Task& task_;
};

/// `co_await delay(ms)`.
class [[nodiscard]] Delay : public Wait {
 public:
  explicit Delay(std::uint32_t ms) : Wait(look, this), end_ms_(ms != 0 ? ms : 1) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<Task::promise_type> waiting) {
    tasks_ = &waiting.promise().tasks;
    end_ms_ += tasks_->now_ms_;
    waiting.promise().suspend_for(*this);
  }
  void await_resume() const {}

 private:
  static bool look(Wait& wait) {
    const auto& self = static_cast<const Delay&>(wait);
    if (at_or_before(self.end_ms_, self.tasks_->now_ms_)) return true;
    self.tasks_->deadline_ms_ = earlier(self.tasks_->deadline_ms_, self.end_ms_);
    return false;
  }

  BasicTasks* tasks_ = nullptr;
  std::uint32_t end_ms_;
};

}  // namespace task_detail

inline task_detail::Join Task::operator co_await() const {
  return task_detail::Join(*this);
}

/// `co_await delay(ms)` goes on after so many milliseconds: at most 2^30, and 0 counts as 1, so that the main loop has
/// a turn in any case.
inline task_detail::Delay delay(std::uint32_t ms) {
  return task_detail::Delay(ms);
}

// ---- BasicTasks: turns --------------------------------------------------------------------------

inline std::uint32_t BasicTasks::run(std::uint32_t now_ms) {
  now_ms_ = now_ms;
  for (int rounds = 0; rounds < max_rounds_per_run; ++rounds) {
    if (!resume_ready()) return deadline_ms_;
  }
  return now_ms;
}

/// Looks once at each task that waits now. Two marks in the ring show where it is and where it ends, because a task may
/// start, end and cancel any others meanwhile.
inline bool BasicTasks::resume_ready() {
  deadline_ms_ = now_ms_ + longest_sleep_ms;
  task_detail::Node here;
  task_detail::Node end;
  here.insert_before(*waiting_.after);
  end.insert_before(waiting_);
  bool resumed = false;
  while (here.after != &end) {
    auto& task = static_cast<Task::promise_type&>(*here.after);
    here.unlink();
    here.insert_before(*task.after);
    if (!is_over(task)) continue;
    resumed = true;
    task.unlink();
    // From this flat loop only: on xtensa one task that resumes another would nest on the stack without bound.
    task.handle().resume();
  }
  return resumed;
}

inline bool BasicTasks::is_over(const task_detail::Node& node) const {
  task_detail::Wait* const wait = node.wait;
  return wait == nullptr || (!has_elder(*wait, node) && wait->look_(*wait));
}

inline bool BasicTasks::has_elder(const task_detail::Wait& wait, const task_detail::Node& until) const {
  for (const task_detail::Node* node = waiting_.after; node != &until; node = node->after) {
    if (node->wait != nullptr && node->wait->is_like(wait)) return true;
  }
  return false;
}

inline bool task_detail::Wait::is_first(const BasicTasks& tasks) const {
  return !tasks.has_elder(*this, tasks.waiting_);
}

// ---- BasicTasks: memory -------------------------------------------------------------------------

/// The first block that is large enough. There are as many blocks as tasks: a handful.
inline void* BasicTasks::allocate(std::size_t bytes) {
  const std::size_t wanted = (bytes + 2 * sizeof(Block) - 1) / sizeof(Block) * sizeof(Block);
  for (Block* block = first_; block != end_; block = next(block)) {
    if (block->owner != nullptr) continue;
    for (Block* more = next(block); more != end_ && more->owner == nullptr; more = next(block)) {
      block->bytes += more->bytes;
    }
    if (block->bytes < wanted) continue;
    const std::size_t rest = block->bytes - wanted;
    block->bytes = wanted;
    block->owner = this;
    if (rest != 0) *next(block) = {rest, nullptr};
    used_bytes_ += wanted;
    if (peak_bytes_ < used_bytes_) peak_bytes_ = used_bytes_;
    return block + 1;
  }
  ++overflows_;
  missing_bytes_ = wanted;
  return nullptr;
}

inline void BasicTasks::release(void* frame) {
  Block* const block = static_cast<Block*>(frame) - 1;
  block->owner->used_bytes_ -= block->bytes;
  block->owner = nullptr;
}

}  // namespace tautline
