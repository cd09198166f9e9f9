// The store's part of routing: walks the line of a pool, whose turn it is first, and offers those
// that pass the rules (domain/candidates.hpp) in what is stored.
//
//   queries of a batch ─▶ equal ones together ─▶ past the closed front, or on from where the last
//   search stopped ─▶ enough found │ the line's end │ no effort left: the next search goes on
//
// A search costs at most its effort, so a line that is long and blocked can't hold the loop. It is
// walked to its end in several, so whatever fits is found, however many stand before it. Who can't
// be given stays where they are while the line moves on, so they gather at its front: for a second
// that part is skipped by everybody for whom it is closed as well.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "store/pool_line.hpp"

namespace kassa::store {

/// Effort is counted by LookUps.
struct SearchLimits {
  std::int64_t effort = 4'000;            // of one search: about 2 ms
  std::int64_t effort_of_batch = 16'000;  // of all in a batch, who share it …
  std::int64_t effort_min = 400;          // … but each gets this
  std::int64_t rows_simulated = 8;        // more are made on demand: constant cost with any number
  std::int64_t off_counted_max = 10'000;  // of those that are off, which nobody walks
  std::size_t answers = 32;               // for one query
  std::size_t answers_max = 600;          // for many equal ones
  std::size_t resumes_max = 10'000;       // searches under way that are remembered
};

class CandidateSearch {
 public:
  explicit CandidateSearch(LineSource& source, SearchLimits limits = {});

  /// Answers those queries whose payments `ws` has no candidates of yet. What it looked up of those
  /// it offers comes along.
  void load(const std::vector<domain::CandidateQuery>& queries, domain::WorkingSet& ws);

 private:
  /// A place in a line, and what was passed over on the way there.
  struct Place {
    domain::Instant turn_at = domain::Instant::min();
    domain::RequisitesId requisites_id;
    domain::MissCounts missed;
  };
  /// Everything by which two queries get the same answer, but the moment; and all but the amount.
  using Question =
      std::tuple<std::string, domain::Currency, std::string, std::string, std::int64_t, bool>;
  using Line = std::tuple<std::string, domain::Currency, std::string, std::string>;
  /// Where the search of a question stopped.
  struct Resume {
    Place place;
    domain::Instant asked_at;
  };
  /// How far a line is closed to everybody who asks for at least that amount.
  struct Front {
    Place place;
    std::int64_t amount = 0;
    domain::Instant until;
    std::int64_t config_version = 0;  // another one may have opened it
  };

  [[nodiscard]] static Question question_of(const domain::CandidateQuery& query);
  [[nodiscard]] static Line line_of(const domain::CandidateQuery& query);
  [[nodiscard]] domain::Candidates search(const domain::CandidateQuery& query, std::size_t answers,
                                          LookUps& look_ups, domain::WorkingSet& ws);
  [[nodiscard]] Front& front_of(const domain::CandidateQuery& query);
  void remember(const domain::CandidateQuery& query, const Place& place);

  SearchLimits limits_;
  // Hints, in memory only: without them a search begins anew.
  std::map<Question, Resume> resumes_;
  std::map<Line, Front> fronts_;
  LineSource& source_;
};

}  // namespace kassa::store
