// Delivers signed callbacks (wire §9): at least once, in order within a payment, and so that a slow
// or dead endpoint never delays another's.
//
//   wake(ids), scan of the store ─▶ known: one try at a time for a payment
//        │ jobs
//        ▼ workers (low priority: an RSA signature costs 245 µs, and payins must not wait for it)
//   read the row ─▶ whose endpoint? ─┬ no slot: its queue ─▶ … a slot … ─▶ read the row again ─┐
//                                    └ a slot ─▶ render, sign ◀────────────────────────────────┘
//        (where gateways share the store: others' rows are left to them, and what nobody tells is
//        claimed once it has its slot, then read again)
//        ▼ dispatcher (one thread, libcurl)
//   send ─▶ what became of it ─▶ report to the loop ─▶ stored ─▶ the payment is free for its next
//
// Nothing is lost: what waits is in the store, and a row leaves it only by a stored report. Queues
// here hold ids only and are bounded; an id that is dropped is found again by a lap of the scan
// (scan.hpp). The order and the retries are decided in the loop (domain/delivery.hpp), not here.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "callbacks/endpoints.hpp"
#include "callbacks/jobs.hpp"
#include "callbacks/letter.hpp"
#include "callbacks/outbox.hpp"
#include "callbacks/picture.hpp"
#include "callbacks/scan.hpp"
#include "ops/clock.hpp"
#include "ops/key_ring.hpp"
#include "ops/metrics.hpp"

namespace kassa::callbacks {

class Sender;
struct Sent;

struct DelivererOptions {
  std::int64_t workers = 2;              // threads that read, render and sign
  bool allow_private_addresses = false;  // test projects may always
  std::chrono::milliseconds try_timeout{10'000};
  std::chrono::milliseconds stop_grace{5'000};     // for what is on its way
  std::chrono::milliseconds scan_pause{1'000};     // between two looks at the store, two laps
  std::chrono::milliseconds lap_pause{3'600'000};  // before a lap that nobody asked for
  std::chrono::milliseconds report_pause{1'000};   // before a report is repeated
  std::size_t unread_max = 40'000;                 // ids whose row is to be read
  EndpointLimits endpoints = {};
};

/// All but start() and stop() may be called from any thread.
class Deliverer {
 public:
  /// All that is handed in must outlive this.
  Deliverer(Outbox& outbox, const ops::KeyRing& ring, const Pictures& pictures,
            const ops::Clock& clock, ops::Metrics& metrics, DelivererOptions options);
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  void start();
  /// Begins nothing new, gives what is on its way a grace, leaves the rest to the store. The loop
  /// must still run, so that what was delivered can be reported.
  void stop();

  /// What was others' may be ours now: looks at all that waits. Short.
  void look_everywhere();

  /// Deliveries of these payments changed; also: look at the store now. Short: for the loop's
  /// thread.
  void wake(const std::vector<domain::RequestId>& ids);

  /// Sends the event's callback now, whatever the order (wire §9), and waits for what becomes of
  /// it, at most the timeout of a try and its report. Never on the loop's thread.
  [[nodiscard]] domain::DeliveryAttempt replay(domain::RequestId id, std::int32_t seq);

  /// Kassa is to stop: whoever waits for a replay is answered so now, and whoever asks for one.
  /// Tries that are on their way go on.
  void end_replays();

  /// Payments that it has in hand.
  [[nodiscard]] std::size_t known() const;

 private:
  struct Report {
    domain::DeliveryAttempt attempt;
    domain::GatewayId claim;
    std::chrono::steady_clock::time_point again_at;  // if it could not be taken
  };
  struct Box;

  // workers.cpp: read, render, sign
  void work();
  [[nodiscard]] std::optional<Job> take_job();
  void carry_out(Job& job, OutboxReader& reader, LetterWriter& writer);
  void carry_out_replay(const Job& job, OutboxReader& reader, LetterWriter& writer);
  [[nodiscard]] bool take_slot(Job& job, const EndpointId& endpoint);
  void give_slot_back(const Job& job);
  void hand_over(Letter letter);
  void not_sent(const Job& job, std::int32_t seq, domain::AttemptResult result,
                const std::string& why);
  void leave(const Job& job);

  // deliverer.cpp: send, report, scan
  void dispatch();
  [[nodiscard]] bool is_done();
  void start_waiting();
  void send_outgoing();
  void end_try(Sent sent);
  void report(domain::DeliveryAttempt attempt, domain::GatewayId claim);
  void claim(Job job);
  void take_reports_back();
  void take_claims_back();
  void repeat_reports();
  void scan_if_due(OutboxReader& reader);
  void scan(OutboxReader& reader);
  [[nodiscard]] bool wants_lap();
  void end_lap();
  [[nodiscard]] bool take_up(const store::DueDelivery& due, bool mark);
  [[nodiscard]] std::chrono::milliseconds pause();

  void forget(domain::RequestId id);
  bool add_known(domain::RequestId id);
  void ask_for_lap();

  Outbox& outbox_;
  const Pictures& pictures_;
  const ops::Clock& clock_;
  ops::Metrics& metrics_;
  DelivererOptions options_;
  CallbackKeys keys_;
  std::unique_ptr<Sender> sender_;
  std::shared_ptr<Box> box_;

  mutable std::mutex mutex_;
  std::condition_variable job_waits_;
  Jobs jobs_;
  std::unordered_map<domain::RequestId, bool> known_;  // true: changed since it was taken up
  Endpoints endpoints_;
  std::vector<Letter> outgoing_;
  std::unordered_set<ReplayCall> replays_;  // that somebody waits for
  bool replays_ended_ = false;
  bool scan_now_ = true;
  int laps_owed_ = 1;     // for other reasons than an endpoint's; at first: what waits since before
  bool holding_ = false;  // too many reports wait: begin no more tries
  bool stopping_ = false;                                            // workers end
  std::optional<std::chrono::steady_clock::time_point> give_up_at_;  // the dispatcher ends

  // The dispatcher's own.
  std::deque<Report> unreported_;
  Scan scan_;
  std::chrono::steady_clock::time_point next_scan_{};
  std::chrono::steady_clock::time_point lap_from_{};   // the lap to come does not begin before
  std::chrono::steady_clock::time_point lap_until_{};  // it begins by then, asked for or not

  std::vector<std::thread> workers_;
  std::thread dispatcher_;
};

}  // namespace kassa::callbacks
