// The store's part of routing: which requisites one query can tell fit (domain/routing.hpp has the
// rest). Equal queries of one batch are run once, with room for all of them.
#pragma once

#include <vector>

#include "store/sqlite/database.hpp"

namespace kassa::store::sqlite {

/// How far a search goes along the turns, and how many it answers. A search ends at its limit, so
/// the scan matters only where few fit; it is one pass over one index (about 0.3 µs a row).
struct SearchLimits {
  std::int64_t scan = 20'000;
  std::int64_t scan_simulated = 8;  // more are made on demand: constant cost with any number
  std::size_t answers = 32;         // for one query
  std::size_t answers_max = 600;    // for many equal ones
};

class CandidateSearch {
 public:
  explicit CandidateSearch(Database& db, SearchLimits limits = {});

  /// Answers those queries whose payments `ws` has no candidates of yet.
  void load(const std::vector<domain::CandidateQuery>& queries, domain::WorkingSet& ws);

 private:
  [[nodiscard]] std::vector<domain::RequisitesId> search(const domain::CandidateQuery& query,
                                                         std::size_t answers);
  [[nodiscard]] domain::CandidateCounts count(const domain::CandidateQuery& query);

  SearchLimits limits_;
  Statement search_;
  Statement count_;
};

}  // namespace kassa::store::sqlite
