#include "store/sqlite/chain_transfers.hpp"

#include <vector>

#include "store/transfer_chain.hpp"

namespace kassa::store::sqlite {
namespace {

constexpr const char* kNextPage =
    "SELECT lane, seq, request_id, kind, correction, debit_kind, debit_owner, debit_currency, "
    "credit_kind, credit_owner, credit_currency, amount_minor, at FROM transfers "
    "WHERE (lane, seq) > (?1, ?2) ORDER BY lane, seq LIMIT 1000";
constexpr int kColumns = 13;

/// The links of the transfers after `at`, which comes to stand at the last of them.
std::vector<LaneHead> next_links(Statement& next_page, ChainHasher& hasher, LaneHead& at) {
  std::vector<LaneHead> links;
  Execution row(next_page);
  row.bind(at.lane).bind(at.seq);
  while (row.step()) {
    if (row.integer(0) != at.lane) at.chain = {};
    at.lane = row.integer(0);
    at.seq = row.integer(1);
    hasher.begin(at.chain);
    for (int column = 0; column < kColumns; ++column) row.hand_over(column, hasher);
    at.chain = hasher.end();
    links.push_back(at);
  }
  return links;
}

}  // namespace

void chain_stored_transfers(Database& db) {
  Statement next_page(db, "transfers without a chain", kNextPage);
  Statement update(db, "chain a transfer",
                   "UPDATE transfers SET chain = ?3 WHERE lane = ?1 AND seq = ?2");
  ChainHasher hasher;
  LaneHead at;
  for (;;) {
    const std::vector<LaneHead> links = next_links(next_page, hasher, at);
    if (links.empty()) break;
    for (const LaneHead& link : links) {
      Execution(update).bind(link.lane).bind(link.seq).bind(link.chain).run();
    }
  }
  // With max() SQLite takes the other columns from the row that has it.
  db.execute("set the heads of lanes",
             "INSERT INTO lane_heads (lane, seq, chain) "
             "SELECT lane, max(seq), chain FROM transfers GROUP BY lane");
}

}  // namespace kassa::store::sqlite
