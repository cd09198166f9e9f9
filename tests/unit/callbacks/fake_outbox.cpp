#include "unit/callbacks/fake_outbox.hpp"

#include "domain/details.hpp"
#include "encoding/base64.hpp"
#include "ops/random.hpp"

namespace kassa::callbacks::test {
namespace {

using domain::Delivery;
using domain::DeliveryState;
using domain::Instant;
using domain::RequestId;

constexpr Instant kStart = domain::instant_of_ms(1'721'647'251'000);

class NoMinter final : public domain::Minter {
  domain::Requisites simulated_requisites(const domain::Payment&, const domain::Config&,
                                          Instant) override {
    throw std::logic_error("no delivery needs requisites");
  }
};

ops::KeyRing make_ring(const ops::TemporaryDirectory& directory) {
  auto ring = ops::KeyRing::create(directory / "ring.toml", kStart);
  if (!ring) throw std::runtime_error(ring.error());
  return std::move(*ring);
}

std::string sealed_key(const domain::ProjectId& project, const std::string& text) {
  return encoding::to_base64(keys().ring.seal("projects", project.value.bytes, text));
}

domain::Project make_project(domain::ProjectId id) {
  domain::Project project;
  project.id = id;
  project.test = true;
  project.callback_rsa_private = sealed_key(id, keys().rsa.pem().reveal());
  project.callback_hmac = sealed_key(id, keys().hmac_text);
  return project;
}

domain::Config make_config(domain::ProjectId project) {
  domain::Config config;
  config.projects.emplace(project, make_project(project));
  domain::CurrencyRules rules;
  rules.currency = *domain::Currency::parse("KZT");
  rules.unknown_holder = "--";
  config.currencies.emplace(rules.currency, rules);
  return config;
}

domain::Requisites make_requisites() {
  domain::Requisites requisites;
  requisites.id = {ops::random_uuid_v4()};
  requisites.bank_symbol = "kaspi-kzt";
  requisites.bank_country = "KZ";
  requisites.details = keys().ring.seal(
      domain::kRequisitesDetailsTable, requisites.id.value.bytes,
      domain::encode(domain::RequisitesDetails{"4850788018041726", "Alex Johnson"}));
  return requisites;
}

}  // namespace

Keys::Keys() : ring(make_ring(directory)) {}

const Keys& keys() {
  static const Keys all;
  return all;
}

class FakeReader final : public OutboxReader {
 public:
  explicit FakeReader(FakeOutbox& outbox) : outbox_(outbox) {}

  std::vector<store::DueDelivery> due(const store::DueDelivery& after, Instant until,
                                      std::size_t limit) override {
    const std::lock_guard lock(outbox_.mutex_);
    std::vector<store::DueDelivery> page;
    for (auto at = outbox_.due_.upper_bound({after.next_try_at, after.request_id});
         at != outbox_.due_.end() && at->first <= until && page.size() < limit; ++at) {
      page.push_back({at->first, at->second, outbox_.deliveries_.at(at->second).claimed_by});
    }
    outbox_.rows_scanned_ += page.size();
    return page;
  }
  std::optional<Instant> next_due(Instant after) override {
    const std::lock_guard lock(outbox_.mutex_);
    const auto next = outbox_.due_.lower_bound({after + domain::Duration(1), RequestId{}});
    return next == outbox_.due_.end() ? std::nullopt : std::optional(next->first);
  }
  std::optional<NextCallback> first_due(RequestId id, Instant now) override {
    const std::lock_guard lock(outbox_.mutex_);
    ++outbox_.rows_read_;
    outbox_.changed_.notify_all();
    const auto found = outbox_.deliveries_.find(id);
    if (found == outbox_.deliveries_.end() || found->second.state != DeliveryState::waiting ||
        found->second.next_try_at > now) {
      return std::nullopt;
    }
    const Delivery& row = found->second;
    return NextCallback{row.queue.front().seq, row.next_try_at, row.claimed_by};
  }
  std::optional<Told> event(RequestId id, std::int32_t seq) override {
    const std::lock_guard lock(outbox_.mutex_);
    return outbox_.told(id, seq);
  }

 private:
  FakeOutbox& outbox_;
};

FakeOutbox::FakeOutbox()
    : clock_(kStart),
      first_project_{ops::random_uuid_v4()},
      config_(std::make_shared<const domain::Config>(make_config(first_project_))),
      requisites_(make_requisites()) {}

RequestId FakeOutbox::add_payment(const PaymentOptions& options) {
  domain::PaymentDetails details;
  details.callback_url = options.intermediate_url;
  details.success_callback_url = options.success_url;
  details.decline_callback_url = options.decline_url;
  domain::Payment payment;
  payment.request_id = ops::new_request_id(kStart);
  payment.kind = options.kind;
  payment.payment_id = "order-" + payment.request_id.text();
  payment.amount = payment.old_amount = payment.initial_amount = 7000;
  payment.currency = *domain::Currency::parse("KZT");
  payment.method = "card-p2p";
  payment.lifetime_s = 300;
  payment.created_at = kStart;
  payment.expires_at = kStart + std::chrono::seconds(300);
  payment.details = keys().ring.seal(domain::kPaymentDetailsTable, payment.request_id.value.bytes,
                                     domain::encode(details));
  const std::lock_guard lock(mutex_);
  payment.project_id = options.project.is_nil() ? first_project_ : options.project;
  payments_.emplace(payment.request_id, payment);
  return payment.request_id;
}

domain::ProjectId FakeOutbox::add_project() {
  const domain::ProjectId id{ops::random_uuid_v4()};
  const std::lock_guard lock(mutex_);
  domain::Config config = *config_;
  ++config.version;
  config.projects.emplace(id, make_project(id));
  config_ = std::make_shared<const domain::Config>(std::move(config));
  return id;
}

template <class Change>
void FakeOutbox::change_delivery(RequestId id, const Change& change) {
  {
    const std::lock_guard lock(mutex_);
    domain::WorkingSet ws;
    NoMinter minter;
    const domain::Context ctx{clock_.now(), *config_, schedule_, minter, 1, false, gateway_};
    const auto stored = deliveries_.find(id);
    ws.deliveries.put_loaded(
        id, stored == deliveries_.end() ? std::nullopt : std::optional(stored->second));
    change(ws, ctx);
    if (const Delivery* row = ws.deliveries.find(id)) {
      if (stored != deliveries_.end()) due_.erase({stored->second.next_try_at, id});
      deliveries_.insert_or_assign(id, *row);
      if (row->state == DeliveryState::waiting) due_.emplace(row->next_try_at, id);
    }
    attempts_.insert(attempts_.end(), ws.attempts().begin(), ws.attempts().end());
  }
  changed_.notify_all();
  if (on_deliveries) on_deliveries({id});
}

void FakeOutbox::tell(RequestId id, domain::State to) {
  domain::PaymentEvent event;
  {
    const std::lock_guard lock(mutex_);
    auto& all = events_[id];
    event.request_id = id;
    event.seq = static_cast<std::int32_t>(all.size()) + 1;
    event.at = clock_.now();
    event.to = to;
    event.amount = event.old_amount = 7000;
    event.method = "card-p2p";
    event.requisites_id = requisites_.id;
    event.callback = true;
    all.push_back(event);
  }
  change_delivery(id, [&](auto& ws, const auto& ctx) { enqueue_callback(ws, ctx, event); });
}

void FakeOutbox::set_project(const std::function<void(domain::Project&)>& change) {
  const std::lock_guard lock(mutex_);
  domain::Config config = *config_;
  ++config.version;
  change(config.projects.at(first_project_));
  config_ = std::make_shared<const domain::Config>(std::move(config));
}

void FakeOutbox::refuse_reports(bool refuse) {
  const std::lock_guard lock(mutex_);
  refuse_ = refuse;
}

std::vector<domain::DeliveryAttempt> FakeOutbox::attempts() const {
  const std::lock_guard lock(mutex_);
  return attempts_;
}

Delivery FakeOutbox::delivery(RequestId id) const {
  const std::lock_guard lock(mutex_);
  return deliveries_.at(id);
}

std::size_t FakeOutbox::waiting() const {
  const std::lock_guard lock(mutex_);
  return due_.size();
}

std::size_t FakeOutbox::rows_read() const {
  const std::lock_guard lock(mutex_);
  return rows_read_;
}

std::size_t FakeOutbox::rows_scanned() const {
  const std::lock_guard lock(mutex_);
  return rows_scanned_;
}

int FakeOutbox::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool FakeOutbox::wait(const std::function<bool()>& holds) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), holds);
}

bool FakeOutbox::wait_for_attempts(std::size_t count) const {
  return wait([&] { return attempts_.size() >= count; });
}

std::unique_ptr<OutboxReader> FakeOutbox::open_reader() {
  return std::make_unique<FakeReader>(*this);
}

domain::ConfigPtr FakeOutbox::config() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

std::optional<Told> FakeOutbox::told(RequestId id, std::int32_t seq) const {
  const auto found = events_.find(id);
  if (found == events_.end() || seq < 1 || seq > static_cast<std::int32_t>(found->second.size())) {
    return std::nullopt;
  }
  return Told{payments_.at(id), found->second[static_cast<std::size_t>(seq - 1)], requisites_};
}

void FakeOutbox::share(GatewayId id, std::set<GatewayId> alive) {
  const std::lock_guard lock(mutex_);
  shared_ = true;
  gateway_ = id;
  alive_ = std::move(alive);
}

void FakeOutbox::give_to(RequestId id, GatewayId gateway) {
  const std::lock_guard lock(mutex_);
  deliveries_.at(id).claimed_by = gateway;
}

bool FakeOutbox::is_shared() const {
  const std::lock_guard lock(mutex_);
  return shared_;
}

engine::Whose FakeOutbox::whose(RequestId, GatewayId claimed_by) const {
  const std::lock_guard lock(mutex_);
  if (claimed_by == gateway_ && holds(claimed_by)) return engine::Whose::ours;
  if (!holds(gateway_) || alive_.contains(claimed_by)) return engine::Whose::others;
  return engine::Whose::ours_to_claim;
}

bool FakeOutbox::holds(GatewayId claim) const {
  const std::lock_guard lock(mutex_);
  return claim == gateway_ && (!shared_ || !claim.is_nil());
}

void FakeOutbox::claim(RequestId id, OnClaimed claimed) {
  if (refuses()) {
    claimed(Claimed::not_now);
    return;
  }
  bool done = false;
  change_delivery(id, [&](auto& ws, const auto& ctx) {
    const GatewayId holder = ws.deliveries.get(id).claimed_by;
    ws.gateways_alive[holder] = alive_.contains(holder);
    done = domain::decide(domain::ClaimDelivery{id, ctx.gateway}, ws, ctx).has_value();
  });
  claimed(done ? Claimed::ours : Claimed::others);
}

/// What the loop can't take now.
bool FakeOutbox::refuses() {
  const std::lock_guard lock(mutex_);
  refused_ += refuse_ ? 1 : 0;
  if (refuse_) changed_.notify_all();
  return refuse_;
}

void FakeOutbox::report(domain::DeliveryAttempt attempt, GatewayId claim, Reported reported) {
  const bool refused = refuses();
  if (!refused) {
    change_delivery(attempt.request_id,
                    [&](auto& ws, const auto& ctx) { apply_attempt(ws, ctx, attempt, claim); });
  }
  reported(!refused);
}

}  // namespace kassa::callbacks::test
