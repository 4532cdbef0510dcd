#pragma once

#include <coroutine>
#include <cstdint>
#include <string_view>

#include "tautline/client/client.hpp"
#include "tautline/client/task.hpp"

namespace tautline {

namespace task_detail {

/// `co_await client.readline()`.
template <class Client>
class [[nodiscard]] Read : public Wait {
 public:
  Read(BasicTasks& tasks, Client& client) : Wait(look, &client), tasks_(tasks), client_(client) {}
  bool await_ready() { return is_first(tasks_) && look(*this); }
  void await_suspend(std::coroutine_handle<Task::promise_type> waiting) { waiting.promise().suspend_for(*this); }
  std::string_view await_resume() const { return line_; }

 private:
  static bool look(Wait& wait) {
    auto& self = static_cast<Read&>(wait);
    return self.client_.readline(self.line_);
  }

  BasicTasks& tasks_;
  Client& client_;
  std::string_view line_;
};

/// `co_await client.write(...)`.
template <class Client>
class [[nodiscard]] Write : public Wait {
 public:
  Write(BasicTasks& tasks, Client& client, std::string_view line, WriteOptions options)
      : Wait(look_queued, subject(client, options.qos)),
        tasks_(tasks),
        client_(client),
        line_(line),
        options_(options) {}
  bool await_ready() { return is_first(tasks_) && try_write(); }
  void await_suspend(std::coroutine_handle<Task::promise_type> waiting) { waiting.promise().suspend_for(*this); }
  WriteStatus await_resume() const { return result_.status; }

 private:
  /// Two queues: a qos=False line that waits for the link does not hold up those that only need room.
  static const void* subject(const Client& client, bool qos) {
    return reinterpret_cast<const char*>(&client) + (qos ? 0 : 1);
  }
  static bool look_queued(Wait& wait) { return static_cast<Write&>(wait).try_write(); }
  static bool look_acknowledged(Wait& wait) {
    auto& self = static_cast<Write&>(wait);
    if (self.client_.acknowledged(self.result_.ticket)) return true;
    if (self.client_.state() != LinkState::closed) return false;
    self.result_.status = WriteStatus::closed;
    return true;
  }
  bool try_write() {
    result_ = client_.write(line_, options_.qos, options_.wait);
    if (result_.status != WriteStatus::ok) return result_.status != WriteStatus::would_block;
    if (!options_.qos || !options_.wait) return true;
    look_with(look_acknowledged);
    return false;
  }

  BasicTasks& tasks_;
  Client& client_;
  std::string_view line_;
  WriteOptions options_;
  WriteResult result_;
};

/// `co_await client`.
template <class Client>
class [[nodiscard]] Up : public Wait {
 public:
  explicit Up(Client& client) : Wait(look, &client), client_(client) {}
  bool await_ready() { return look(*this); }
  void await_suspend(std::coroutine_handle<Task::promise_type> waiting) { waiting.promise().suspend_for(*this); }
  bool await_resume() const { return client_.status(); }

 private:
  static bool look(Wait& wait) {
    const auto& self = static_cast<const Up&>(wait);
    return self.client_.status() || self.client_.state() == LinkState::closed;
  }

  Client& client_;
};

}  // namespace task_detail

/// The operations of a Client for coroutines: they pause through an outage and then go on. (On Linux
/// posix::AsyncClient has the same for Asio.)
///
///     static tautline::Tasks<512> tasks;
///     static tautline::Client<Port> plain(port, config);
///     static tautline::CoroutineClient client(tasks, plain);
///
///     tautline::Task report(Node& client) {                 // using Node = tautline::CoroutineClient<...>
///       co_await client;                                    // the link is up
///       while (true) {
///         co_await client.write(measure());                 // the server has it
///         co_await tautline::delay(5000);
///       }
///     }
///     tautline::Task obey(Node& client) {
///       while (true) act(co_await client.readline());
///     }
///
///     tautline::Task tasks_of_node[] = {report(client), obey(client)};   // each: check failed()
///     while (true) {
///       plain.poll(now_ms());
///       tasks.run(now_ms());
///       plain.poll(now_ms());                               // what the tasks wrote and took leaves in this turn
///     }
///
/// A task that is cancelled where it waits has lost or taken no line: what it wrote and was not yet queued is not sent,
/// what was queued is sent all the same. See task.hpp for tasks and the traps of coroutines.
template <class Client>
class CoroutineClient {
 public:
  /// Both must outlive this, and this its tasks.
  CoroutineClient(BasicTasks& tasks, Client& client) : tasks_(tasks), client_(client) {}
  CoroutineClient(const CoroutineClient&) = delete;
  CoroutineClient& operator=(const CoroutineClient&) = delete;

  /// `co_await` gives the next line, a view. It is valid, and the line not taken, until the next readline() of any task
  /// or Client::accept(); then it counts as taken and the server is told.
  ///
  /// Several tasks may wait: each line goes to the one that has waited longest, but see above: who reads on makes the
  /// other's view invalid. One task that reads is what a program wants. After Client::close() it waits for ever.
  task_detail::Read<Client> readline() { return {tasks_, client_}; }

  /// `co_await` gives a WriteStatus, never would_block.
  ///
  /// qos and wait: when the server has taken responsibility. qos without wait: when the line is queued, after a pause
  /// while the queue is full. Not qos: when the line is on its way, after a pause while the link is down; it may be
  /// lost. Lines are queued in the order of the calls, whatever their lengths.
  ///
  /// bad_line, too_long: nothing was sent. closed: as well, or with wait, nobody knows whether it arrived. `line` must
  /// stay as it is until then; nothing is copied into the frame.
  task_detail::Write<Client> write(std::string_view line, WriteOptions options = {}) {
    return {tasks_, client_, line, options};
  }

  /// `co_await client` goes on when the link is up, and gives true; false: the client is closed for good.
  task_detail::Up<Client> operator co_await() { return task_detail::Up<Client>(client_); }

  /// Is the link up?
  bool status() const { return client_.status(); }
  /// As status().
  bool operator()() const { return status(); }
  /// The client itself, for all else.
  Client& plain() const { return client_; }
  /// Where the frames of its tasks live.
  BasicTasks& tasks() const { return tasks_; }

 private:
  BasicTasks& tasks_;
  Client& client_;
};

}  // namespace tautline
