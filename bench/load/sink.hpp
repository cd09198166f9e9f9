// The merchant's end: takes callbacks, answers 200, and judges them after the run.
//
// While the load goes on it only keeps what came (and tells whose requisites are known): verifying
// an RSA signature for each would take CPU from the server that is measured on the same machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/states.hpp"
#include "http/server.hpp"
#include "load/target.hpp"

namespace kassa::bench {

/// A callback that was judged.
struct Told {
  domain::State state;
  std::int64_t at_ms = 0;  // when it arrived
};

struct Callbacks {
  std::uint64_t received = 0;
  std::uint64_t foreign = 0;  // of payments that this run did not make: judged by signature only
  std::uint64_t badly_signed = 0;
  std::uint64_t out_of_order = 0;  // an older state of a payment after a newer one
  std::uint64_t repeated = 0;      // at least once: allowed
  std::unordered_map<std::string, std::vector<Told>> by_request_id;  // of this run, as they came
};

class Sink {
 public:
  /// Listens on a free port of 127.0.0.1. `on_requisites` is called on its thread with the index of
  /// a payment of this run. Throws std::runtime_error.
  Sink(std::string run, std::function<void(std::size_t)> on_requisites);
  ~Sink();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint64_t received() const;
  /// No more callbacks are taken; those that came are judged on all cores. Throws Failure when the
  /// keys are unreadable.
  [[nodiscard]] Callbacks judge(const Target& target);

 private:
  struct Letter {
    std::int64_t at_ms = 0;
    std::string timestamp;
    std::string signature;
    std::string algorithm;
    std::string body;
  };
  struct Verdict;

  void take(const http::Request& request);

  std::string run_;
  std::function<void(std::size_t)> on_requisites_;
  http::Router router_;
  mutable std::mutex mutex_;
  std::vector<Letter> letters_;
  std::unique_ptr<http::Server> server_;  // last: its threads use all of the above
};

}  // namespace kassa::bench
