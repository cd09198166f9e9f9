// How many payins a second the store takes, printed: create, then assign, in batches of 256. What
// it asserts is that all of them are there and the books are clean.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

constexpr std::uint32_t kBatch = 256;
constexpr std::uint32_t kBatches = 40;

/// Spread over requisites and projects as in life: request_ids in order, the rest not.
PayinNames names_of(std::uint32_t n) {
  PayinNames names = payin_names(n);
  names.requisites_id = id_of<domain::RequisitesId>(1 + n * 2'654'435'761U % 1'000);
  names.trader_id = id_of<domain::TraderId>(1 + names.requisites_id.value.bytes[15] % 50);
  return names;
}

void add_requisites(const OpenStore& open) {
  open.batch([](domain::WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 1'000; ++n) {
      auto row = Filler(n).row<domain::Requisites>();
      row.id = id_of<domain::RequisitesId>(n);
      ws.requisites.insert(std::move(row));
    }
  });
}

/// Payins a second over all batches of `change`.
template <class Change>
std::int64_t rate_of(const OpenStore& open, Change change) {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
    domain::WorkingSet ws;
    open.writer->begin();
    for (std::uint32_t n = batch * kBatch + 1; n <= (batch + 1) * kBatch; ++n) {
      change(ws, names_of(n));
    }
    open.writer->apply(ws, 1, at_ms(0));
    open.writer->commit();
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  return std::int64_t{kBatch} * kBatches * 1'000'000 / std::max<std::int64_t>(took.count(), 1);
}

TEST(StoreThroughput, BatchesOf256) {
  SqlitePlace place;
  const OpenStore open(place);
  add_requisites(open);
  const auto created = rate_of(open, create_payin);
  const auto assigned = rate_of(open, [&open](domain::WorkingSet& ws, const PayinNames& names) {
    domain::Keys keys = keys_of(names);
    keys.requisites = {names.requisites_id};
    open.writer->load(keys, ws);
    assign_payin(ws, names);
    ws.requisites.edit(names.requisites_id).turn_at += domain::Duration{60'000};
  });
  const auto settled = rate_of(open, [&open](domain::WorkingSet& ws, const PayinNames& names) {
    open.writer->load(keys_of(names), ws);
    settle_payin(ws, names);
  });
  fmt::print("[ throughput ] payins/s: create {}, assign {}, settle {}\n", created, assigned,
             settled);
  const LedgerReport report = open.reader->check_ledger();
  EXPECT_EQ(report.payments, std::int64_t{kBatch} * kBatches);
  EXPECT_EQ(report.transfers, 2 * std::int64_t{kBatch} * kBatches);
  EXPECT_TRUE(report.problems.empty()) << report.problems.front();
}

}  // namespace
}  // namespace kassa::store
