// Follows the hash chains of the transfers (store/transfer_chain.hpp): a part of `ledger check`.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/database.hpp"
#include "store/transfer_chain.hpp"

namespace kassa::store {

class ChainCheck {
 public:
  using Tell = std::function<void(const std::string& problem)>;

  /// Called inside a read transaction, like all of it.
  ChainCheck(Database& db, Tell problem);

  /// The next row of Table<Transfer>, in the order of lane and seq. It is hashed as it is stored,
  /// so that a row which can't be decoded is found too.
  void follow(const Execution& row);

  /// After the last row: where each lane ended.
  [[nodiscard]] std::vector<LaneHead> finish();

 private:
  void end_lane();
  void missing(std::int64_t lane, std::int64_t first, std::int64_t last, std::string_view where);
  [[nodiscard]] domain::ChainHash computed(const Execution& row);

  Tell problem_;
  ChainHasher hasher_;
  std::map<std::int64_t, LaneHead> stored_;  // heads of lanes that were not met yet
  std::optional<LaneHead> at_;               // the last row
  std::vector<LaneHead> ends_;
};

}  // namespace kassa::store
