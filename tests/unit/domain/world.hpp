// A small world to try the rules in: a live and a test project, traders, banks, requisites, and a
// store of maps that runs commands the way the engine does.
//
//   commands ─▶ [ reads ─▶ load ] until nothing is named ─▶ decide, one after another
//            ─▶ a refusal takes its changes back ─▶ invariants ─▶ write back
//
// Tests read like the requirement:
//
//   World world;
//   auto payin = world.live().create(100'000);
//   payin.confirm().is(state::paid);
//   world.wait(1800s);
//   payin.is(state::confirm_timeout);
//
// Whoever speaks names the place in the test that a failure is reported at. One thread.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <source_location>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/commands.hpp"
#include "domain/simulation.hpp"
#include "unit/ids.hpp"

namespace kassa::domain::test {

using namespace std::chrono_literals;
using Place = std::source_location;

inline const Currency kzt = *Currency::parse("KZT");
inline const Currency tjs = *Currency::parse("TJS");

/// 2025-06-15 12:00:00 UTC, when every world begins.
inline constexpr Instant kNoon = instant_of_ms(1'749'988'800'000);

using kassa::test::id_of;

/// The rows as a store would hold them.
struct Rows {
  std::unordered_map<PaymentKeyId, PaymentKey> payment_keys;
  std::unordered_map<RequestId, Payment> payments;
  std::unordered_map<RequestId, Delivery> deliveries;
  std::unordered_map<AccountId, Account> accounts;
  std::unordered_map<RequisitesId, Requisites> requisites;
  std::unordered_map<SlotId, Slot> slots;
  std::unordered_map<RequisitesDayId, RequisitesDay> days;
  std::unordered_map<ExposureId, Exposure> exposures;
  std::unordered_map<ClockId, TestClock> clocks;
  std::unordered_map<PayoutOrderId, PayoutOrder> payout_orders;
  std::unordered_map<TraderId, PayoutTurn> payout_turns;
  std::unordered_map<NoticeId, Notice> notices;
  std::unordered_map<NoticeId, Receipt> receipts;
  std::vector<SlotHold> slot_holds;
  std::unordered_map<SettlementId, Settlement> settlements;
  std::unordered_map<std::string, SettlementKey> settlement_keys;
  std::vector<PaymentEvent> events;
  std::vector<Transfer> transfers;
  std::vector<DeliveryAttempt> attempts;
  std::set<GatewayId> gateways;  // that are alive
  bool line_is_long = false;     // no search comes to its end: as with a pool too big for one

  void load(const Keys& keys, WorkingSet& ws) const;
  void apply(const WorkingSet& ws);
  [[nodiscard]] Candidates candidates(const CandidateQuery& query) const;
  /// The earliest of (due_at, request_id) of that clock.
  [[nodiscard]] const Payment* next_due(std::optional<ClockId> clock) const;
};

/// Requisites of simulated traders, numbered.
class CountingMinter final : public Minter {
 public:
  Requisites simulated_requisites(const Payment& payin, const Config& config, Instant now) override;
  std::uint64_t made = 0;
};

/// How a create differs from the ordinary one.
struct Ask {
  std::string payment_id{};  // empty: the next number
  PaymentKind kind = PaymentKind::payin;
  std::uint8_t content = 1;  // what its content hash is made of
  Currency currency = kzt;
  std::string method = "card-p2p";  // of a widget: what the next one stands for
  std::string widget_method{};      // preselected
  std::string bank_symbol{};
  std::string extra_param{};
  std::string customer_type{};
  std::int32_t lifetime_s = 600;
  OwnUrls own_urls{};
};

class World;

/// What a command came to, with words to say what it should have been.
class Said {
 public:
  Said(World& world, std::optional<RequestId> about, Decision decision)
      : world_(&world), about_(about), decision_(std::move(decision)) {}

  const Said& ok(Place at = Place::current()) const;
  const Said& is(State expected, Place at = Place::current()) const;
  const Said& is_refused(RefusalCode code, Place at = Place::current()) const;
  [[nodiscard]] bool accepted() const { return decision_.has_value(); }
  [[nodiscard]] const Decision& decision() const { return decision_; }
  [[nodiscard]] const Refusal& refusal() const { return decision_.error(); }

 private:
  World* world_;
  std::optional<RequestId> about_;
  Decision decision_;
};

/// One payment, by its id: everything asked of it is looked up afresh.
class Payin {
 public:
  Payin(World& world, RequestId id) : world_(&world), id_(id) {}

  Said confirm() const;
  Said cancel() const;
  /// A widget's payer chooses; requisites are not looked for yet.
  Said choose(const std::string& widget_method, const std::string& bank = {}) const;
  /// Money that names it was seen.
  Said see(std::int64_t amount) const;
  Said receive(std::int64_t amount) const { return resolve(ResolvePayment::How::received, amount); }
  Said resolve(ResolvePayment::How how, std::int64_t amount = 0) const;
  Said freeze() const;
  Said resume() const;
  Said fire() const;

  const Payin& is(State expected, Place at = Place::current()) const;
  const Payin& says(const std::string& description, Place at = Place::current()) const;
  const Payin& has_amounts(std::int64_t amount, std::int64_t old_amount, std::int64_t initial,
                           Place at = Place::current()) const;

  [[nodiscard]] RequestId id() const { return id_; }
  [[nodiscard]] const Payment& row() const;
  [[nodiscard]] Payment& edit() const;  // what no command does: for breaches and odd states
  [[nodiscard]] std::vector<PaymentEvent> events() const;
  [[nodiscard]] PaymentEvent last_event() const { return events().back(); }
  [[nodiscard]] std::vector<Transfer> transfers() const;
  [[nodiscard]] const Delivery* delivery() const;
  [[nodiscard]] std::vector<DeliveryAttempt> attempts() const;
  /// "4 5 7!": what waits to be told.
  [[nodiscard]] std::string queue() const;
  /// Reports one try of the first waiting callback.
  Said told(AttemptResult result) const;

 private:
  World* world_;
  RequestId id_;
};

using Say = ReportPayout::Word;

/// A payout: a payment with what its traders say.
class Payout : public Payin {
 public:
  Payout(World& world, RequestId id) : Payin(world, id), world_(&world) {}

  /// The word about the latest order, or about that one.
  Said say(Say word, std::int32_t order = 0, std::int64_t amount = 0) const;
  Said take(TraderId trader) const;
  [[nodiscard]] PayoutOrder order(std::int32_t number) const;

 private:
  World* world_;
};

/// A project's side of the world.
class Shop {
 public:
  Shop(World& world, ProjectId id) : world_(&world), id_(id) {}

  /// Creates and, unless told otherwise, lets the search for requisites run once.
  Payin create(std::int64_t amount, const Ask& ask = {}, Place at = Place::current()) const;
  Payin create_only(std::int64_t amount, const Ask& ask = {}, Place at = Place::current()) const;
  [[nodiscard]] CreatePayin asking(std::int64_t amount, const Ask& ask = {}) const;
  Said try_create(std::int64_t amount, const Ask& ask = {}) const;
  /// Creates a payout and lets its check and its search for a trader run once.
  Payout pay_out(std::int64_t amount, const Ask& ask = {}, Place at = Place::current()) const;
  [[nodiscard]] CreatePayout asking_payout(std::int64_t amount, const Ask& ask = {}) const;
  /// Money from outside: available grows.
  void deposit(std::int64_t amount, Currency currency = kzt) const;
  /// The signed test-clock call: timers one by one, each at its own time, then the clock.
  ClockAnswer advance(std::chrono::seconds by) const;
  Shop& set(const std::string& name, const std::string& value, Place at = Place::current());

  [[nodiscard]] ProjectId id() const { return id_; }
  [[nodiscard]] std::int64_t available(Currency currency = kzt) const;
  [[nodiscard]] std::int64_t locked(Currency currency = kzt) const;

 private:
  World* world_;
  ProjectId id_;
};

class World {
 public:
  World();

  [[nodiscard]] Shop live() { return {*this, live_id}; }
  [[nodiscard]] Shop test() { return {*this, test_id}; }
  [[nodiscard]] Payin payin(RequestId id) { return {*this, id}; }

  /// A live payout brought to that state by commands alone, of a project that can afford it.
  Payout payout_in(State wanted, std::int64_t amount = 100'000);
  [[nodiscard]] Payout payout(RequestId id) { return {*this, id}; }
  /// A trader who pays out cards in KZT, changed by settings.
  TraderId add_payer(const std::map<std::string, std::string>& settings = {});
  Said notice(AddNotice command);
  /// Money that names its payment, with an id of its own.
  [[nodiscard]] AddNotice money_for(RequestId id, std::int64_t amount);
  [[nodiscard]] Notice notice_of(NoticeId id) const { return rows.notices.at(id); }
  [[nodiscard]] NoticeId next_notice() { return id_of<NoticeId>(0xE000'0000 + next_number++); }

  /// A live payin brought to that state by commands alone (`error`: one of the test project).
  Payin payin_in(State wanted, std::int64_t amount = 100'000);

  /// Requisites of the first trader that take cards in KZT, changed by `change`.
  template <class Change>
  RequisitesId add_requisites(Change change) {
    Requisites fresh = ordinary_requisites();
    change(fresh);
    return add(std::move(fresh));
  }
  RequisitesId add_requisites() { return add(ordinary_requisites()); }
  /// Requisites of one more trader with that credit.
  TraderId add_trader(std::int64_t credit);
  void remove_requisites() { rows.requisites.clear(); }

  Said say(const Command& command);
  std::vector<Decision> batch(const std::vector<Command>& commands);

  /// Real time goes on; what falls due fires in order, each at its time.
  World& wait(Duration by);
  /// Real time goes on and nobody fires a timer: the process was down.
  World& let_pass(Duration by);

  void set(const SettingId& id, std::optional<std::string> value, Place at = Place::current());

  /// The books recomputed from what was appended, and every sum that rows carry; empty: all right.
  [[nodiscard]] std::vector<std::string> audit() const;
  [[nodiscard]] std::int64_t balance(AccountKind kind, Uuid owner, Currency currency = kzt) const;
  [[nodiscard]] Context context() const;
  [[nodiscard]] Instant now_of_test() const;

  const ProjectId live_id = id_of<ProjectId>(0x11);
  const ProjectId test_id = id_of<ProjectId>(0x22);
  const TraderId trader_id = id_of<TraderId>(0x33);

  Rows rows;
  ConfigPtr config;
  DeliverySchedule schedule;
  mutable CountingMinter minter;
  Instant now = kNoon;
  bool draining = false;
  GatewayId gateway;  // that runs the commands
  std::uint64_t next_number = 1;

 private:
  [[nodiscard]] Requisites ordinary_requisites();
  RequisitesId add(Requisites fresh);
  void fire_until(Instant until);
};

/// The settings that a world begins with.
[[nodiscard]] std::map<SettingId, std::string> ordinary_settings(ProjectId live, ProjectId test,
                                                                 TraderId trader);

}  // namespace kassa::domain::test

namespace kassa::domain {
void PrintTo(const State& state, std::ostream* out);
}  // namespace kassa::domain
