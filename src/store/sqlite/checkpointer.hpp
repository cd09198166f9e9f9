// Moves the write-ahead log into the database file, off the writer's thread.
//
// The hazard: a log only starts again from its beginning at a moment when all of it has been moved,
// and a writer that never pauses adds to it faster than another thread can finish; it would grow
// for ever. So the thread moves the bulk, and the writer moves the small rest before its next
// batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store/sqlite/database.hpp"

namespace kassa::store::sqlite {

class Checkpointer {
 public:
  /// Starts when the log holds `threshold_frames` pages.
  Checkpointer(const std::string& path, std::int64_t threshold_frames);
  /// Stops, then empties the log, so that a copied file is whole.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// The log's length after a commit; called on the writer's thread.
  void committed(std::int64_t frames);
  /// On the writer's thread, before a batch. StoreError if a checkpoint met a fatal error.
  void before_batch(Database& writer);

 private:
  void work();
  void pass();

  Database db_;
  const std::int64_t threshold_;
  std::int64_t next_at_;              // the writer's: the length at which the thread is woken next
  std::atomic<bool> passing_{false};  // the thread was woken and isn't done
  std::atomic<bool> rest_wanted_{false};

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool due_ = false;
  bool stop_ = false;
  std::optional<StoreError> fatal_;
  std::atomic<bool> failed_{false};  // fatal_ is set
  std::thread thread_;               // last: it uses all of the above
};

}  // namespace kassa::store::sqlite
