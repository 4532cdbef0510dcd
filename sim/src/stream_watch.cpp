#include "stream_watch.hpp"

#include <algorithm>

#include "model.hpp"

namespace tautline::sim {
namespace {

/// A line keeps its order and little time: what is older than so many sessions of the writer can't arrive any more.
constexpr std::size_t max_sessions_kept = 16;

}  // namespace

// ---- the writer ---------------------------------------------------------------------------------

void StreamWatch::writer_starts(const char* send, std::size_t send_size) {
  send_ = send;
  send_size_ = send_size;
  writer_session_ = 0;
}

void StreamWatch::begin_session() {
  written_.push_back({++sessions_, {}, 0, received_ == 0});
  if (written_.size() > max_sessions_kept) written_.pop_front();
  send_at_ = 0;
}

void StreamWatch::before_writing(const bridge::ByteStream& stream) {
  if (stream.is_up() && stream.sessions() != writer_session_) {
    writer_session_ = stream.sessions();
    begin_session();
  }
  writable_ = stream.writable();
}

void StreamWatch::after_writing(const bridge::ByteStream& stream) {
  if (!stream.is_up() || written_.empty()) return;
  // Nothing is acknowledged in between, so that what is less to write was written.
  Session& session = written_.back();
  for (std::size_t count = writable_ - stream.writable(); count != 0; --count) {
    session.bytes.push_back(send_[send_at_]);
    send_at_ = (send_at_ + 1) % send_size_;
  }
}

// ---- the reader ---------------------------------------------------------------------------------

void StreamWatch::reader_starts() {
  reader_session_ = 0;
  readable_ = 0;
  received_ = 0;
  for (Session& session : written_) session.may_be = session.begin == 0;
}

void StreamWatch::before_receiving(const bridge::ByteStream& stream) {
  readable_ = stream.readable_bytes();
}

void StreamWatch::after_receiving(const bridge::ByteStream& stream) {
  if (stream.sessions() != reader_session_) {
    reader_starts();
    reader_session_ = stream.sessions();
  }
  const std::size_t count = stream.readable_bytes();
  if (!stream.is_up() || count == readable_) return;
  if (count < readable_) violated(Broken::internal, "a stream has lost %zu received bytes", readable_ - count);
  std::string fresh(count - readable_, '\0');
  stream.peek(readable_, fresh.data(), fresh.size());
  take(fresh);
}

void StreamWatch::take(const std::string& fresh) {
  std::size_t fitting = 0;
  for (Session& session : written_) {
    if (!session.may_be) continue;
    const std::uint64_t at = received_ - session.begin;
    session.may_be = session.bytes.compare(at, fresh.size(), fresh) == 0;
    if (session.may_be) ++fitting;
  }
  received_ += fresh.size();
  bytes_ += fresh.size();
  if (fitting == 0) {
    violated(Broken::stream, "%zu bytes after byte %llu of a session are not what any one session of the writer sent",
             fresh.size(), static_cast<unsigned long long>(received_ - fresh.size()));
  }
  if (fitting > 1) return;
  // All before the one that it is are over for good; of it, what has arrived is not needed any more.
  while (!written_.front().may_be) written_.pop_front();
  Session& session = written_.front();
  session.bytes.erase(0, received_ - session.begin);
  session.begin = received_;
}

}  // namespace tautline::sim
