// The workers' half of the deliverer: from an id to a signed letter.
#include <sys/resource.h>
#include <unistd.h>

#include "callbacks/deliverer.hpp"
#include "callbacks/sender.hpp"
#include "ops/log.hpp"

namespace kassa::callbacks {
namespace {

using domain::AttemptResult;
using domain::DeliveryAttempt;
namespace log = ops::log;

/// A flood of signatures must not slow payins. On Linux the priority is the thread's own.
void lower_priority_of_this_thread() {
  constexpr int kNice = 10;
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice) != 0) {
    log::warn("callbacks.priority_unchanged");
  }
}

}  // namespace

void Deliverer::work() {
  lower_priority_of_this_thread();
  const auto reader = outbox_.open_reader();
  LetterWriter writer(pictures_, keys_, clock_);
  while (auto job = take_job()) {
    try {
      if (job->replay) {
        carry_out_replay(*job, *reader, writer);
      } else {
        carry_out(*job, *reader, writer);
      }
    } catch (const std::exception& error) {
      // The store, as a rule: its row still waits there, and a lap finds it again.
      log::error("callbacks.not_prepared", {{"request_id", job->id}, {"why", error.what()}});
      leave(*job);
      const std::lock_guard lock(mutex_);
      ask_for_lap();
    }
  }
}

std::optional<Job> Deliverer::take_job() {
  std::unique_lock lock(mutex_);
  job_waits_.wait(lock, [this] { return stopping_ || (!jobs_.empty() && !holding_); });
  if (stopping_) return std::nullopt;
  return jobs_.take();
}

void Deliverer::carry_out(Job& job, OutboxReader& reader, LetterWriter& writer) {
  const auto next = reader.first_due(job.id, outbox_.now());
  const auto whose = next ? outbox_.whose(job.id, next->claimed_by) : engine::Whose::others;
  if (whose == engine::Whose::others) {
    leave(job);
    return;
  }
  auto told = reader.event(job.id, next->seq);
  if (!told) {
    leave(job);
    return;
  }
  const auto addressed = writer.address(std::move(*told), outbox_.config());
  const bool to_be_sent = addressed && !addressed->url.empty();
  if (to_be_sent && !take_slot(job, addressed->endpoint)) return;
  if (whose == engine::Whose::ours_to_claim) {
    claim(std::move(job));
    return;
  }
  job.claim = next->claimed_by;
  if (!to_be_sent) {
    const auto result = addressed ? AttemptResult::no_url : AttemptResult::failed;
    not_sent(job, next->seq, result, addressed ? "" : addressed.error());
    return;
  }
  auto letter = writer.seal(*addressed);
  if (!letter) {
    not_sent(job, next->seq, AttemptResult::failed, letter.error());
    return;
  }
  letter->due_at = next->due_at;
  letter->claim = job.claim;
  hand_over(std::move(*letter));
}

void Deliverer::carry_out_replay(const Job& job, OutboxReader& reader, LetterWriter& writer) {
  auto told = reader.event(job.id, job.seq);
  if (!told) {
    not_sent(job, job.seq, AttemptResult::failed, "There is no such event.");
    return;
  }
  const auto addressed = writer.address(std::move(*told), outbox_.config());
  if (!addressed) {
    not_sent(job, job.seq, AttemptResult::failed, addressed.error());
    return;
  }
  if (addressed->url.empty()) {
    not_sent(job, job.seq, AttemptResult::no_url, "");
    return;
  }
  auto letter = writer.seal(*addressed);
  if (!letter) {
    not_sent(job, job.seq, AttemptResult::failed, letter.error());
    return;
  }
  letter->replay = job.replay;
  hand_over(std::move(*letter));
}

/// False: the id now waits for the endpoint, or was dropped.
bool Deliverer::take_slot(Job& job, const EndpointId& endpoint) {
  if (job.endpoint == endpoint) return true;
  // The payment went on meanwhile, and its next callback goes elsewhere.
  give_slot_back(job);
  job.endpoint.reset();
  Admission admission;
  {
    const std::lock_guard lock(mutex_);
    admission = endpoints_.admit(endpoint, job.id, outbox_.now());
    if (admission == Admission::full) forget(job.id);
  }
  if (admission == Admission::go) job.endpoint = endpoint;
  if (admission == Admission::wait)
    sender_->wake();  // the dispatcher learns when its turn may come
  return admission == Admission::go;
}

void Deliverer::give_slot_back(const Job& job) {
  if (!job.endpoint) return;
  {
    const std::lock_guard lock(mutex_);
    endpoints_.withdrawn(*job.endpoint, outbox_.now());
  }
  sender_->wake();  // somebody else may start
}

void Deliverer::hand_over(Letter letter) {
  letter.allow_private_addresses |= options_.allow_private_addresses;
  {
    const std::lock_guard lock(mutex_);
    outgoing_.push_back(std::move(letter));
  }
  sender_->wake();
}

/// A try that ended before anything was sent.
void Deliverer::not_sent(const Job& job, std::int32_t seq, AttemptResult result,
                         const std::string& why) {
  give_slot_back(job);
  DeliveryAttempt attempt;
  attempt.request_id = job.id;
  attempt.seq = seq;
  attempt.at = outbox_.now();
  attempt.result = result;
  attempt.replay = job.replay != nullptr;
  attempt.excerpt = why;
  if (result == AttemptResult::failed) {
    log::warn("callback.not_sent", {{"request_id", job.id}, {"event", seq}, {"why", why}});
  }
  report(attempt, job.claim);
  if (job.replay) job.replay->end(std::move(attempt));
}

/// Nothing to send, or not now, or not by us: the payment is as it was.
void Deliverer::leave(const Job& job) {
  if (job.replay) {
    DeliveryAttempt attempt;
    attempt.request_id = job.id;
    attempt.seq = job.seq;
    attempt.at = outbox_.now();
    attempt.replay = true;
    attempt.excerpt = "The callback could not be prepared; see the log.";
    job.replay->end(std::move(attempt));
    return;
  }
  give_slot_back(job);
  const std::lock_guard lock(mutex_);
  forget(job.id);
}

}  // namespace kassa::callbacks
