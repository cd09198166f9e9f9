// One batch: load, decide, check, apply, commit, answer. The order of these steps is the promise
// that docs/durability.md makes: nothing is answered that is not committed.
#include <algorithm>

#include "domain/transition.hpp"
#include "engine/engine.hpp"
#include "ops/log.hpp"

namespace kassa::engine {
namespace {

using domain::Context;
using domain::Keys;
using domain::Refusal;
using domain::RefusalCode;
using domain::WorkingSet;
using ops::Metric;
namespace log = ops::log;

/// A payment's row, what it refers to, the candidates, their rows, their counters: five loads at
/// most.
constexpr int kLoadRoundsMax = 8;

/// How often a batch is run when other writers are in its way.
constexpr int kTriesMax = 4;

/// How often a store that is away is asked what became of a commit.
constexpr std::chrono::milliseconds kAskAgain{100};

/// How long timers rest after a batch that failed.
constexpr std::chrono::milliseconds kTimersRest{100};

/// How long a clock's timers rest while another gateway has in hand what is due.
constexpr std::chrono::milliseconds kClockRests{20};

std::chrono::microseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

std::string_view kind_name(domain::PaymentKind kind) {
  if (kind == domain::PaymentKind::payout) return "payout";
  return kind == domain::PaymentKind::payin ? "payin" : "widget";
}

/// What is told after a commit can't undo it, so what the told one throws ends here.
template <class Hook, class News>
void tell(const Hook& hook, const News& news) {
  if (!hook) return;
  try {
    hook(news);
  } catch (const std::exception& error) {
    log::error("engine.listener_failed", {{"why", error.what()}});
  }
}

void reads(const domain::Command& command, const WorkingSet& ws, const Context& ctx, Keys& keys) {
  std::visit([&](const auto& c) { domain::reads(c, ws, ctx, keys); }, command);
}

/// Round by round: keys are named and loaded until no new one is named.
template <class Name>
void load_named(store::Writer& writer, WorkingSet& ws, const Name& name) {
  for (int round = 0; round < kLoadRoundsMax; ++round) {
    Keys keys;
    name(keys);
    if (keys.empty()) return;
    writer.load(keys, ws);
  }
  KASSA_CHECK(false, "commands kept naming keys");
}

}  // namespace

Context Engine::context(const domain::Config& config, domain::Instant now) {
  return {now, config, options_.schedule, minter_, writer_->lane(), draining(), gateway_};
}

void Engine::begin() {
  writer_->begin();
  if (gateway) gateway_ = gateway();
  if (writer_->config_version() > config()->version) refresh_config();
}

void Engine::refresh_config() {
  std::int64_t version = 0;
  auto settings = store_.open_reader()->settings(version);
  auto built = domain::build_config(std::move(settings), version);
  KASSA_CHECK(built.has_value(),
              "the stored configuration does not build: " + built.error().id.kind + " " +
                  built.error().id.id + " " + built.error().id.name + " " + built.error().message);
  domain::ConfigPtr config = std::make_shared<const domain::Config>(std::move(*built));
  config_.store(config);
  metrics_.gauge(Metric::config_version).set(version);
  tell(on_config, config);
}

void Engine::run_batch(Batch batch) {
  try {
    decide_and_commit(batch, /*with_timers=*/true);
  } catch (const store::StoreError& error) {
    writer_->rollback();
    timers_rest_until_ = std::chrono::steady_clock::now() + kTimersRest;
    using Kind = store::StoreError::Kind;
    if (error.kind() == Kind::constraint || error.kind() == Kind::conflict) {
      run_one_by_one(std::move(batch));
      return;
    }
    store_failed(error);
    refuse_all(batch, {RefusalCode::unavailable, "The store can't commit now; repeat the call.",
                       std::nullopt, false});
    return;
  } catch (const std::exception& error) {
    writer_->rollback();
    timers_rest_until_ = std::chrono::steady_clock::now() + kTimersRest;
    log::error("batch.rolled_back", {{"commands", batch.size()}, {"why", error.what()}});
    run_one_by_one(std::move(batch));
    return;
  }
  finish(batch);
}

/// After a batch that could not be applied: whoever fails alone is the culprit.
void Engine::run_one_by_one(Batch batch) {
  metrics_.counter(Metric::batches_rolled_back).add();
  bool culprit_found = batch.empty();
  for (Item& item : batch) {
    if (const std::string why = read_only_reason(); !why.empty()) {
      answer(item, std::unexpected(Refusal{
                       RefusalCode::unavailable, "Nothing can be changed now: " + why, {}, false}));
      culprit_found = true;
    } else if (!run_alone(std::move(item))) {
      culprit_found = true;
    }
  }
  if (!culprit_found) {
    go_read_only("a batch broke an invariant, and none of its commands does alone");
  }
}

/// False when it failed, and was answered so.
bool Engine::run_alone(Item item) {
  Batch alone;
  alone.push_back(std::move(item));
  alone.front().decision.reset();
  try {
    decide_and_commit(alone, /*with_timers=*/false);
  } catch (const std::exception& error) {
    writer_->rollback();
    const auto* store_error = dynamic_cast<const store::StoreError*>(&error);
    if (store_error != nullptr && store_error->kind() != store::StoreError::Kind::constraint) {
      store_failed(*store_error);
      refuse_all(alone, {RefusalCode::unavailable, "The store can't commit now; repeat the call.",
                         std::nullopt, false});
    } else {
      report_breach(alone.front().command, error.what());
      refuse_all(alone, {RefusalCode::internal_error, "The command could not be carried out.",
                         std::nullopt, false});
    }
    return false;
  }
  finish(alone);
  return true;
}

/// Again when another writer was in the way: what it changed is loaded then.
void Engine::decide_and_commit(Batch& batch, bool with_timers) {
  for (int tries = 1;; ++tries) {
    try {
      try_to_commit(batch, with_timers);
      return;
    } catch (const store::StoreError& error) {
      if (error.kind() != store::StoreError::Kind::conflict || tries == kTriesMax) throw;
      log::info("batch.again", {{"commands", batch.size()}, {"why", error.what()}});
    }
    writer_->rollback();
    if (with_timers) {
      std::erase_if(batch, [](const Item& item) { return item.source == Source::timer; });
    }
    for (Item& item : batch) item.decision.reset();
  }
}

void Engine::try_to_commit(Batch& batch, bool with_timers) {
  const auto started = std::chrono::steady_clock::now();
  begin();
  const domain::Instant now = live_clock_.tick();
  domain::ConfigPtr config = config_.load();
  for (const Item& item : batch) {
    const auto* advance = std::get_if<domain::AdvanceClock>(&item.command);
    if (advance != nullptr) (void)lock_clock(domain::ClockId{advance->project_id.value});
  }
  if (with_timers) add_due_timers(batch);
  if (batch.empty()) {
    writer_->rollback();
    return;
  }
  WorkingSet ws;
  load_all(batch, ws, context(*config, now));
  for (Item& item : batch) decide_one(item, ws, config);
  metrics_.size(Metric::batch).observe(batch.size());
  metrics_.duration(Metric::batch_decide).observe(since(started));
  const auto checking = std::chrono::steady_clock::now();
  check_invariants(ws);
  metrics_.duration(Metric::batch_check).observe(since(checking));

  const auto committing = std::chrono::steady_clock::now();
  writer_->apply(ws, writer_->lane(), now);
  commit();
  metrics_.duration(Metric::batch_commit).observe(since(committing));
  after_commit(ws, config);
}

/// A commit that was lost on its way is looked up before anybody is answered.
void Engine::commit() {
  try {
    writer_->commit();
  } catch (const store::StoreError& error) {
    if (error.kind() != store::StoreError::Kind::unknown) throw;
    store_failed(error);
    if (!was_committed()) {
      throw store::StoreError(store::StoreError::Kind::away, "the batch was lost, not stored");
    }
  }
  store_answers();
}

/// Asks until the store answers. What arrives meanwhile is refused, as it would be without a batch
/// under way.
bool Engine::was_committed() {
  for (;;) {
    try {
      const bool committed = writer_->was_committed();
      log::warn("commit.looked_up", {{"committed", committed}});
      return committed;
    } catch (const store::StoreError& error) {
      if (error.kind() != store::StoreError::Kind::away || is_stopping()) throw;
    }
    Batch waiting = take_queued();
    refuse_all(waiting, {RefusalCode::unavailable, "The store is away; repeat the call.",
                         std::nullopt, false});
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kAskAgain, [this] { return stopping_; });
  }
}

/// Timers that are due join the batch, each clock's earliest first.
void Engine::add_due_timers(Batch& batch) {
  const domain::Instant now = live_clock_.last();
  const auto steady = std::chrono::steady_clock::now();
  timers_behind_ = false;
  for (auto& [clock, state] : clocks_) {
    if (advances_.contains(clock)) continue;  // its timers fire on the way, each at its own time
    const domain::Instant until = now + domain::Duration{state.offset_ms};
    if (!state.next_due || *state.next_due > until || steady < state.rests_until) continue;
    const std::size_t room = options_.batch_max - batch.size();
    if (room == 0) {
      timers_behind_ = true;
      return;
    }
    const auto due = writer_->due_payments(clock, until, room);
    timers_behind_ = timers_behind_ || due.size() == room;
    for (const auto& payment : due) {
      metrics_.duration(Metric::timer_lag)
          .observe(std::chrono::duration_cast<std::chrono::microseconds>(until - payment.due_at));
      batch.push_back(Item{domain::FireTimer{payment.request_id, std::nullopt}, Source::timer,
                           nullptr, std::chrono::steady_clock::now(), std::nullopt});
    }
    // No later than what is due, whether this batch is committed or not: what is left is asked for
    // again after it.
    state.next_due = due.empty() ? writer_->next_due(clock) : due.back().due_at;
    const bool others_have_it = due.empty() && state.next_due && *state.next_due <= until;
    if (others_have_it) state.rests_until = steady + kClockRests;
  }
}

void Engine::load_all(const Batch& batch, WorkingSet& ws, const Context& ctx) {
  load_named(*writer_, ws, [&](Keys& keys) {
    for (const Item& item : batch) reads(item.command, ws, ctx, keys);
  });
}

/// What an earlier command of the batch made this one need besides.
void Engine::load_one(const domain::Command& command, WorkingSet& ws, const Context& ctx) {
  load_named(*writer_, ws, [&](Keys& keys) { reads(command, ws, ctx, keys); });
}

void Engine::decide_one(Item& item, WorkingSet& ws, domain::ConfigPtr& config) {
  const Context ctx = context(*config, live_clock_.last());
  load_one(item.command, ws, ctx);
  const std::size_t mark = ws.mark();
  item.decision = std::visit([&](const auto& command) { return domain::decide(command, ws, ctx); },
                             item.command);
  const bool keep = item.decision->has_value() || item.decision->error().keep_changes;
  if (!keep) ws.rollback(mark);
  if (ws.config_change().config) config = ws.config_change().config;
}

void Engine::check_invariants(const WorkingSet& ws) {
  for (const auto& invariant : invariants_) {
    try {
      invariant->check(ws);
    } catch (const domain::CheckFailed&) {
      metrics_.counter(Metric::invariant_breaches).add();
      throw;
    }
  }
}

/// What somebody must know of, besides the payment's own life.
void Engine::tell_operators(const domain::PaymentEvent& event, const WorkingSet& ws) {
  switch (event.cause) {
    case domain::Cause::frozen:
      metrics_.gauge(Metric::payments_frozen).add(1);
      break;
    case domain::Cause::resumed:
      metrics_.gauge(Metric::payments_frozen).add(-1);
      break;
    case domain::Cause::reminded:
      // In test mode nobody waits, and a clock that goes a year ahead would fill the log.
      if (!ws.payments.get(event.request_id).clock.is_nil()) break;
      metrics_.counter(Metric::reminders).add();
      log::warn("payment.waits_for_a_person",
                {{"request_id", event.request_id},
                 {"state", domain::text(event.to)},
                 {"decide_with", "kassa payment resolve REQUEST_ID"}});
      break;
    case domain::Cause::paid_when_revoked:
      metrics_.counter(Metric::alarms, "paid_when_revoked").add();
      log::error("payout.paid_when_revoked", {{"request_id", event.request_id},
                                              {"why", event.reason},
                                              {"look_with", "kassa payment show REQUEST_ID"}});
      break;
    default:
      break;
  }
}

void Engine::count_changes(const WorkingSet& ws) {
  for (const auto& event : ws.events()) {
    if (event.from == event.to && event.cause != domain::Cause::created) continue;
    const domain::PaymentKind kind = ws.payments.get(event.request_id).kind;
    metrics_.counter(Metric::payment_changes, kind_name(kind), domain::text(event.to)).add();
  }
}

void Engine::after_commit(const WorkingSet& ws, const domain::ConfigPtr& config) {
  for (const auto& [id, entry] : ws.clocks.entries()) {
    if (entry.row) clocks_[id].offset_ms = entry.row->offset_ms;
  }
  std::vector<domain::RequestId> payments;
  for (const auto& [id, entry] : ws.payments.entries()) {
    if (!entry.changed) continue;
    payments.push_back(id);
    const domain::Payment& payment = *entry.row;
    if (!payment.due_at) continue;
    auto& next = clocks_[payment.clock].next_due;
    if (!next || *payment.due_at < *next) next = payment.due_at;
  }
  if (ws.config_change().config) {
    config_.store(config);
    metrics_.gauge(Metric::config_version).set(config->version);
    tell(on_config, config);
  }
  count_changes(ws);
  for (const auto& event : ws.events()) tell_operators(event, ws);
  for (const auto& attempt : ws.attempts()) {
    if (attempt.result == domain::AttemptResult::parked) {
      metrics_.counter(Metric::callbacks_parked).add();
    } else if (attempt.result == domain::AttemptResult::superseded) {
      metrics_.counter(Metric::callbacks_superseded).add();
    }
  }
  std::vector<domain::RequestId> deliveries;
  for (const auto& [id, entry] : ws.deliveries.entries()) {
    if (!entry.changed || entry.row->state != domain::DeliveryState::waiting) continue;
    const domain::GatewayId claim = entry.row->claimed_by;
    if (claim == gateway_ || claim.is_nil()) deliveries.push_back(id);
  }
  if (!deliveries.empty()) tell(on_deliveries, deliveries);
  if (!payments.empty()) tell(on_payments, payments);
}

}  // namespace kassa::engine
