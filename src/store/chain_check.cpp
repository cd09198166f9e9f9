#include "store/chain_check.hpp"

#include <fmt/format.h>

#include "store/sql.hpp"

namespace kassa::store {
namespace {

using domain::ChainHash;
using domain::Transfer;

constexpr int kChainColumn = std::tuple_size_v<decltype(Table<Transfer>::columns)> - 1;

std::map<std::int64_t, LaneHead> stored_heads(Database& db) {
  Statement statement(db, "heads of lanes", select_sql<LaneHead>());
  Execution rows(statement);
  std::map<std::int64_t, LaneHead> heads;
  while (rows.step()) {
    const auto head = read_row<LaneHead>(rows);
    heads.emplace(head.lane, head);
  }
  return heads;
}

}  // namespace

ChainCheck::ChainCheck(Database& db, Tell problem)
    : problem_(std::move(problem)), stored_(stored_heads(db)) {}

void ChainCheck::follow(const Execution& row) {
  const std::int64_t lane = row.integer(0);
  const std::int64_t seq = row.integer(1);
  if (!at_ || at_->lane != lane) {
    end_lane();
    at_ = LaneHead{lane, 0, {}};
  }
  const std::string_view stored = row.blob(kChainColumn);
  if (seq < 1) {
    problem_(fmt::format("transfer {} of lane {} has a number below 1", seq, lane));
    return;
  }
  if (seq != at_->seq + 1) {
    // Over a gap nothing can be computed: the row is where the chain goes on.
    missing(lane, at_->seq + 1, seq - 1, "");
  } else if (stored != Codec<ChainHash>::encode(computed(row))) {
    problem_(fmt::format("transfer {} of lane {} was changed: its chain is not that of its columns",
                         seq, lane));
  }
  at_->seq = seq;
  at_->chain = stored.size() == at_->chain.size() ? Codec<ChainHash>::decode(stored) : ChainHash{};
}

ChainHash ChainCheck::computed(const Execution& row) {
  hasher_.begin(at_->chain);
  for (int column = 0; column < kChainColumn; ++column) row.hand_over(column, hasher_);
  return hasher_.end();
}

void ChainCheck::missing(std::int64_t lane, std::int64_t first, std::int64_t last,
                         std::string_view where) {
  if (first >= last) {
    problem_(fmt::format("transfer {} of lane {} is missing{}", first, lane, where));
  } else {
    problem_(fmt::format("transfers {}..{} of lane {} are missing{}", first, last, lane, where));
  }
}

void ChainCheck::end_lane() {
  if (!at_) return;
  ends_.push_back(*at_);
  const auto found = stored_.find(at_->lane);
  if (found == stored_.end()) {
    problem_(fmt::format("lane {} has no head, its last transfer is {}", at_->lane, at_->seq));
    return;
  }
  const LaneHead& head = found->second;
  if (head.seq > at_->seq) {
    missing(head.lane, at_->seq + 1, head.seq, " at its end");
  } else if (head.seq < at_->seq) {
    problem_(fmt::format("the head of lane {} is transfer {}, but there is a transfer {}",
                         head.lane, head.seq, at_->seq));
  } else if (head.chain != at_->chain) {
    problem_(fmt::format("the head of lane {} has another chain than transfer {} of lane {}",
                         head.lane, head.seq, head.lane));
  }
  stored_.erase(found);
}

std::vector<LaneHead> ChainCheck::finish() {
  end_lane();
  for (const auto& [lane, head] : stored_) missing(lane, 1, head.seq, " at its end");
  return std::move(ends_);
}

}  // namespace kassa::store
