// A store around the real one that fails on demand: a hook before and after each step of the
// writer sees what is about to be stored, and throws or waits as the test wants.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace kassa::engine::test {

enum class Step : std::uint8_t { begin, load, apply, commit };

/// Called on the loop's thread. `ws` is null except at `apply`.
using Hook = std::function<void(Step, const domain::WorkingSet* ws)>;

/// What the test decides and learns; thread-safe. A hook is never changed while it runs, so what it
/// refers to may go once `none()` has returned.
class Faults {
 public:
  void before(Hook hook) { set(before_, std::move(hook)); }
  void after(Hook hook) { set(after_, std::move(hook)); }
  void none() {
    before({});
    after({});
  }
  void run_before(Step step, const domain::WorkingSet* ws) const { run(before_, step, ws); }
  void run_after(Step step, const domain::WorkingSet* ws) const { run(after_, step, ws); }

  std::atomic<int> begins{0};
  std::atomic<int> commits{0};
  /// Rows that the timer index gave to the batch that was committed last.
  std::atomic<std::size_t> timers_of_batch{0};

 private:
  /// Each has a lock of its own: one may be changed while the other holds the loop.
  struct Guarded {
    mutable std::mutex mutex;
    Hook hook;
  };
  static void set(Guarded& guarded, Hook hook) {
    const std::lock_guard lock(guarded.mutex);
    guarded.hook = std::move(hook);
  }
  static void run(const Guarded& guarded, Step step, const domain::WorkingSet* ws) {
    const std::lock_guard lock(guarded.mutex);
    if (guarded.hook) guarded.hook(step, ws);
  }

  Guarded before_;
  Guarded after_;
};

class FaultyWriter final : public store::Writer {
 public:
  FaultyWriter(std::unique_ptr<store::Writer> real, Faults& faults)
      : real_(std::move(real)), faults_(faults) {}

  void begin() override {
    timers_ = 0;
    ++faults_.begins;
    around(Step::begin, nullptr, [&] { real_->begin(); });
  }
  std::int64_t lane() override { return real_->lane(); }
  void load(const domain::Keys& keys, domain::WorkingSet& ws) override {
    around(Step::load, nullptr, [&] { real_->load(keys, ws); });
  }
  std::vector<store::DuePayment> due_payments(domain::ClockId clock, domain::Instant until,
                                              std::size_t limit) override {
    auto due = real_->due_payments(clock, until, limit);
    timers_ += due.size();
    return due;
  }
  std::optional<domain::Instant> next_due(domain::ClockId clock) override {
    return real_->next_due(clock);
  }
  std::int64_t lock_clock(domain::ClockId clock) override { return real_->lock_clock(clock); }
  void wait_for_due(domain::ClockId clock, domain::Instant until) override {
    real_->wait_for_due(clock, until);
  }
  store::Surroundings look_around() override { return real_->look_around(); }
  std::int64_t config_version() override { return real_->config_version(); }
  void apply(const domain::WorkingSet& ws, std::int64_t lane, domain::Instant live_clock) override {
    around(Step::apply, &ws, [&] { real_->apply(ws, lane, live_clock); });
  }
  void commit() override {
    around(Step::commit, nullptr, [&] {
      real_->commit();
      faults_.timers_of_batch = timers_;
      ++faults_.commits;
    });
  }
  bool was_committed() override { return real_->was_committed(); }
  void rollback() noexcept override { real_->rollback(); }
  domain::Instant live_clock_mark() override { return real_->live_clock_mark(); }

 private:
  template <class Call>
  void around(Step step, const domain::WorkingSet* ws, Call call) {
    faults_.run_before(step, ws);
    call();
    faults_.run_after(step, ws);
  }

  std::unique_ptr<store::Writer> real_;
  Faults& faults_;
  std::size_t timers_ = 0;
};

class FaultyStore final : public store::Store {
 public:
  FaultyStore(std::unique_ptr<store::Store> real, Faults& faults)
      : real_(std::move(real)), faults_(faults) {}

  std::unique_ptr<store::Writer> open_writer() override {
    return std::make_unique<FaultyWriter>(real_->open_writer(), faults_);
  }
  std::unique_ptr<store::Reader> open_reader() override { return real_->open_reader(); }
  std::unique_ptr<store::Membership> open_membership() override { return real_->open_membership(); }
  store::ReceiptFiles& receipt_files() override { return real_->receipt_files(); }
  std::int32_t schema_version() override { return real_->schema_version(); }
  [[nodiscard]] bool is_shared() const override { return real_->is_shared(); }
  std::int64_t wal_bytes() override { return real_->wal_bytes(); }

 private:
  std::unique_ptr<store::Store> real_;
  Faults& faults_;
};

}  // namespace kassa::engine::test
