#include "callbacks/deliverer.hpp"

#include <algorithm>

#include "callbacks/sender.hpp"
#include "ops/log.hpp"

namespace kassa::callbacks {
namespace {

using domain::AttemptResult;
using domain::DeliveryAttempt;
using domain::RequestId;
using ops::Metric;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace log = ops::log;

/// With more rows unread the scan waits: what is woken should not queue behind what it brings in.
constexpr std::size_t kUnreadForScanMax = 1'000;
/// Reports that the loop could not take: with more of them no try begins.
constexpr std::size_t kUnreportedMax = 1'000;
/// However near the next event is: no faster than this, so that no clock makes the loop spin.
constexpr milliseconds kPauseMin{10};

DeliveryAttempt attempt_of(const Sent& sent, domain::Instant at) {
  DeliveryAttempt attempt;
  attempt.request_id = sent.letter.request_id;
  attempt.seq = sent.letter.seq;
  attempt.at = at;
  attempt.result =
      sent.failure == SendFailure::none ? AttemptResult::delivered : AttemptResult::failed;
  attempt.http_status = sent.http_status;
  attempt.duration_ms = static_cast<std::int32_t>(sent.duration.count());
  attempt.replay = sent.letter.replay != nullptr;
  attempt.excerpt = sent.excerpt;
  return attempt;
}

DeliveryAttempt stopped_attempt(RequestId id, std::int32_t seq, domain::Instant at) {
  DeliveryAttempt attempt;
  attempt.request_id = id;
  attempt.seq = seq;
  attempt.at = at;
  attempt.replay = true;
  attempt.excerpt =
      "Kassa is shutting down. If the try was on its way, `kassa payment show` will say what "
      "became "
      "of it; else replay the callback again later.";
  return attempt;
}

}  // namespace

/// Where the loop's thread puts what became of reports and claims. It may do so after the deliverer
/// ended, so both hold it.
struct Deliverer::Box {
  struct Stored {
    Report report;
    bool stored = false;
  };
  struct Answered {
    Job job;
    Claimed claimed = Claimed::not_now;
  };

  std::mutex mutex;
  std::vector<Stored> reports;
  std::vector<Answered> claims;
  std::size_t outstanding = 0;
  Sender* sender = nullptr;  // null: nobody reads this any more

  void expect_one() {
    const std::lock_guard lock(mutex);
    ++outstanding;
  }
  template <class Back>
  void put(std::vector<Back>& list, Back back) {
    const std::lock_guard lock(mutex);
    --outstanding;
    list.push_back(std::move(back));
    if (sender != nullptr) sender->wake();
  }
};

Deliverer::Deliverer(Outbox& outbox, const ops::KeyRing& ring, const Pictures& pictures,
                     const ops::Clock& clock, ops::Metrics& metrics, DelivererOptions options)
    : outbox_(outbox),
      pictures_(pictures),
      clock_(clock),
      metrics_(metrics),
      options_(options),
      keys_(ring),
      sender_(std::make_unique<Sender>(SenderOptions{
          .timeout = options.try_timeout,
          .may_send = [&outbox](domain::GatewayId claim) { return outbox.holds(claim); }})),
      box_(std::make_shared<Box>()),
      endpoints_(options.endpoints),
      scan_(outbox.now()),
      lap_until_(steady_clock::now() + options.lap_pause) {
  box_->sender = sender_.get();
}

Deliverer::~Deliverer() {
  stop();
  const std::lock_guard lock(box_->mutex);
  box_->sender = nullptr;
}

void Deliverer::start() {
  for (std::int64_t i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
  dispatcher_ = std::thread([this] { dispatch(); });
}

void Deliverer::stop() {
  end_replays();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  job_waits_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  {
    const std::lock_guard lock(mutex_);
    if (!give_up_at_) give_up_at_ = steady_clock::now() + options_.stop_grace;
    jobs_.clear();
  }
  sender_->wake();
  if (dispatcher_.joinable()) dispatcher_.join();
}

void Deliverer::look_everywhere() {
  {
    const std::lock_guard lock(mutex_);
    ask_for_lap();
    scan_now_ = true;
  }
  sender_->wake();
}

void Deliverer::wake(const std::vector<RequestId>& ids) {
  {
    const std::lock_guard lock(mutex_);
    if (ids.empty()) scan_now_ = true;
    for (const RequestId id : ids) {
      if (const auto found = known_.find(id); found != known_.end()) {
        found->second = true;
      } else if (!add_known(id)) {
        ask_for_lap();  // it brings this one in when there is room
      }
    }
  }
  job_waits_.notify_all();
  if (ids.empty()) sender_->wake();
}

DeliveryAttempt Deliverer::replay(RequestId id, std::int32_t seq) {
  const auto call = std::make_shared<Replay>(id, seq);
  auto outcome = call->outcome();
  {
    const std::lock_guard lock(mutex_);
    if (replays_ended_) return stopped_attempt(id, seq, outbox_.now());
    replays_.insert(call);
    jobs_.add_replay({.id = id, .seq = seq, .replay = call});
  }
  job_waits_.notify_all();
  DeliveryAttempt attempt = outcome.get();
  const std::lock_guard lock(mutex_);
  replays_.erase(call);
  return attempt;
}

void Deliverer::end_replays() {
  const std::lock_guard lock(mutex_);
  replays_ended_ = true;
  for (const ReplayCall& call : replays_) {
    call->end(stopped_attempt(call->request_id(), call->seq(), outbox_.now()));
  }
}

std::size_t Deliverer::known() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

/// Under the lock. False when there is no room.
bool Deliverer::add_known(RequestId id) {
  if (stopping_ || jobs_.unread() >= options_.unread_max) return false;
  known_.emplace(id, false);
  jobs_.add_unread(id);
  return true;
}

/// Under the lock. What changed while it was in hand is looked at again.
void Deliverer::forget(RequestId id) {
  const auto found = known_.find(id);
  if (found == known_.end()) return;
  const bool again = found->second;
  known_.erase(found);
  if (!again) return;
  if (add_known(id)) {
    job_waits_.notify_one();
  } else {
    ask_for_lap();
  }
}

/// Under the lock.
void Deliverer::ask_for_lap() {
  laps_owed_ = kLapsOwed;
}

// ---- the dispatcher ----------------------------------------------------------------------------

void Deliverer::dispatch() {
  const auto reader = outbox_.open_reader();
  while (!is_done()) {
    start_waiting();
    send_outgoing();
    for (Sent& sent : sender_->poll(pause())) end_try(std::move(sent));
    take_reports_back();
    take_claims_back();
    repeat_reports();
    scan_if_due(*reader);
  }
}

bool Deliverer::is_done() {
  const std::lock_guard lock(mutex_);
  if (!give_up_at_) return false;
  if (steady_clock::now() >= *give_up_at_) return true;
  const std::lock_guard box_lock(box_->mutex);
  return sender_->in_flight() == 0 && outgoing_.empty() && unreported_.empty() &&
         box_->outstanding == 0 && box_->reports.empty();
}

/// Ids whose endpoint has room now become jobs that hold their slot.
void Deliverer::start_waiting() {
  const std::lock_guard lock(mutex_);
  metrics_.gauge(Metric::callbacks_waiting).set(static_cast<std::int64_t>(known_.size()));
  if (stopping_ || holding_) return;
  const domain::Instant now = outbox_.now();
  while (auto start = endpoints_.next(now)) {
    jobs_.add_started({.id = start->id, .endpoint = std::move(start->endpoint)});
    job_waits_.notify_one();
  }
}

void Deliverer::send_outgoing() {
  std::vector<Letter> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(outgoing_);
  }
  const domain::Instant now = outbox_.now();
  for (Letter& letter : letters) {
    if (letter.due_at) metrics_.duration(Metric::callback_lag).observe(now - *letter.due_at);
    sender_->send(std::move(letter));
  }
}

void Deliverer::end_try(Sent sent) {
  const domain::Instant now = outbox_.now();
  const Letter& letter = sent.letter;
  metrics_.duration(Metric::callback_try).observe(sent.duration);
  if (sent.failure == SendFailure::none) {
    metrics_.counter(Metric::callbacks_delivered).add();
  } else {
    metrics_.counter(Metric::callbacks_failed, name(sent.failure)).add();
    log::info("callback.failed", {{"request_id", letter.request_id},
                                  {"event", letter.seq},
                                  {"project_id", letter.endpoint.project},
                                  {"endpoint", letter.endpoint.origin},
                                  {"reason", name(sent.failure)},
                                  {"http_status", sent.http_status},
                                  {"ms", sent.duration.count()}});
  }
  DeliveryAttempt attempt = attempt_of(sent, now);
  const domain::GatewayId claim = letter.claim;
  if (letter.replay) {
    letter.replay->end(attempt);
  } else if (sent.failure == SendFailure::lease_lost) {
    const std::lock_guard lock(mutex_);
    endpoints_.withdrawn(letter.endpoint, now);  // it says nothing of the endpoint
  } else {
    const std::lock_guard lock(mutex_);
    if (endpoints_.finished(letter.endpoint, sent.endpoint_answered(), now)) {
      log::warn("callbacks.endpoint_silent",
                {{"project_id", letter.endpoint.project}, {"endpoint", letter.endpoint.origin}});
    }
  }
  report(std::move(attempt), claim);
}

void Deliverer::report(DeliveryAttempt attempt, domain::GatewayId claim) {
  box_->expect_one();
  DeliveryAttempt copy = attempt;
  outbox_.report(std::move(copy), claim,
                 [box = box_, report = Report{std::move(attempt), claim, {}}](bool stored) mutable {
                   box->put(box->reports, Box::Stored{std::move(report), stored});
                 });
}

/// Nobody tells it: it is read again once it is ours. It stays in hand until then.
void Deliverer::claim(Job job) {
  box_->expect_one();
  const domain::RequestId id = job.id;
  outbox_.claim(id, [box = box_, job = std::move(job)](Claimed claimed) mutable {
    box->put(box->claims, Box::Answered{std::move(job), claimed});
  });
}

/// A payment is free for its next try only when its last one is stored: what was delivered must not
/// be sent again because the loop was full.
void Deliverer::take_reports_back() {
  std::vector<Box::Stored> back;
  {
    const std::lock_guard lock(box_->mutex);
    back.swap(box_->reports);
  }
  const std::lock_guard lock(mutex_);
  for (Box::Stored& each : back) {
    const DeliveryAttempt& attempt = each.report.attempt;
    if (!each.stored) {
      each.report.again_at = steady_clock::now() + options_.report_pause;
      unreported_.push_back(std::move(each.report));
    } else if (!attempt.replay) {
      forget(attempt.request_id);
    }
  }
  const bool was_holding = holding_;
  holding_ = unreported_.size() >= kUnreportedMax;
  if (holding_ && !was_holding) {
    log::warn("callbacks.held", {{"unreported", unreported_.size()}});
  } else if (was_holding && !holding_) {
    job_waits_.notify_all();
  }
}

/// What is ours now goes on where it stood, with the slot that it holds.
void Deliverer::take_claims_back() {
  std::vector<Box::Answered> back;
  {
    const std::lock_guard lock(box_->mutex);
    back.swap(box_->claims);
  }
  if (back.empty()) return;
  const domain::Instant now = outbox_.now();
  const std::lock_guard lock(mutex_);
  for (Box::Answered& each : back) {
    const RequestId id = each.job.id;
    const bool ours = each.claimed == Claimed::ours && !stopping_;
    if (each.claimed == Claimed::ours) metrics_.counter(Metric::callbacks_claimed).add();
    if (ours && each.job.endpoint) {
      jobs_.add_started(std::move(each.job));
      job_waits_.notify_one();
      continue;
    }
    if (each.job.endpoint) endpoints_.withdrawn(*each.job.endpoint, now);
    if (const auto found = known_.find(id); found != known_.end()) found->second |= ours;
    forget(id);
    if (each.claimed == Claimed::not_now) ask_for_lap();
  }
}

void Deliverer::repeat_reports() {
  const auto now = steady_clock::now();
  while (!unreported_.empty() && unreported_.front().again_at <= now) {
    Report again = std::move(unreported_.front());
    unreported_.pop_front();
    report(std::move(again.attempt), again.claim);
  }
}

void Deliverer::scan_if_due(OutboxReader& reader) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.unread() >= kUnreadForScanMax) return;
    if (!scan_now_ && steady_clock::now() < next_scan_) return;
    scan_now_ = false;
  }
  next_scan_ = steady_clock::now() + options_.scan_pause;
  try {
    scan(reader);
  } catch (const std::exception& error) {
    log::error("callbacks.scan_failed", {{"why", error.what()}});
  }
}

/// A page of what fell due and, if one is wanted, a page of the lap; what is unread bounds the
/// pace.
void Deliverer::scan(OutboxReader& reader) {
  const domain::Instant now = outbox_.now();
  const auto take = [this](const store::DueDelivery& due) { return take_up(due, /*mark=*/false); };
  // The front passes each row once. One that falls due while its last try is still on its way back
  // (stored, and not forgotten yet) is looked at again when it is.
  const auto take_or_mark = [this](const store::DueDelivery& due) {
    return take_up(due, /*mark=*/true);
  };
  const auto followed = scan_.follow(reader, now, take_or_mark);
  bool more = followed == Scan::Went::on;
  if (outbox_.is_shared()) {
    more |= scan_.follow_behind(reader, now, take_or_mark) == Scan::Went::on;
  }
  if (wants_lap()) {
    const auto went = scan_.go_on_with_lap(reader, now, take);
    if (went == Scan::Went::to_the_end) end_lap();
    more |= went == Scan::Went::on;
  }
  job_waits_.notify_all();
  if (more) {
    next_scan_ = steady_clock::now();
  } else if (followed == Scan::Went::to_the_end) {
    if (const auto next_due = scan_.next_due(reader)) {
      const auto wait = std::max<milliseconds>(*next_due - now, options_.scan_pause / 10);
      next_scan_ = std::min(next_scan_, steady_clock::now() + wait);
    }
  }
}

/// False: there is no room for it now. Others' are left to them.
bool Deliverer::take_up(const store::DueDelivery& due, bool mark) {
  if (outbox_.whose(due.request_id, due.claimed_by) == engine::Whose::others) return true;
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(due.request_id);
  if (found == known_.end()) return add_known(due.request_id);
  found->second |= mark;
  return true;
}

bool Deliverer::wants_lap() {
  const auto now = steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (now >= lap_until_) laps_owed_ = std::max(laps_owed_, 1);
  return now >= lap_from_ && (laps_owed_ > 0 || endpoints_.awaits_lap());
}

void Deliverer::end_lap() {
  const auto now = steady_clock::now();
  lap_from_ = now + options_.scan_pause;
  lap_until_ = now + options_.lap_pause;
  const std::lock_guard lock(mutex_);
  laps_owed_ = std::max(laps_owed_ - 1, 0);
  endpoints_.lap_ended();
}

milliseconds Deliverer::pause() {
  const auto now = steady_clock::now();
  const std::lock_guard lock(mutex_);
  const bool may_scan = !stopping_ && jobs_.unread() < kUnreadForScanMax;
  if ((scan_now_ && may_scan) || !outgoing_.empty()) return milliseconds{0};
  const auto until = [&](steady_clock::time_point at) {
    return std::clamp(std::chrono::ceil<milliseconds>(at - now), kPauseMin, milliseconds{1'000});
  };
  milliseconds wait = until(next_scan_);
  if (!unreported_.empty()) wait = std::min(wait, until(unreported_.front().again_at));
  if (const auto probe = endpoints_.next_probe()) {
    wait = std::min(wait, std::clamp<milliseconds>(*probe - outbox_.now(), kPauseMin, wait));
  }
  if (give_up_at_) wait = std::min(wait, milliseconds{50});
  return wait;
}

}  // namespace kassa::callbacks
