#pragma once

#include <sys/mman.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <new>
#include <stdexcept>
#include <type_traits>

/// The processes of the measurements of scale and storms: many, so each ends with the one that started it, and they
/// tell each other their figures in shared memory. (A load in a process of its own also keeps the heap of this one
/// small: a server forked from a process that has freed memory would find its pages there, and seem to need none.)
namespace bench {

/// RssAnon of a process in bytes: memory of its own, no code, no files, nothing that the kernel has for its sockets.
std::uint64_t anonymous_bytes_of(pid_t pid);

/// VmHWM of a process in bytes: the most that it had resident so far, code included.
std::uint64_t peak_resident_bytes_of(pid_t pid);

/// Slab and page tables of the whole machine in bytes: what sockets cost in the kernel, among other things.
std::uint64_t kernel_bytes();

/// The calling process gets its core whenever it has something to do. False: not permitted.
bool take_precedence();
/// The calling process, on a core with others that do: where that is not permitted it gets what they leave.
void give_way();

/// Lets time pass.
void pause_for(double seconds);

/// Looks every 2 ms; false if `condition` did not come true in time.
bool wait_until(double limit_s, const std::function<bool()>& condition);

/// An object that this process and those forked from it see alike: its members are to be atomic.
template <typename T>
class Shared {
 public:
  Shared() {
    void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map shared memory");
    object_ = new (memory) T();
  }
  ~Shared() { ::munmap(object_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  static_assert(std::is_trivially_destructible_v<T>);
  T* object_ = nullptr;
};

/// A function in a process of its own, on one core (ServerProcess::any_core: on all). Ends with the object.
class Child {
 public:
  Child(int core, const std::function<void()>& run);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// False once it has ended; throws std::runtime_error if it ended with a failure.
  bool running();

 private:
  pid_t pid_ = -1;
  bool running_ = true;
};

}  // namespace bench
