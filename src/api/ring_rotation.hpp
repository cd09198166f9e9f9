// A fresh key for the key ring, while everything goes on: step by step, each a little while, so
// that it can be stopped anywhere and gone on with, by another process too.
//
//   next ──grace──▶ active ──grace──▶ all sealed again, page by page, until a whole pass finds
//                                     nothing of an older key ──grace──▶ older secrets thrown away
//
// Where it stands is in the ring's file (which key is next, which retired), and the rest is found
// by looking: so there is no record of progress that could be wrong. The graces are for those who
// hold what they read or made a moment ago: a create that was hashed before the other key was
// known, a row read before it was sealed again. None lasts longer than a command may wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace kassa::api {

class Gateway;

class RingRotation {
 public:
  enum class Phase : std::uint8_t { none, next, sealing, done };

  struct Progress {
    Phase phase = Phase::none;
    std::uint32_t key_id = 0;       // the newest
    std::int64_t sealed_again = 0;  // rows, files and settings, by this step
    std::int64_t unreadable = 0;    // of them those that no key of the ring opens, of the last pass
    std::chrono::milliseconds wait{0};  // nothing can be done before
  };

  /// Begins a rotation where none is under way and `start` says so; else does the next piece of the
  /// present one. Thread-safe: a second caller waits. An error is a sentence.
  [[nodiscard]] std::expected<Progress, std::string> step(Gateway& gateway, bool start);

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::chrono::milliseconds left_of_grace(const Gateway& gateway) const;
  void begin_grace() { grace_from_ = Clock::now(); }
  void begin_pass();
  /// The next piece of the pass. False: the loop takes nothing now.
  [[nodiscard]] bool seal_piece(Gateway& gateway, Progress& progress);
  [[nodiscard]] bool seal_rows(Gateway& gateway, Progress& progress);
  void seal_files(Gateway& gateway, Progress& progress);
  [[nodiscard]] bool seal_settings(Gateway& gateway, Progress& progress);

  std::mutex mutex_;
  std::optional<Clock::time_point> grace_from_;  // nothing: it is over
  // The pass over everything that is sealed.
  bool passing_ = false;
  std::size_t place_ = 0;  // in kSealedPlaces; behind them the files of receipts, then the settings
  std::string cursor_;
  std::int64_t pass_found_ = 0;
  std::int64_t pass_unreadable_ = 0;
  std::int64_t unreadable_ = 0;  // of the last whole pass
  bool clean_ = false;           // the last pass found nothing
};

[[nodiscard]] std::string_view name(RingRotation::Phase phase);

}  // namespace kassa::api
