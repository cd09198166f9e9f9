// What becomes of each answer besides being sent: it is counted by endpoint and status, and logged
// with its request's id.
#pragma once

#include <array>

#include "http/server.hpp"
#include "ops/metrics.hpp"

namespace kassa::api {

/// Thread-safe. The metrics must outlive it.
class AnswerTally {
 public:
  explicit AnswerTally(ops::Metrics& metrics);

  /// At the level debug a line for each answer; 500, which no request should get, is an error.
  void add(const http::Answered& answered);

 private:
  ops::Metrics& metrics_;
  std::array<ops::Counter*, 4> families_;
};

}  // namespace kassa::api
