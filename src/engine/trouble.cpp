// What goes wrong, and what is done about it: a culprit is frozen, a store that is full turns Kassa
// read-only, a store whose state on disk is in doubt ends the process.
#include <cstdlib>

#include "engine/engine.hpp"
#include "ops/log.hpp"

namespace kassa::engine {
namespace {

using namespace std::chrono_literals;
using ops::Metric;
namespace log = ops::log;

constexpr auto kBreachWindow = 10min;
constexpr std::size_t kBreachesMax = 3;

}  // namespace

/// A command that could not be carried out: said with what it takes to find it, never with what it
/// carries. Its payment waits for a person; a third one in ten minutes stops everything.
void Engine::report_breach(const domain::Command& command, const std::string& what) {
  const auto subject = domain::subject_of(command);
  log::error("command.failed", {{"command", domain::name(command)},
                                {"request_id", subject ? subject->text() : std::string("-")},
                                {"why", what}});
  metrics_.counter(Metric::commands, "failed").add();
  // The third culprit is frozen too, or it would fail again as soon as somebody resumes.
  if (subject && !std::holds_alternative<domain::FreezePayment>(command)) freeze(*subject, what);
  const auto now = std::chrono::steady_clock::now();
  bool too_many = false;
  {
    const std::lock_guard lock(mutex_);
    breaches_.push_back(now);
    while (breaches_.front() < now - kBreachWindow) breaches_.pop_front();
    too_many = breaches_.size() >= kBreachesMax;
  }
  if (too_many) go_read_only("three commands failed within ten minutes; the log says which");
}

void Engine::freeze(domain::RequestId id, const std::string& reason) {
  Batch batch;
  batch.push_back(Item{domain::FreezePayment{id, reason}, Source::desk, nullptr,
                       std::chrono::steady_clock::now(), std::nullopt});
  try {
    decide_and_commit(batch, /*with_timers=*/false);
    if (!batch.front().decision->has_value()) return;  // there is no such payment
    log::error("payment.frozen", {{"request_id", id}, {"resume_with", "kassa resume REQUEST_ID"}});
  } catch (const store::StoreError& error) {
    writer_->rollback();
    store_failed(error);
    go_read_only("payment " + id.text() + " could not be frozen: " + error.what());
  } catch (const std::exception& error) {
    writer_->rollback();
    go_read_only("payment " + id.text() + " could not be frozen: " + error.what());
  }
}

void Engine::go_read_only(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!read_only_.empty()) return;
    read_only_ = reason;
  }
  metrics_.gauge(Metric::read_only).set(1);
  log::error("engine.read_only", {{"why", reason}, {"leave_with", "kassa resume"}});
}

/// Said once, not for every batch that is refused meanwhile.
void Engine::store_answers() {
  if (store_away_.exchange(false)) log::warn("store.back");
}

void Engine::store_failed(const store::StoreError& error) {
  using Kind = store::StoreError::Kind;
  if (error.kind() == Kind::away || error.kind() == Kind::unknown) {
    if (!store_away_.exchange(true)) log::error("store.away", {{"why", error.what()}});
    return;
  }
  log::error("store.failed", {{"why", error.what()}});
  if (error.kind() == store::StoreError::Kind::full) {
    go_read_only("the store's disk is full");
  } else if (error.kind() == store::StoreError::Kind::fatal) {
    // Nothing more is written, however long the process takes to end.
    go_read_only("the store's state on disk is in doubt; Kassa must be started again");
    if (on_fatal) {
      on_fatal(error.what());
    } else {
      std::abort();
    }
  }
}

}  // namespace kassa::engine
