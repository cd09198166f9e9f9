// An outbox in memory, with the real rules of order and retries (domain/delivery.hpp) and keys, and
// a project for tests to deliver for.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "callbacks/outbox.hpp"
#include "domain/delivery.hpp"
#include "ops/clock.hpp"
#include "ops/key_ring.hpp"
#include "protocol/keys.hpp"
#include "unit/ops/temporary_directory.hpp"

namespace kassa::callbacks::test {

/// What the tests' project signs and seals with; made once, since an RSA key takes 100 ms.
struct Keys {
  Keys();

  ops::TemporaryDirectory directory;
  ops::KeyRing ring;
  protocol::PrivateKey rsa = protocol::PrivateKey::generate();
  std::string hmac_text = protocol::generate_hmac_key_text().reveal();
};
[[nodiscard]] const Keys& keys();

/// A payment's row with sealed details.
struct PaymentOptions {
  domain::PaymentKind kind = domain::PaymentKind::payin;
  std::string intermediate_url = {};
  std::string success_url = {};
  std::string decline_url = {};
  domain::ProjectId project = {};  // nil: the first
};

/// As the loop decides it, from the rows of all that share them.
class FakeOutbox final : public Outbox {
 public:
  using RequestId = domain::RequestId;
  using GatewayId = domain::GatewayId;

  FakeOutbox();

  // What tests arrange.
  domain::RequestId add_payment(const PaymentOptions& options);
  /// One more, beside the first.
  domain::ProjectId add_project();
  /// Appends an event that is told and queues its callback, as the loop does.
  void tell(domain::RequestId id, domain::State to);
  void set_project(const std::function<void(domain::Project&)>& change);
  void refuse_reports(bool refuse);
  ops::ManualClock& clock() { return clock_; }
  /// From now on others have the store open too, of which these are alive; this one is `id`, and
  /// nil: its lease is not held.
  void share(GatewayId id, std::set<GatewayId> alive);
  /// Whoever tells it from now on.
  void give_to(RequestId id, GatewayId gateway);
  /// Called like Engine::on_deliveries, after a change and before its report is answered.
  std::function<void(const std::vector<domain::RequestId>&)> on_deliveries;

  // What tests look at.
  [[nodiscard]] std::vector<domain::DeliveryAttempt> attempts() const;
  [[nodiscard]] domain::Delivery delivery(domain::RequestId id) const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] int refused() const;
  /// What looking for callbacks has cost: rows that a scan answered, rows that were read for a try.
  [[nodiscard]] std::size_t rows_scanned() const;
  [[nodiscard]] std::size_t rows_read() const;
  /// Waits until the condition holds, looked at after each report; false after 30 s.
  [[nodiscard]] bool wait(const std::function<bool()>& holds) const;
  [[nodiscard]] bool wait_for_attempts(std::size_t count) const;

  // Outbox.
  std::unique_ptr<OutboxReader> open_reader() override;
  [[nodiscard]] domain::ConfigPtr config() const override;
  [[nodiscard]] domain::Instant now() const override { return clock_.now(); }
  [[nodiscard]] bool is_shared() const override;
  [[nodiscard]] engine::Whose whose(RequestId id, GatewayId claimed_by) const override;
  [[nodiscard]] bool holds(GatewayId claim) const override;
  void claim(RequestId id, OnClaimed claimed) override;
  void report(domain::DeliveryAttempt attempt, GatewayId claim, Reported reported) override;

 private:
  friend class FakeReader;

  [[nodiscard]] std::optional<Told> told(domain::RequestId id, std::int32_t seq) const;
  [[nodiscard]] bool refuses();
  template <class Change>
  void change_delivery(domain::RequestId id, const Change& change);

  ops::ManualClock clock_;
  mutable std::recursive_mutex mutex_;
  mutable std::condition_variable_any changed_;
  domain::ProjectId first_project_;
  domain::ConfigPtr config_;
  std::map<domain::RequestId, domain::Payment> payments_;
  std::map<domain::RequestId, std::vector<domain::PaymentEvent>> events_;
  std::map<domain::RequestId, domain::Delivery> deliveries_;
  std::set<std::pair<domain::Instant, domain::RequestId>> due_;  // those that wait
  std::vector<domain::DeliveryAttempt> attempts_;
  domain::Requisites requisites_;
  domain::DeliverySchedule schedule_;
  bool shared_ = false;
  GatewayId gateway_;  // this one
  std::set<GatewayId> alive_;
  bool refuse_ = false;
  int refused_ = 0;
  std::size_t rows_read_ = 0;
  std::size_t rows_scanned_ = 0;
};

}  // namespace kassa::callbacks::test
