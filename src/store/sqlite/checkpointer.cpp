#include "store/sqlite/checkpointer.hpp"

#include "store/sqlite/connection.hpp"

namespace kassa::store::sqlite {

Checkpointer::Checkpointer(const std::string& path, std::int64_t threshold_frames)
    : db_(open_connection(path, Database::Mode::read_write)),
      threshold_(threshold_frames),
      next_at_(threshold_frames),
      thread_([this] { work(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

void Checkpointer::committed(std::int64_t frames) {
  if (frames < threshold_) {
    next_at_ = threshold_;
    return;
  }
  // Two checkpoints at once would only stand in each other's way.
  if (frames < next_at_ || passing_ || rest_wanted_) return;
  passing_ = true;
  // While readers hold the log, look again after each further quarter, not after every commit.
  next_at_ = frames + threshold_ / 4;
  {
    const std::lock_guard lock(mutex_);
    due_ = true;
  }
  wake_.notify_one();
}

void Checkpointer::before_batch(Database& writer) {
  if (failed_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    throw StoreError(*fatal_);
  }
  if (!rest_wanted_.exchange(false)) return;
  const int code = sqlite3_wal_checkpoint_v2(writer.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  if (code != SQLITE_OK && kind_of(code) == StoreError::Kind::fatal) {
    writer.fail(code, "checkpoint");
  }
}

void Checkpointer::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return due_ || stop_; });
    if (stop_) return;
    due_ = false;
    lock.unlock();
    pass();
    passing_ = false;
    lock.lock();
  }
}

void Checkpointer::pass() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK) {
    rest_wanted_ = true;
    return;
  }
  // Busy or full: the log stays as it is and a later commit wakes us again.
  if (kind_of(code) != StoreError::Kind::fatal) return;
  try {
    db_.fail(code, "checkpoint");
  } catch (const StoreError& error) {
    const std::lock_guard lock(mutex_);
    fatal_ = error;
    failed_.store(true, std::memory_order_release);
  }
}

}  // namespace kassa::store::sqlite
