// The queue in front of the loop, and the thread that runs it. What a batch does is in batch.cpp.
#include "engine/engine.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "ops/log.hpp"

namespace kassa::engine {
namespace {

using namespace std::chrono_literals;
using domain::Refusal;
using domain::RefusalCode;
using ops::Metric;
namespace log = ops::log;

/// The longest the loop sleeps: a wake-up that was lost costs this much and no more.
constexpr auto kSleepMax = 1s;

/// A jump of the system's clock, to either side, that somebody must know of.
constexpr domain::Duration kClockJump = 5s;

/// One command of each source, and a timer: with fewer, one source could starve another.
constexpr std::size_t kBatchMin = kQueuedSources + 1;

/// Guaranteed shares of a batch, in per cent.
constexpr std::size_t kShare[kQueuedSources] = {/*api=*/32, /*desk=*/12, /*delivery=*/18};

constexpr const char* kShuttingDown = "Kassa is shutting down";

Refusal unavailable(std::string why) {
  return {RefusalCode::unavailable, std::move(why), std::nullopt, false};
}

}  // namespace

Engine::Engine(store::Store& store, const ops::Clock& clock, ops::Metrics& metrics,
               domain::Minter& minter, EngineOptions options)
    : store_(store),
      live_clock_(clock),
      metrics_(metrics),
      minter_(minter),
      options_(std::move(options)),
      writer_(store.open_writer()),
      invariants_(domain::all_invariants()),
      shared_(store.is_shared()) {
  options_.batch_max = std::max(options_.batch_max, kBatchMin);
}

Engine::~Engine() {
  stop();
}

void Engine::start() {
  live_clock_.resume_from(writer_->live_clock_mark());
  live_clock_.tick();
  // As if the mark had been read off the system's clock a moment ago.
  clock_seen_ = {std::max(live_clock_.last(), live_clock_.system_now()),
                 std::chrono::steady_clock::now()};
  refresh_config();
  const store::Surroundings seen = writer_->look_around();
  metrics_.gauge(Metric::payments_frozen).set(seen.payments_frozen);
  note_clocks(seen.clocks);
  thread_ = std::thread([this] { run_loop(); });
}

void Engine::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Engine::submit(domain::Command command, Source source, Completion completion) {
  if (auto* change = std::get_if<domain::ChangeConfig>(&command)) {
    if (const domain::ConfigPtr base = config()) domain::prepare(*change, *base);
  }
  std::unique_lock lock(mutex_);
  if (std::string refused = refusal_locked(source); !refused.empty()) {
    lock.unlock();
    completion(std::unexpected(unavailable(std::move(refused))));
    return;
  }
  const bool was_idle = queued_locked() == 0;
  queue_of(source).push_back(Item{std::move(command), source, std::move(completion),
                                  std::chrono::steady_clock::now(), std::nullopt});
  lock.unlock();
  if (was_idle) wake_.notify_one();
}

std::string Engine::refusal_locked(Source source) {
  if (!read_only_.empty()) return "Nothing can be changed now: " + read_only_;
  if (stopping_) return std::string(kShuttingDown) + "; repeat the call.";
  if (queue_of(source).size() < options_.queue_max) return {};
  metrics_.counter(Metric::commands, "queue_full").add();
  return "Too much is waiting; repeat the call.";
}

domain::Decision Engine::run(domain::Command command, Source source) {
  // A configuration that is replaced is freed by whoever replaced it, not by the loop.
  const domain::ConfigPtr before = config();
  std::promise<domain::Decision> promise;
  auto future = promise.get_future();
  submit(std::move(command), source,
         [&promise](domain::Decision&& decision) { promise.set_value(std::move(decision)); });
  return future.get();
}

void Engine::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_one();
}

std::string Engine::read_only_reason() const {
  const std::lock_guard lock(mutex_);
  return read_only_;
}

std::size_t Engine::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_locked();
}

std::vector<std::string> Engine::why_not_ready() const {
  std::vector<std::string> reasons;
  if (draining()) reasons.emplace_back("draining: no new payments are taken");
  if (store_away_) reasons.emplace_back("the store is away");
  const std::lock_guard lock(mutex_);
  if (!read_only_.empty()) reasons.push_back("read-only: " + read_only_);
  if (stopping_) reasons.emplace_back(kShuttingDown);
  if (queues_[static_cast<std::size_t>(Source::api)].size() >= options_.queue_max) {
    reasons.emplace_back("the queue is full");
  }
  return reasons;
}

bool Engine::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Engine::resume() {
  {
    const std::lock_guard lock(mutex_);
    read_only_.clear();
    breaches_.clear();  // a person has looked at them
  }
  metrics_.gauge(Metric::read_only).set(0);
  log::warn("engine.resumed");
  poke();
}

std::size_t Engine::queued_locked() const {
  std::size_t all = 0;
  for (const auto& queue : queues_) all += queue.size();
  return all;
}

/// Sleeps until something is queued or due; false when the engine stops and nothing is left.
bool Engine::wait_for_work() {
  watch_clock();
  note_next_timer();
  auto sleep = until_next_timer(live_clock_.tick());
  std::unique_lock lock(mutex_);
  // Read-only: nothing fires, so a due timer is no reason to stay awake.
  if (!read_only_.empty()) sleep = kSleepMax;
  if (!advances_.empty()) sleep = domain::Duration::zero();
  if (shared_) {
    const auto look = next_look_ - std::chrono::steady_clock::now();
    sleep = std::min(sleep, std::chrono::ceil<domain::Duration>(look));
  }
  if (sleep > domain::Duration::zero()) {
    wake_.wait_for(lock, sleep, [this] { return queued_locked() > 0 || poked_ || stopping_; });
  }
  poked_ = false;
  return !(stopping_ && queued_locked() == 0);
}

/// A jump is told once, when it happens, not for as long as the live clock has to stand still.
void Engine::watch_clock() {
  const domain::Instant system = live_clock_.system_now();
  const auto steady = std::chrono::steady_clock::now();
  const auto passed = std::chrono::floor<domain::Duration>(steady - clock_seen_.steady);
  const domain::Duration jump = system - clock_seen_.system - passed;
  clock_seen_ = {system, steady};
  if (std::chrono::abs(jump) <= kClockJump) return;
  metrics_.counter(Metric::clock_jumps).add();
  log::error("clock.jumped",
             {{"by_ms", jump.count()}, {"stands_still_for_ms", live_clock_.behind().count()}});
}

/// What others have done to the store meanwhile, no more often than it is worth. A store that is
/// away is looked at again a moment later, like one that isn't.
void Engine::look_around() {
  const auto now = std::chrono::steady_clock::now();
  if (!shared_ || now < next_look_) return;
  next_look_ = now + options_.look_around_every;
  try {
    const store::Surroundings seen = writer_->look_around();
    store_answers();
    if (seen.config_version > config()->version) refresh_config();
    note_clocks(seen.clocks);
    metrics_.gauge(Metric::payments_frozen).set(seen.payments_frozen);
  } catch (const store::StoreError& error) {
    writer_->rollback();
    store_failed(error);
  } catch (const std::exception& error) {
    log::error("engine.look_failed", {{"why", error.what()}});
  }
}

void Engine::note_clocks(const std::vector<store::ClockTimers>& clocks) {
  for (auto& [clock, state] : clocks_) state.next_due.reset();
  for (const auto& timers : clocks) {
    ClockState& state = clocks_[timers.clock];
    state.offset_ms = std::max(state.offset_ms, timers.offset_ms);
    state.next_due = timers.next_due;
  }
}

void Engine::note_next_timer() {
  domain::Instant next = domain::Instant::max();
  for (const auto& [clock, state] : clocks_) {
    if (state.next_due) next = std::min(next, *state.next_due - domain::Duration{state.offset_ms});
  }
  next_timer_.store(next);
}

domain::Duration Engine::timers_overdue() const {
  const domain::Instant next = next_timer_.load();
  const domain::Instant now = live_clock_.system_now();
  return next < now ? now - next : domain::Duration::zero();
}

/// Zero or less when one is due; never more than the longest sleep.
domain::Duration Engine::until_next_timer(domain::Instant now) const {
  const auto steady = std::chrono::steady_clock::now();
  const auto rest = [steady](std::chrono::steady_clock::time_point until) {
    return std::chrono::ceil<domain::Duration>(until - steady);
  };
  domain::Duration sleep = kSleepMax;
  for (const auto& [clock, state] : clocks_) {
    if (!state.next_due) continue;
    const auto due_in = *state.next_due - (now + domain::Duration{state.offset_ms});
    sleep = std::min(sleep, std::max(due_in, rest(state.rests_until)));
  }
  return std::max(sleep, rest(timers_rest_until_));
}

/// The queued part of a batch: each source its share, then what is left; timers get the rest.
Engine::Batch Engine::take_queued() {
  Batch batch;
  const std::lock_guard lock(mutex_);
  const auto take = [&](std::deque<Item>& queue, std::size_t most) {
    while (most-- > 0 && !queue.empty() && batch.size() < options_.batch_max) {
      batch.push_back(std::move(queue.front()));
      queue.pop_front();
    }
  };
  for (std::size_t i = 0; i < kQueuedSources; ++i) {
    take(queues_[i], std::max<std::size_t>(options_.batch_max * kShare[i] / 100, 1));
  }
  // What the shares leave goes to the queues in turn, but for a quarter that timers keep. Timers
  // that are behind get all of it: each create leaves a search that is due at once, so else a flood
  // of creates would leave its searches, and every window, ever further behind. A queue that waits
  // instead is bounded, and says so to its callers.
  if (!timers_behind_) {
    const std::size_t kept = options_.batch_max / 4;  // at least one, see kBatchMin
    for (auto& queue : queues_) {
      if (batch.size() + kept < options_.batch_max) {
        take(queue, options_.batch_max - kept - batch.size());
      }
    }
  }
  metrics_.gauge(Metric::queue_length).set(static_cast<std::int64_t>(queued_locked()));
  return batch;
}

/// What waited too long is not decided: its caller has given up, and may repeat the call.
bool Engine::drop_if_late(Item& item) {
  if (std::chrono::steady_clock::now() - item.queued_at <= options_.wait_max) return false;
  metrics_.counter(Metric::commands, "dropped_late").add();
  answer(item,
         std::unexpected(unavailable("The call waited too long and was not decided; repeat it.")));
  return true;
}

void Engine::drop_late(Batch& batch) {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(batch, [&](Item& item) {
    metrics_.duration(Metric::command_wait)
        .observe(std::chrono::duration_cast<std::chrono::microseconds>(now - item.queued_at));
    return drop_if_late(item);
  });
}

void Engine::run_loop() {
  while (wait_for_work()) {
    look_around();
    Batch batch = take_queued();
    drop_late(batch);
    if (const std::string why = read_only_reason(); !why.empty()) {
      refuse_all(batch, unavailable("Nothing can be changed now: " + why));
      stop_advances("nothing can be changed now: " + why);
      continue;
    }
    take_advances(batch);
    run_batch(std::move(batch));
    // Who stops Kassa waits for the queue, which is short, not for a way, which may be long.
    if (!is_stopping()) {
      advance_a_clock();
    } else {
      stop_advances(kShuttingDown);
    }
  }
  stop_advances(kShuttingDown);
}

/// Once: what a completion throws must not reach the loop, which would take a committed batch for
/// one that failed.
void Engine::answer(Item& item, domain::Decision&& decision) {
  auto completion = std::exchange(item.completion, nullptr);
  if (!completion) return;
  try {
    completion(std::move(decision));
  } catch (const std::exception& error) {
    log::error("completion.failed",
               {{"command", domain::name(item.command)}, {"why", error.what()}});
  }
}

void Engine::refuse_all(Batch& batch, const Refusal& refusal) {
  for (Item& item : batch) answer(item, std::unexpected(refusal));
}

/// After the commit: counts and answers.
void Engine::finish(Batch& batch) {
  for (Item& item : batch) {
    const bool applied = item.decision->has_value();
    if (item.source == Source::timer) {
      // A try to find requisites is no timer that fired.
      if (applied) {
        const auto fired = std::get<domain::TimerAnswer>(**item.decision).fired;
        metrics_.counter(Metric::timers_fired).add(static_cast<std::uint64_t>(fired));
      }
      continue;
    }
    metrics_.counter(Metric::commands, applied ? "applied" : "refused").add();
    answer(item, std::move(*item.decision));
  }
}

}  // namespace kassa::engine
