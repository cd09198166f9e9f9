#include "engine/auditor.hpp"
#include "encoding/base64.hpp"

#include "ops/log.hpp"
#include "store/receipt_check.hpp"

namespace kassa::engine {

namespace log = ops::log;

Auditor::Auditor(store::Store& store, Engine& engine, std::chrono::milliseconds pause)
    : store_(store), engine_(engine), thread_([this, pause] { run(pause); }) {}

Auditor::~Auditor() {
  stop();
}

void Auditor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.request_stop();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Auditor::run(std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pause, [this] { return stopping_.stop_requested(); })) {
    lock.unlock();
    try {
      check_now();
    } catch (const std::exception& error) {
      // Tried again after the pause, or at the next start.
      if (!stopping_.stop_requested()) log::error("audit.failed", {{"why", error.what()}});
    }
    lock.lock();
  }
}

bool Auditor::check_now() {
  const auto reader = store_.open_reader();
  const store::LedgerReport report = reader->check_ledger(stopping_.get_token());
  const auto missing =
      store::missing_receipts(*reader, store_.receipt_files(), stopping_.get_token());
  // No money is in doubt for a lost file: a person has to know, and payments go on.
  for (const auto& what : missing) log::error("audit.problem", {{"what", what}});
  if (report.problems.empty()) {
    log::info("audit.clean", {{"transfers", report.transfers}, {"payments", report.payments}});
    // The log goes where the store doesn't: a past that was computed anew would differ from it.
    for (const auto& head : report.heads) {
      log::info("audit.head",
                {{"lane", head.lane}, {"seq", head.seq}, {"chain", encoding::to_hex(head.chain)}});
    }
    return missing.empty();
  }
  for (const auto& problem : report.problems) log::error("audit.problem", {{"what", problem}});
  engine_.stop_changes("the ledger does not add up: " + report.problems.front());
  return false;
}

}  // namespace kassa::engine
