// One request and its answer, between the connection that reads it and whoever answers.
//
//      I/O thread                              any thread
//      Connection ──Handler(request, ·)──▶ Responder ──send──▶ Exchange ──▶ Outbox
//           ▲                                                                  │
//           └──────────────── drained on the I/O thread, one wake for many ◀───┘
//
// Hazards: a connection that dies, or stops waiting, while a handler elsewhere still reads the
// request (so the exchange, not the connection, owns the bytes), and an answer that arrives after
// the server has gone (so the outbox outlives it, closed).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/http.hpp"

namespace kassa::http {

class Connection;
class EventStream;
struct Exchange;

/// Answers, and streams that have news, on their way to one I/O thread.
class Outbox {
 public:
  /// `wake` is called when the outbox becomes non-empty, from any thread, under its lock.
  explicit Outbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void put(std::shared_ptr<Exchange> answered);   // any thread
  void put(std::shared_ptr<EventStream> stream);  // any thread
  struct Contents {
    std::vector<std::shared_ptr<Exchange>> answers;
    std::vector<std::shared_ptr<EventStream>> streams;
  };
  /// Swaps the contents into `out`, which must be empty.
  void take(Contents& out);
  /// Whatever arrives afterwards is dropped; `wake` is not called any more.
  void close();

  void set_io_thread(std::thread::id id) { io_thread_ = id; }
  [[nodiscard]] bool on_io_thread() const { return std::this_thread::get_id() == io_thread_; }

 private:
  template <class T>
  void put_into(std::vector<T>& list, T item);

  std::mutex mutex_;
  Contents contents_;
  std::function<void()> wake_;  // empty once closed
  std::thread::id io_thread_;   // set before any exchange exists
};

/// What has been read and not yet served. Views into it die when reserve() is called.
class InputBuffer {
 public:
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, size()}; }
  [[nodiscard]] std::span<char> first(std::size_t size) { return {bytes_.get() + begin_, size}; }
  /// Where the next bytes go.
  [[nodiscard]] std::span<char> room() { return {bytes_.get() + end_, capacity_ - end_}; }
  /// How much fits from the first unserved byte on, without moving anything.
  [[nodiscard]] std::size_t capacity() const { return capacity_ - begin_; }

  void commit(std::size_t received) { end_ += received; }
  void consume(std::size_t served) { begin_ += served; }
  /// Cuts `size` bytes out, `at` bytes after the first.
  void erase(std::size_t at, std::size_t size);
  /// Makes capacity() at least `bytes`, by moving or (doubling) by growing. Callers bound `bytes`
  /// by one head: what a peer pipelines must not make it grow.
  void reserve(std::size_t bytes);
  /// Gives the memory back: an idle connection holds none.
  void release();

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Used for one request after another of a connection; abandoned if its handler answers too late.
struct Exchange final : Responder::Sink, std::enable_shared_from_this<Exchange> {
  Exchange(Connection* its_connection, std::shared_ptr<Outbox> its_outbox)
      : connection(its_connection), outbox(std::move(its_outbox)) {}

  // Of the I/O thread.
  Connection* connection;  // null: nobody waits for the answer any more
  bool in_handler = false;
  bool answered = false;

  // Of the I/O thread until the handler is called, then read-only until it is answered.
  InputBuffer input;
  std::string body;                 // one that did not fit into `input`, or came chunked
  std::shared_ptr<void> body_slot;  // of the route's BodySlots, while the body is here
  Request request;

  // Of whoever answers, until the outbox gives it back to the I/O thread.
  Response response;
  bool dropped = false;

  const std::shared_ptr<Outbox> outbox;

  void send(Response&& answer) override;
  void drop() override;

 private:
  void deliver();
};

}  // namespace kassa::http
