#include "http/exchange.hpp"

#include <algorithm>
#include <cstring>

namespace kassa::http {

template <class T>
void Outbox::put_into(std::vector<T>& list, T item) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  const bool was_empty = contents_.answers.empty() && contents_.streams.empty();
  list.push_back(std::move(item));
  // Under the lock, so that close() is a barrier behind which the io_context may go. One wake
  // serves all that are put before the I/O thread comes round.
  if (was_empty) wake_();
}

void Outbox::put(std::shared_ptr<Exchange> answered) {
  put_into(contents_.answers, std::move(answered));
}

void Outbox::put(std::shared_ptr<EventStream> stream) {
  put_into(contents_.streams, std::move(stream));
}

void Outbox::take(Contents& out) {
  const std::lock_guard lock(mutex_);
  std::swap(contents_, out);
}

void Outbox::close() {
  Contents dropped;  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  std::swap(contents_, dropped);
  wake_ = nullptr;
}

void InputBuffer::erase(std::size_t at, std::size_t size) {
  char* const hole = bytes_.get() + begin_ + at;
  std::memmove(hole, hole + size, this->size() - at - size);
  end_ -= size;
}

void InputBuffer::reserve(std::size_t bytes) {
  constexpr std::size_t kCapacityMin = 4 * 1024;
  if (capacity() >= bytes) return;
  if (capacity_ >= bytes) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
  } else {
    std::size_t grown_capacity = std::max(kCapacityMin, capacity_);
    while (grown_capacity < bytes) grown_capacity *= 2;
    auto grown = std::make_unique_for_overwrite<char[]>(grown_capacity);
    if (!empty()) std::memcpy(grown.get(), bytes_.get() + begin_, size());
    bytes_ = std::move(grown);
    capacity_ = grown_capacity;
  }
  end_ -= begin_;
  begin_ = 0;
}

void InputBuffer::release() {
  bytes_.reset();
  capacity_ = begin_ = end_ = 0;
}

void Exchange::send(Response&& answer) {
  response = std::move(answer);
  deliver();
}

void Exchange::drop() {
  dropped = true;
  deliver();
}

void Exchange::deliver() {
  // Answered within the handler's call: the connection looks as soon as it returns.
  if (outbox->on_io_thread() && in_handler) {
    answered = true;
  } else {
    outbox->put(shared_from_this());
  }
}

}  // namespace kassa::http
