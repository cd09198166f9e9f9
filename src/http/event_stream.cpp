#include "http/event_stream.hpp"

#include <utility>

#include "http/exchange.hpp"

namespace kassa::http {

void EventStream::publish(std::string text) {
  std::shared_ptr<Outbox> outbox;
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(text);
    if (!outbox_ || std::exchange(on_its_way_, true)) return;
    outbox = outbox_;
  }
  outbox->put(shared_from_this());
}

void EventStream::open(Connection& connection, std::shared_ptr<Outbox> outbox) {
  connection_ = &connection;
  const std::lock_guard lock(mutex_);
  outbox_ = std::move(outbox);
}

void EventStream::close() {
  connection_ = nullptr;
  const std::lock_guard lock(mutex_);
  outbox_.reset();
}

std::string EventStream::take() {
  const std::lock_guard lock(mutex_);
  on_its_way_ = false;
  return std::exchange(next_, {});
}

}  // namespace kassa::http
