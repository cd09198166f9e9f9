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
      invariants_(domain::all_invariants()) {
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
  const auto reader = store_.open_reader();
  metrics_.gauge(Metric::payments_frozen).set(reader->frozen_payments());
  for (const auto clock : writer_->clocks_with_timers()) {
    ClockState& state = clocks_[clock];
    if (!clock.is_nil()) state.offset_ms = reader->test_clock(clock).offset_ms;
    state.next_due = writer_->next_due(clock);
  }
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

std::string Engine::unready_reason() const {
  if (store_away_) return "the store is away";
  return read_only_reason();
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
  auto sleep = until_next_timer(live_clock_.tick());
  std::unique_lock lock(mutex_);
  // Read-only: nothing fires, so a due timer is no reason to stay awake.
  if (!read_only_.empty()) sleep = kSleepMax;
  if (!advances_.empty()) sleep = domain::Duration::zero();
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

/// Zero or less when one is due; never more than the longest sleep.
domain::Duration Engine::until_next_timer(domain::Instant now) const {
  domain::Duration sleep = kSleepMax;
  for (const auto& [clock, state] : clocks_) {
    if (!state.next_due) continue;
    sleep = std::min(sleep, *state.next_due - (now + domain::Duration{state.offset_ms}));
  }
  const auto rest = timers_rest_until_ - std::chrono::steady_clock::now();
  return std::max(sleep, std::chrono::ceil<domain::Duration>(rest));
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
