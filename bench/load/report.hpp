// What a run found, as text for people and as one line of JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "load/client.hpp"
#include "load/options.hpp"
#include "load/sink.hpp"
#include "load/store_check.hpp"

namespace kassa::bench {

struct Report {
  Options options;
  std::size_t prepared = 0;
  std::chrono::milliseconds signing{};  // of all requests, on all cores, before the run
  RunResult load;
  std::int64_t server_cpu_us = -1;      // during the load; -1: unknown
  std::int64_t server_cpu_all_us = -1;  // and until its callbacks were told
  std::int64_t own_cpu_us = 0;          // during the load: client and sink
  std::chrono::milliseconds drain{};    // from the last answer until nothing waited
  bool drained = true;
  Callbacks callbacks;
  std::uint64_t callbacks_missing = 0;  // known without a store: payments that nobody told about
  std::optional<StoreFindings> store;
  std::optional<std::uint64_t> info_wrong;  // without a store: info did not know the payment
  std::optional<bool> ledger_clean;
  std::uint64_t changed_ids = 0;
  std::uint64_t never_answered = 0;  // after a crash and its repeats
  std::uint32_t rounds = 0;          // of --crash that were carried out
  std::uint64_t answered_creates = 0;
  std::vector<std::string> complaints;
};

/// Everything that must not be, one sentence each; empty: all is well.
[[nodiscard]] std::vector<std::string> problems_of(const Report& report);
void print_text(const Report& report);
void print_json(const Report& report);

}  // namespace kassa::bench
