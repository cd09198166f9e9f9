#include "callbacks/jobs.hpp"

#include <utility>

namespace kassa::callbacks {
namespace {

constexpr int kReadsForALetter = 8;

Job take_front(std::deque<Job>& jobs) {
  Job job = std::move(jobs.front());
  jobs.pop_front();
  return job;
}

}  // namespace

std::optional<Job> Jobs::take() {
  if (!replays_.empty()) return take_front(replays_);
  const bool letters_turn = unread_.empty() || read_in_a_row_ >= kReadsForALetter;
  if (letters_turn && !started_.empty()) {
    read_in_a_row_ = 0;
    return take_front(started_);
  }
  if (unread_.empty()) return std::nullopt;
  ++read_in_a_row_;
  const domain::RequestId id = unread_.front();
  unread_.pop_front();
  return Job{.id = id};
}

void Jobs::clear() {
  replays_.clear();
  unread_.clear();
  started_.clear();
}

}  // namespace kassa::callbacks
