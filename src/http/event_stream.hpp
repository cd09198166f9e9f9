// An answer that stays open: server-sent events, told by any thread, the newest only.
//
//   any thread                                     I/O thread
//   publish(text) ─▶ EventStream: newest text ─▶ Outbox ─▶ Connection::serve_stream ─▶ socket
//
// Each text says everything that there is to say, so one that has not begun to be sent is replaced
// by the next: a slow reader misses what is past, and a stream holds one text at most. Hazards: a
// reader that takes nothing (dropped when one write takes longer than `write_timeout`), a peer that
// vanished without a word (heartbeats, TCP_USER_TIMEOUT), a publisher that outlives the server.
#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace kassa::http {

class Connection;
class Outbox;

class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  /// `guest` is destroyed with the stream, whatever ends it: what the stream took, it gives back.
  explicit EventStream(std::shared_ptr<void> guest = nullptr) : guest_(std::move(guest)) {}
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream() = default;

  /// What is told next; whole lines of the event stream format. From any thread, before the stream
  /// is answered and after it has ended too.
  void publish(std::string text);

  // Of the connection that serves it, on its I/O thread.
  void open(Connection& connection, std::shared_ptr<Outbox> outbox);
  void close();
  /// What is to be told and was not yet; empty: nothing.
  [[nodiscard]] std::string take();
  [[nodiscard]] Connection* connection() const { return connection_; }

 private:
  Connection* connection_ = nullptr;  // null: not open
  const std::shared_ptr<void> guest_;
  std::mutex mutex_;
  std::string next_;
  std::shared_ptr<Outbox> outbox_;  // null: not open
  bool on_its_way_ = false;         // the outbox has been told
};

}  // namespace kassa::http
