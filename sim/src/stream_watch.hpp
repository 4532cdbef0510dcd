#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "tautline/bridge/byte_stream.hpp"

namespace tautline::sim {

/// One direction between two ByteStreams: what the reader is given in one session must be a prefix of what the writer
/// wrote in one of its sessions, and in no earlier one than the session before was about. Sessions have no name that
/// both ends could tell, so each session of the writer that fits so far is kept as a candidate.
///
/// Around each turn of the two programs: written() tells what the turn wrote, received() what the channel brought.
class StreamWatch {
 public:
  /// The writer's program begins anew, with this memory for what it sends.
  void writer_starts(const char* send, std::size_t send_size);
  /// Before the program's part of a turn.
  void before_writing(const bridge::ByteStream& stream);
  /// After it.
  void after_writing(const bridge::ByteStream& stream);

  void reader_starts();
  /// Before the channel is polled.
  void before_receiving(const bridge::ByteStream& stream);
  /// After it. Throws Violation.
  void after_receiving(const bridge::ByteStream& stream);

  std::uint64_t sessions() const { return sessions_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Session {
    std::uint64_t number;
    std::string bytes;  ///< from `begin` on: what came before was received by the one reader it could be for
    std::uint64_t begin = 0;
    bool may_be = true;  ///< the reader's present session may be this one
  };

  void begin_session();
  void take(const std::string& bytes);

  const char* send_ = nullptr;
  std::size_t send_size_ = 0;
  std::size_t send_at_ = 0;
  std::size_t writable_ = 0;
  std::uint32_t writer_session_ = 0;
  std::deque<Session> written_;
  std::uint64_t sessions_ = 0;

  std::uint32_t reader_session_ = 0;
  std::size_t readable_ = 0;
  std::uint64_t received_ = 0;  ///< in the present session
  std::uint64_t bytes_ = 0;
};

}  // namespace tautline::sim
