// Jobs that may wait or take long, carried out by threads of their own, first come first served, so
// that the I/O threads go on serving merchants. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace kassa::api {

template <class Job>
class WorkQueue {
 public:
  /// `carry_out` may not throw. At most `waiting_max` jobs wait.
  WorkQueue(int threads, std::size_t waiting_max, std::function<void(Job&)> carry_out)
      : waiting_max_(waiting_max), carry_out_(std::move(carry_out)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  /// Carries out what waits.
  ~WorkQueue() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// False, and the job is still the caller's: too many wait, or the queue ends.
  [[nodiscard]] bool add(Job& job) {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= waiting_max_ || stopping_) return false;
    jobs_.push_back(std::move(job));
    wake_.notify_one();
    return true;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      carry_out_(job);
      lock.lock();
    }
  }

  const std::size_t waiting_max_;
  const std::function<void(Job&)> carry_out_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kassa::api
