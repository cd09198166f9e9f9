// What gateways of one store tell each other while it is news
// (docs/decisions/0028-many-gateways.md):
//
//   the loop ─ tell_changed(ids) ─▶ every 50 ms at most ─┐
//   rate_limits: who asked how often ─▶ once a second ───┼─▶ the store's Talk ─▶ the others:
//                                                        │     PageStreams::wake, look_soon
//                                                        └     Buckets::charge_elsewhere
//
// Nothing depends on a word: open pages are looked up once a second all the same, and a limit whose
// use was not told is each gateway's own for that second. One thread, beside the loop; where there
// is nobody to talk to, none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "api/gateway.hpp"
#include "api/gateway_words.hpp"
#include "api/page/streams.hpp"

namespace kassa::api {

class GatewayTalk {
 public:
  /// Both must outlive this.
  GatewayTalk(Gateway& gateway, PageStreams& streams);
  ~GatewayTalk();
  GatewayTalk(const GatewayTalk&) = delete;
  GatewayTalk& operator=(const GatewayTalk&) = delete;

  /// Once the configuration is known.
  void start();
  void stop();

  /// These payments have changed here. Called by the loop.
  void tell_changed(const std::vector<domain::RequestId>& ids);

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  [[nodiscard]] bool is_stopping();
  [[nodiscard]] std::vector<std::string> words(Clock::time_point now);
  [[nodiscard]] Clock::time_point next_word();
  void hear(std::string_view word);
  void charge(const Uses& uses);
  void lost(const std::string& why);

  Gateway& gateway_;
  PageStreams& streams_;
  const std::unique_ptr<store::Talk> talk_;

  std::mutex mutex_;
  std::condition_variable ends_;
  std::unordered_set<domain::RequestId> changed_;  // not told yet; no more than are worth naming
  bool stopping_ = false;

  // The thread's own.
  Clock::time_point changes_told_;
  Clock::time_point uses_told_;
  bool is_lost_ = false;
  std::thread thread_;
};

}  // namespace kassa::api
