// Reads the store of a sandbox on this machine, beside its owner, and holds it against what the
// client was answered and what the merchant was told. Never writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "load/book.hpp"
#include "load/histogram.hpp"
#include "load/sink.hpp"

struct sqlite3;

namespace kassa::bench {

struct StoreFindings {
  std::uint64_t stored = 0;   // payments of this run
  std::uint64_t lost = 0;     // answered 200, not stored
  std::uint64_t doubled = 0;  // payments beyond the first of a payment_id
  std::uint64_t altered = 0;  // stored with another request_id or amount than was answered or asked

  std::uint64_t to_tell = 0;  // committed changes with a callback
  std::uint64_t delivered = 0;
  std::uint64_t given_up = 0;  // superseded, or parked
  std::uint64_t untold = 0;    // neither: still waiting, or forgotten
  std::uint64_t unseen = 0;    // delivered, says the store, but the merchant never saw it
  std::uint64_t invented = 0;  // the merchant was told a state that was never committed
  Histogram lag_ms;            // commit to arrival
};

class StoreCheck {
 public:
  /// Throws Failure.
  StoreCheck(const std::filesystem::path& file, std::string run);

  /// Callbacks that wait, and payments of this run that will go on by themselves: until their
  /// requisites are chosen or, with `to_the_end`, until they are final.
  [[nodiscard]] std::uint64_t unfinished(bool to_the_end);
  void check_payments(const Book& book, StoreFindings& findings);
  void check_callbacks(const Callbacks& callbacks, StoreFindings& findings);

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  class Query;

  std::unique_ptr<sqlite3, Close> db_;
  std::string run_;
};

}  // namespace kassa::bench
