#include "unit/domain/world.hpp"

#include <algorithm>
#include <ostream>

#include "domain/invariants.hpp"
#include "domain/methods.hpp"

namespace kassa::domain {
void PrintTo(const State& state, std::ostream* out) {
  *out << text(state);
}
}  // namespace kassa::domain

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

void fail(const Place& at, const std::string& message) {
  ADD_FAILURE_AT(at.file_name(), static_cast<int>(at.line())) << message;
}

template <class Row, class Key>
void load_rows(const std::unordered_map<Key, Row>& stored, const std::vector<Key>& keys,
               RowTable<Row>& table) {
  for (const Key& key : keys) {
    const auto found = stored.find(key);
    table.put_loaded(key, found == stored.end() ? std::nullopt : std::optional<Row>(found->second));
  }
}

template <class Row, class Key>
void apply_rows(std::unordered_map<Key, Row>& stored, const RowTable<Row>& table) {
  for (const auto& [key, entry] : table.entries()) {
    if (!entry.changed) continue;
    KASSA_CHECK(entry.row.has_value(), "a changed row without a row");
    stored[key] = *entry.row;
  }
}

/// What the rows say that requisites and traders carry.
class CarriedInRows final : public Carried {
 public:
  explicit CarriedInRows(const Rows& rows) : rows_(rows) {}

  bool is_taken(const SlotId& id, Instant now) override {
    const auto slot = rows_.slots.find(id);
    return slot != rows_.slots.end() && slot->second.held_until > now;
  }
  RequisitesDay day(const RequisitesDayId& id) override {
    const auto day = rows_.days.find(id);
    return day == rows_.days.end() ? RequisitesDay{id, 0, 0} : day->second;
  }
  std::int64_t owed(const ExposureId& id) override {
    const auto account =
        rows_.accounts.find({AccountKind::trader, id.trader_id.value, id.currency});
    const auto exposure = rows_.exposures.find(id);
    return owed_of(account == rows_.accounts.end() ? nullptr : &account->second,
                   exposure == rows_.exposures.end() ? nullptr : &exposure->second);
  }

 private:
  const Rows& rows_;
};

}  // namespace

// ---- rows --------------------------------------------------------------------------------------

void Rows::load(const Keys& keys, WorkingSet& ws) const {
  load_rows(payment_keys, keys.payment_keys, ws.payment_keys);
  load_rows(payments, keys.payments, ws.payments);
  load_rows(deliveries, keys.deliveries, ws.deliveries);
  load_rows(accounts, keys.accounts, ws.accounts);
  load_rows(requisites, keys.requisites, ws.requisites);
  load_rows(slots, keys.slots, ws.slots);
  load_rows(days, keys.days, ws.days);
  load_rows(exposures, keys.exposures, ws.exposures);
  load_rows(clocks, keys.clocks, ws.clocks);
  load_rows(payout_orders, keys.payout_orders, ws.payout_orders);
  load_rows(payout_turns, keys.payout_turns, ws.payout_turns);
  load_rows(notices, keys.notices, ws.notices);
  load_rows(receipts, keys.receipts, ws.receipts);
  for (const RequestId payment : keys.attached) {
    ws.attached_known.insert(payment);
    for (const auto& [id, notice] : notices) {
      const bool attached = notice.state == NoticeState::attached;
      if (notice.request_id == payment && attached) ws.notices.put_loaded(id, notice);
    }
  }
  for (const SlotMoment& moment : keys.slot_moments) {
    auto& holders = ws.earlier_holders[moment];
    for (const SlotHold& hold : slot_holds) {
      const bool then = hold.held_from <= moment.at && moment.at < hold.held_until;
      if (hold.slot == moment.slot && then) holders.push_back(hold.request_id);
    }
  }
  load_rows(settlements, keys.settlements, ws.settlements);
  load_rows(settlement_keys, keys.settlement_keys, ws.settlement_keys);
  for (const GatewayId gateway : keys.gateways) {
    ws.gateways_alive.try_emplace(gateway, gateways.contains(gateway));
  }
  for (const auto& hash : keys.number_hashes) {
    const bool taken = std::ranges::any_of(
        requisites, [&](const auto& entry) { return entry.second.number_hash == hash; });
    ws.numbers_taken.try_emplace(hash, taken);
  }
  for (const auto& query : keys.candidates) {
    ws.candidates.emplace(query.request_id, candidates(query));
  }
}

Candidates Rows::candidates(const CandidateQuery& query) const {
  constexpr std::size_t kSimulatedMax = 8;
  Candidates found;
  found.complete = !line_is_long;
  CarriedInRows carried(*this);
  for (const auto& [id, r] : requisites) {
    if (r.pool != query.pool || r.currency != query.currency) continue;
    ++found.missed.looked_at;
    if (const auto missed = missed_rule(query, r, carried)) {
      ++found.missed.of(*missed);
    } else {
      found.ids.push_back(id);
    }
  }
  std::ranges::sort(found.ids, {},
                    [this](RequisitesId id) { return std::pair{requisites.at(id).turn_at, id}; });
  if (query.simulated && found.ids.size() > kSimulatedMax) found.ids.resize(kSimulatedMax);
  return found;
}

void Rows::apply(const WorkingSet& ws) {
  apply_rows(payment_keys, ws.payment_keys);
  apply_rows(payments, ws.payments);
  apply_rows(deliveries, ws.deliveries);
  apply_rows(accounts, ws.accounts);
  apply_rows(requisites, ws.requisites);
  apply_rows(slots, ws.slots);
  apply_rows(days, ws.days);
  apply_rows(exposures, ws.exposures);
  apply_rows(clocks, ws.clocks);
  apply_rows(payout_orders, ws.payout_orders);
  apply_rows(payout_turns, ws.payout_turns);
  apply_rows(notices, ws.notices);
  apply_rows(receipts, ws.receipts);
  slot_holds.insert(slot_holds.end(), ws.slot_holds().begin(), ws.slot_holds().end());
  apply_rows(settlements, ws.settlements);
  apply_rows(settlement_keys, ws.settlement_keys);
  events.insert(events.end(), ws.events().begin(), ws.events().end());
  attempts.insert(attempts.end(), ws.attempts().begin(), ws.attempts().end());
  for (Transfer transfer : ws.transfers()) {
    transfer.seq = static_cast<std::int64_t>(transfers.size()) + 1;
    transfers.push_back(std::move(transfer));
  }
}

const Payment* Rows::next_due(std::optional<ClockId> clock) const {
  const Payment* next = nullptr;
  for (const auto& [id, payment] : payments) {
    if (!payment.due_at || (clock && payment.clock != *clock)) continue;
    if (next == nullptr ||
        std::pair{*payment.due_at, id} < std::pair{*next->due_at, next->request_id}) {
      next = &payment;
    }
  }
  return next;
}

Requisites CountingMinter::simulated_requisites(const Payment& payin, const Config& config,
                                                Instant at) {
  KASSA_CHECK(config.currency(payin.currency) != nullptr, "a currency without rules");
  Requisites fresh;
  fresh.id = id_of<RequisitesId>(0x5100'0000 + ++made);
  fresh.trader_id = simulated_trader(payin.project_id);
  fresh.pool = simulated_pool(payin.project_id);
  fresh.currency = payin.currency;
  fresh.methods = " " + payin.method + " ";
  fresh.bank_symbol = "test-bank";
  fresh.turn_at = fresh.created_at = at;
  return fresh;
}

// ---- what was said -----------------------------------------------------------------------------

const Said& Said::ok(Place at) const {
  if (!decision_) fail(at, "refused: " + decision_.error().message);
  return *this;
}

const Said& Said::is(State expected, Place at) const {
  ok(at);
  world_->payin(about_.value()).is(expected, at);
  return *this;
}

const Said& Said::is_refused(RefusalCode code, Place at) const {
  if (decision_) {
    fail(at, "accepted, should have been refused with " + std::string(wire_code(code)));
  } else if (decision_.error().code != code) {
    fail(at, "refused with " + std::string(wire_code(decision_.error().code)) + ", not " +
                 std::string(wire_code(code)));
  }
  return *this;
}

// ---- payins ------------------------------------------------------------------------------------

Said Payin::confirm() const {
  return world_->say(ConfirmPayin{id_});
}
Said Payin::cancel() const {
  return world_->say(CancelPayin{id_});
}

Said Payin::choose(const std::string& widget_method, const std::string& bank) const {
  return world_->say(ChooseMethod{id_, widget_method, bank});
}
Said Payin::see(std::int64_t amount) const {
  return world_->say(world_->money_for(id_, amount));
}
Said Payin::resolve(How how, std::int64_t amount) const {
  return world_->say(ResolvePayment{id_, how, amount, {ActorKind::operator_, "anna", "a note"}});
}
Said Payin::freeze() const {
  return world_->say(FreezePayment{id_, "a breach"});
}
Said Payin::resume() const {
  return world_->say(ResumePayment{id_});
}
Said Payin::fire() const {
  return world_->say(FireTimer{id_, std::nullopt});
}

const Payin& Payin::is(State expected, Place at) const {
  if (row().state != expected) {
    fail(at, "in " + text(row().state) + ", should be in " + text(expected));
  }
  return *this;
}

const Payin& Payin::says(const std::string& description, Place at) const {
  if (row().status_description != description) {
    fail(at, "says \"" + row().status_description + "\", should say \"" + description + "\"");
  }
  return *this;
}

const Payin& Payin::has_amounts(std::int64_t amount, std::int64_t old_amount, std::int64_t initial,
                                Place at) const {
  const Payment& p = row();
  if (p.amount != amount || p.old_amount != old_amount || p.initial_amount != initial) {
    fail(at, "amounts " + std::to_string(p.amount) + ", " + std::to_string(p.old_amount) + ", " +
                 std::to_string(p.initial_amount));
  }
  return *this;
}

const Payment& Payin::row() const {
  return world_->rows.payments.at(id_);
}
Payment& Payin::edit() const {
  return world_->rows.payments.at(id_);
}

std::vector<PaymentEvent> Payin::events() const {
  std::vector<PaymentEvent> mine;
  std::ranges::copy_if(world_->rows.events, std::back_inserter(mine),
                       [&](const auto& event) { return event.request_id == id_; });
  return mine;
}

std::vector<Transfer> Payin::transfers() const {
  std::vector<Transfer> mine;
  std::ranges::copy_if(world_->rows.transfers, std::back_inserter(mine),
                       [&](const auto& transfer) { return transfer.request_id == id_; });
  return mine;
}

std::vector<DeliveryAttempt> Payin::attempts() const {
  std::vector<DeliveryAttempt> mine;
  std::ranges::copy_if(world_->rows.attempts, std::back_inserter(mine),
                       [&](const auto& attempt) { return attempt.request_id == id_; });
  return mine;
}

const Delivery* Payin::delivery() const {
  const auto found = world_->rows.deliveries.find(id_);
  return found == world_->rows.deliveries.end() ? nullptr : &found->second;
}

std::string Payin::queue() const {
  return delivery() ? text(delivery()->queue) : "";
}

Said Payin::told(AttemptResult result) const {
  DeliveryAttempt attempt;
  attempt.request_id = id_;
  attempt.seq = delivery()->queue.at(0).seq;
  attempt.at = world_->now;
  attempt.result = result;
  attempt.http_status = result == AttemptResult::delivered ? 200 : 500;
  return world_->say(ReportDelivery{attempt, world_->gateway});
}

// ---- payouts -----------------------------------------------------------------------------------

Said Payout::say(Say word, std::int32_t order, std::int64_t amount) const {
  ReportPayout command;
  command.request_id = id();
  command.word = word;
  command.order = order != 0 ? order : row().orders;
  command.amount = amount;
  return world_->say(command);
}

Said Payout::take(TraderId trader) const {
  ReportPayout command;
  command.request_id = id();
  command.word = Say::take;
  command.trader_id = trader;
  return world_->say(command);
}

PayoutOrder Payout::order(std::int32_t number) const {
  return world_->rows.payout_orders.at({id(), number});
}

CreatePayout Shop::asking_payout(std::int64_t amount, const Ask& ask) const {
  CreatePayout command;
  static_cast<NewPayment&>(command) = asking(amount, ask);
  return command;
}

Payout Shop::pay_out(std::int64_t amount, const Ask& ask, Place at) const {
  const Said said = world_->say(asking_payout(amount, ask));
  said.ok(at);
  const auto& created = std::get<PaymentAnswer>(said.decision().value()).payment;
  const Payout payout(*world_, created.request_id);
  if (created.assign_at) payout.fire().ok(at);
  return payout;
}

void Shop::deposit(std::int64_t amount, Currency currency) const {
  ChangeConfig change;
  change.deposits.push_back({id_, {amount, currency}});
  world_->say(change).ok();
}

std::int64_t Shop::locked(Currency currency) const {
  return world_->balance(AccountKind::locked, id_.value, currency);
}

TraderId World::add_payer(const std::map<std::string, std::string>& settings) {
  const auto id = id_of<TraderId>(0xD000'0000 + next_number++);
  set({"trader", id.text(), "payout_methods.KZT"}, "card-p2p");
  for (const auto& [name, value] : settings) set({"trader", id.text(), name}, value);
  return id;
}

AddNotice World::money_for(RequestId id, std::int64_t amount) {
  AddNotice seen;
  seen.id = next_notice();
  seen.request_id = id;
  seen.currency = rows.payments.at(id).currency;
  seen.amount = amount;
  return seen;
}

Said World::notice(AddNotice command) {
  if (command.id.is_nil()) command.id = next_notice();
  if (command.currency == Currency{}) command.currency = kzt;
  return say(command);
}

Payout World::payout_in(State wanted, std::int64_t amount) {
  live().deposit(2 * amount + 1'000);
  const auto in = [&](State s) { return payout_in(s, amount); };
  if (wanted == state::new_) {
    const Said said = say(live().asking_payout(amount));
    said.ok();
    return payout(std::get<PaymentAnswer>(said.decision().value()).payment.request_id);
  }
  if (wanted == state::requisites) return live().pay_out(amount, {.extra_param = "nobody"});
  if (wanted == state::error) {
    const Payout faulty = in(state::new_);
    live().set("currencies", "TJS");
    faulty.fire().ok();
    live().set("currencies", "KZT TJS");
    return faulty;
  }
  if (wanted == state::decline) {
    const Payout declined = in(state::requisites);
    declined.resolve(How::decline).ok();
    return declined;
  }
  add_payer();
  const Payout taken = live().pay_out(amount);
  if (wanted == state::incorrect_requisites) taken.say(Say::wrong_requisites).ok();
  if (wanted == state::payout_failed) taken.say(Say::failed).ok();
  if (wanted == state::payout_timeout) wait(*taken.row().window_at - now);
  if (wanted == state::success) taken.say(Say::paid).ok();
  return taken;
}

// ---- projects ----------------------------------------------------------------------------------

CreatePayin Shop::asking(std::int64_t amount, const Ask& ask) const {
  CreatePayin command;
  const std::uint64_t number = world_->next_number++;
  command.kind = ask.kind;
  command.project_id = id_;
  command.payment_id = ask.payment_id.empty() ? "order-" + std::to_string(number) : ask.payment_id;
  command.request_id = id_of<RequestId>(0xA000'0000 + number);
  command.content.key_id = 1;
  command.content.hash[0] = ask.content;
  command.amount = amount;
  command.currency = ask.currency;
  command.method = ask.kind == PaymentKind::widget
                       ? method_of_widget_method(ask.widget_method).value_or("")
                       : ask.method;
  command.widget_method = ask.widget_method;
  command.bank_symbol = ask.bank_symbol;
  command.extra_param = ask.extra_param;
  command.customer_type = ask.customer_type;
  command.lifetime_s = ask.lifetime_s;
  command.own_urls = ask.own_urls;
  return command;
}

Said Shop::try_create(std::int64_t amount, const Ask& ask) const {
  return world_->say(asking(amount, ask));
}

Payin Shop::create_only(std::int64_t amount, const Ask& ask, Place at) const {
  const Said said = try_create(amount, ask);
  said.ok(at);
  return world_->payin(std::get<PaymentAnswer>(said.decision().value()).payment.request_id);
}

Payin Shop::create(std::int64_t amount, const Ask& ask, Place at) const {
  const Payin payin = create_only(amount, ask, at);
  if (payin.row().assign_at) payin.fire().ok(at);
  return payin;
}

ClockAnswer Shop::advance(std::chrono::seconds by) const {
  const ClockId clock{id_.value};
  const auto stored = world_->rows.clocks.find(clock);
  const Duration before{stored == world_->rows.clocks.end() ? 0 : stored->second.offset_ms};
  const Instant target = world_->now + before + by;
  std::int64_t fired = 0;
  for (int steps = 0; steps < 100'000; ++steps) {
    const Payment* due = world_->rows.next_due(clock);
    if (due == nullptr || *due->due_at > target) break;
    const Said said = world_->say(FireTimer{due->request_id, *due->due_at});
    said.ok();
    fired += std::get<TimerAnswer>(said.decision().value()).fired;
  }
  const Said said = world_->say(AdvanceClock{id_, by});
  said.ok();
  auto answer = std::get<ClockAnswer>(said.decision().value());
  answer.fired = fired;
  return answer;
}

Shop& Shop::set(const std::string& name, const std::string& value, Place at) {
  world_->set({"project", id_.text(), name}, value, at);
  return *this;
}

std::int64_t Shop::available(Currency currency) const {
  return world_->balance(AccountKind::available, id_.value, currency);
}

// ---- the world ---------------------------------------------------------------------------------

std::map<SettingId, std::string> ordinary_settings(ProjectId live, ProjectId test,
                                                   TraderId trader) {
  const std::string merchant = id_of<MerchantId>(0x99).text();
  std::map<SettingId, std::string> all;
  all[{"merchant", merchant, "name"}] = "A shop";
  for (const auto& code : {"KZT", "TJS"}) {
    const bool kz = std::string(code) == "KZT";
    all[{"currency", code, "country"}] = kz ? "KZ" : "TJ";
    all[{"currency", code, "unknown_holder"}] = kz ? "--" : "---";
    all[{"currency", code, "payin_methods"}] = "card-p2p phone-p2p";
    all[{"currency", code, "widget_methods"}] = "payin-p2p-card payin-p2p-phone";
  }
  for (const auto& bank : {"kaspi-kzt", "halyk-kzt", "dc-tjs", "test-bank"}) {
    all[{"bank", bank, "name"}] = bank;
  }
  for (const auto& bank : {"kaspi-kzt", "halyk-kzt"}) {
    all[{"bank", bank, "currencies"}] = "KZT";
    all[{"bank", bank, "methods"}] = "card-p2p phone-p2p";
  }
  for (const ProjectId id : {live, test}) {
    const std::string project = id.text();
    all[{"project", project, "merchant"}] = merchant;
    all[{"project", project, "mode"}] = id == live ? "live" : "test";
    all[{"project", project, "currencies"}] = "KZT TJS";
    all[{"project", project, "fee_bp.KZT"}] = "250";
    all[{"project", project, "fee_fixed.KZT"}] = "100";
    all[{"project", project, "payout_fee_bp.KZT"}] = "100";
    all[{"project", project, "payout_fee_fixed.KZT"}] = "50";
    all[{"project", project, "pool.extra_param.nobody"}] = "nobody";
    all[{"project", project, "url.callback"}] = "https://shop.example/state";
    all[{"project", project, "url.success"}] = "https://shop.example/success";
    all[{"project", project, "url.decline"}] = "https://shop.example/decline";
  }
  all[{"trader", trader.text(), "mode"}] = "live";
  all[{"trader", trader.text(), "credit.KZT"}] = "1000000000000";
  all[{"trader", trader.text(), "credit.TJS"}] = "1000000000000";
  const std::string simulated = simulated_trader(test).text();
  all[{"trader", simulated, "mode"}] = "test";
  all[{"trader", simulated, "credit.KZT"}] = "unlimited";
  return all;
}

World::World() {
  auto built = build_config(ordinary_settings(live_id, test_id, trader_id), 1);
  KASSA_CHECK(built.has_value(), "the world's settings do not build: " +
                                     (built ? "" : built.error().id.name + built.error().message));
  config = std::make_shared<const Config>(std::move(*built));
}

Context World::context() const {
  return {now, *config, schedule, minter, 1};
}

Instant World::now_of_test() const {
  const auto clock = rows.clocks.find(ClockId{test_id.value});
  return now + Duration{clock == rows.clocks.end() ? 0 : clock->second.offset_ms};
}

namespace {

void load_all(const Rows& rows, const std::vector<const Command*>& commands, WorkingSet& ws,
              const Context& ctx) {
  constexpr int kRoundsMax = 8;  // as the engine
  for (int round = 0; round < kRoundsMax; ++round) {
    Keys keys;
    for (const Command* command : commands) {
      std::visit([&](const auto& c) { reads(c, ws, ctx, keys); }, *command);
    }
    if (keys.empty()) return;
    rows.load(keys, ws);
  }
  KASSA_CHECK(false, "commands kept naming keys");
}

}  // namespace

std::vector<Decision> World::batch(const std::vector<Command>& commands) {
  WorkingSet ws;
  ConfigPtr as_seen = config;
  const auto ctx = [&] { return Context{now, *as_seen, schedule, minter, 1, draining, gateway}; };
  std::vector<const Command*> all;
  for (const auto& command : commands) all.push_back(&command);
  load_all(rows, all, ws, ctx());
  std::vector<Decision> decisions;
  for (const auto& command : commands) {
    load_all(rows, {&command}, ws, ctx());
    const std::size_t mark = ws.mark();
    decisions.push_back(std::visit([&](const auto& c) { return decide(c, ws, ctx()); }, command));
    const auto& decision = decisions.back();
    if (!decision && !decision.error().keep_changes) ws.rollback(mark);
    if (ws.config_change().config) as_seen = ws.config_change().config;
  }
  static const auto invariants = all_invariants();
  for (const auto& invariant : invariants) invariant->check(ws);
  rows.apply(ws);
  config = as_seen;
  return decisions;
}

Said World::say(const Command& command) {
  std::optional<RequestId> about = subject_of(command);
  Decision decision = std::move(batch({command}).front());
  if (decision) {
    if (const auto* answer = std::get_if<PaymentAnswer>(&*decision)) {
      about = answer->payment.request_id;
    }
    if (const auto* answer = std::get_if<NoticeAnswer>(&*decision)) {
      if (answer->payment) about = answer->payment->request_id;
    }
  }
  return {*this, about, std::move(decision)};
}

World& World::let_pass(Duration by) {
  now += by;
  return *this;
}

World& World::wait(Duration by) {
  fire_until(now + by);
  return *this;
}

void World::fire_until(Instant until) {
  const Duration ahead = now_of_test() - now;  // of the test clock
  constexpr int kStepsMax = 100'000;
  for (int step = 0; step < kStepsMax; ++step) {
    const Payment* live = rows.next_due(ClockId{});
    const Payment* test = rows.next_due(ClockId{test_id.value});
    const Instant live_at = live ? *live->due_at : Instant::max();
    const Instant test_at = test ? *test->due_at - ahead : Instant::max();
    const Instant at = std::min(live_at, test_at);
    if (at > until) {
      now = until;
      return;
    }
    now = std::max(now, at);
    say(FireTimer{(live_at <= test_at ? live : test)->request_id, std::nullopt}).ok();
  }
  KASSA_CHECK(false, "timers that never end");
}

void World::set(const SettingId& id, std::optional<std::string> value, Place at) {
  ChangeConfig change;
  change.settings.emplace_back(id, std::move(value));
  say(change).ok(at);
}

Requisites World::ordinary_requisites() {
  Requisites fresh;
  fresh.id = id_of<RequisitesId>(0xC000'0000 + next_number++);
  fresh.trader_id = trader_id;
  fresh.currency = kzt;
  fresh.methods = "card-p2p";
  fresh.bank_symbol = "kaspi-kzt";
  return fresh;
}

RequisitesId World::add(Requisites fresh) {
  const RequisitesId id = fresh.id;
  say(ImportRequisites{{std::move(fresh)}}).ok();
  return id;
}

TraderId World::add_trader(std::int64_t credit) {
  const auto id = id_of<TraderId>(0xD000'0000 + next_number++);
  set({"trader", id.text(), "credit.KZT"}, std::to_string(credit));
  return id;
}

std::int64_t World::balance(AccountKind kind, Uuid owner, Currency currency) const {
  const auto found = rows.accounts.find({kind, owner, currency});
  return found == rows.accounts.end() ? 0 : found->second.balance;
}

Payin World::payin_in(State wanted, std::int64_t amount) {
  if (wanted == state::error) {
    const Payin payin = test().create(amount - amount % 1000 + 907);
    wait(1s);
    return payin;
  }
  const auto in = [&](State s) { return payin_in(s, amount); };
  if (wanted == state::requisites) return live().create_only(amount);
  if (wanted == state::new_) {
    const Payin payin = live().create_only(amount);
    Payment& row = payin.edit();  // no command leaves a payin there
    row.state = state::new_;
    row.window_at = row.assign_at = row.due_at = std::nullopt;
    return payin;
  }
  if (wanted == state::awaiting_confirm) {
    add_requisites();
    return live().create(amount);
  }
  if (wanted == state::no_payment) {
    const Payin payin = in(state::awaiting_confirm);
    wait(payin.row().expires_at - now);
    return payin;
  }
  if (wanted == state::different_amount) {
    const Payin payin = in(state::awaiting_confirm);
    payin.see(amount / 2).ok();
    return payin;
  }
  if (wanted == state::decline) {
    const Payin payin = in(state::awaiting_confirm);
    payin.cancel().ok();
    return payin;
  }
  const Payin payin = in(state::awaiting_confirm);
  payin.confirm().ok();
  if (wanted == state::confirm_timeout) wait(*payin.row().window_at - now);
  if (wanted == state::success) payin.see(amount).ok();
  return payin;
}

// ---- the audit ---------------------------------------------------------------------------------

namespace {

class Audit {
 public:
  explicit Audit(const Rows& rows) : rows_(rows) {}

  std::vector<std::string> run() {
    books();
    holds();
    slots();
    lives();
    orders();
    notices();
    settlements();
    return std::move(problems_);
  }

 private:
  void expect(bool right, const std::string& problem) {
    if (!right) problems_.push_back(problem);
  }

  /// Balances are what the transfers say, and sum to zero in every currency.
  void books() {
    std::map<AccountId, std::int64_t> balances;
    std::map<RequestId, std::int64_t> settled;
    std::map<RequestId, std::int64_t> held;
    for (const Transfer& t : rows_.transfers) {
      balances[t.debit] -= t.amount_minor;
      balances[t.credit] += t.amount_minor;
      if (t.request_id.is_nil() || is_of_settlement(t.kind)) continue;
      // From the trader for a payin, to the trader for a payout.
      const bool payout = rows_.payments.at(t.request_id).kind == PaymentKind::payout;
      const std::int64_t sign = payout ? -1 : 1;
      if (t.debit.kind == AccountKind::trader) settled[t.request_id] += sign * t.amount_minor;
      if (t.credit.kind == AccountKind::trader) settled[t.request_id] -= sign * t.amount_minor;
      if (t.credit.kind == AccountKind::locked) held[t.request_id] += t.amount_minor;
      if (t.debit.kind == AccountKind::locked) held[t.request_id] -= t.amount_minor;
    }
    std::map<Currency, std::int64_t> sums;
    for (const auto& [id, balance] : balances) {
      sums[id.currency] += balance;
      const auto row = rows_.accounts.find(id);
      const std::int64_t stored = row == rows_.accounts.end() ? 0 : row->second.balance;
      expect(!has_balance_row(id.kind) || stored == balance,
             "a balance other than its transfers, owner " + id.owner.text());
      expect(id.kind != AccountKind::available || balance >= 0, "available below zero");
    }
    for (const auto& [currency, sum] : sums) expect(sum == 0, "books of " + currency.text());
    for (const auto& [id, payment] : rows_.payments) {
      expect(settled[id] == payment.settled_amount, "settled other than posted, " + id.text());
      expect(held[id] == payment.held, "held other than posted, " + id.text());
      const bool holds = payment.kind == PaymentKind::payout && !is_final(payment.state);
      expect(holds == (payment.held > 0), "a hold other than its state says, " + id.text());
      expect(payment.settled_amount == (payment.state == state::success ? payment.amount : 0),
             "settled other than its state says, " + id.text());
    }
  }

  /// Exposure and day counters are the sums of what payments hold.
  void holds() {
    std::unordered_map<ExposureId, std::int64_t> exposed;
    std::unordered_map<RequisitesDayId, RequisitesDay> counted;
    for (const auto& [id, p] : rows_.payments) {
      if (p.requisites_id.is_nil()) continue;
      exposed[{p.trader_id, p.currency}] += p.exposed;
      expect(is_final(p.state) == (p.exposed == 0), "credit held by a final payin, " + id.text());
      RequisitesDay& day = counted[{p.requisites_id, p.assigned_day}];
      day.sum += p.day_counted;
      day.count += p.day_counted > 0 ? 1 : 0;
    }
    for (const auto& [id, row] : rows_.exposures) {
      expect(row.open_amount == exposed[id], "exposure other than the open payins");
    }
    for (const auto& [id, row] : rows_.days) {
      expect(row.count >= 0 && row.sum >= 0, "a day below zero");
      expect(row.count == counted[id].count && row.sum == counted[id].sum,
             "a day other than its payins");
    }
  }

  /// Traders have in hand what is being paid out; every order has one trader and is told in order.
  void orders() {
    std::unordered_map<TraderId, std::int64_t> in_hand;
    for (const auto& [id, p] : rows_.payments) {
      if (p.state == state::payout_process) ++in_hand[p.trader_id];
      for (std::int32_t number = 1; number <= p.orders; ++number) {
        const PayoutOrder& order = rows_.payout_orders.at({id, number});
        const bool latest = number == p.orders;
        expect(latest || order.state != OrderState::open, "two open orders, " + id.text());
        const bool open = order.state == OrderState::open;
        const bool may_be_paid =
            p.state == state::payout_process || p.state == state::payout_timeout;
        expect(!latest || open == may_be_paid, "an order other than its payout, " + id.text());
      }
    }
    for (const auto& [id, turn] : rows_.payout_turns) {
      expect(turn.in_hand == in_hand[id], "payouts in hand other than counted");
    }
  }

  /// What is attached to a payment is counted there, and nothing else is.
  void notices() {
    std::unordered_map<RequestId, std::int32_t> attached;
    for (const auto& [id, notice] : rows_.notices) {
      if (notice.state == NoticeState::attached) ++attached[notice.request_id];
      expect(notice.request_id.is_nil() == (notice.state == NoticeState::waiting) ||
                 notice.state == NoticeState::read,
             "a notice of nobody's that is somebody's");
    }
    for (const auto& [id, p] : rows_.payments) {
      expect(p.unread == attached[id], "unread notices other than counted, " + id.text());
    }
    std::unordered_map<RequestId, std::int32_t> shown;
    for (const auto& [id, receipt] : rows_.receipts) {
      ++shown[receipt.request_id];
      const Notice& notice = rows_.notices.at(id);
      expect(notice.kind == NoticeKind::receipt && notice.request_id == receipt.request_id,
             "a receipt other than its notice");
    }
    for (const auto& [id, p] : rows_.payments) {
      expect(p.receipts == shown[id], "receipts other than counted, " + id.text());
    }
  }

  /// Nobody gets requisites and amount while somebody else holds them: from the assignment to
  /// `success` or 1,800 s past the expiry, whichever is first.
  void slots() {
    std::map<std::pair<RequisitesId, std::int64_t>, std::map<RequestId, Instant>> free_at;
    for (const PaymentEvent& event : rows_.events) {
      const auto found = rows_.payments.find(event.request_id);
      if (found == rows_.payments.end() || event.requisites_id.is_nil()) continue;
      const Payment& p = found->second;
      auto& holders = free_at[{p.requisites_id, p.initial_amount}];
      if (event.cause == Cause::assigned) {
        for (const auto& [other, until] : holders) {
          expect(until <= event.at, "two payins of one slot, " + p.request_id.text());
        }
        holders[p.request_id] = p.expires_at + 1800s;
      } else if (event.to == state::success) {
        holders[p.request_id] = std::min(holders[p.request_id], event.at);
      }
    }
  }

  /// Events are numbered without a gap, each begins where the last one ended, and changes go
  /// forward in time (a timer that a payment slept through while frozen is older than the notes).
  void lives() {
    std::unordered_map<RequestId, PaymentEvent> last;
    std::unordered_map<RequestId, Instant> changed_at;
    for (const PaymentEvent& event : rows_.events) {
      const auto before = last.find(event.request_id);
      const bool first = before == last.end();
      expect(event.seq == (first ? 1 : before->second.seq + 1), "a gap in the events");
      expect(event.from == (first ? state::new_ : before->second.to), "a chain that broke");
      if (event.cause < Cause::refused_command) {
        expect(event.at >= changed_at[event.request_id], "a change before the one it follows");
        changed_at[event.request_id] = event.at;
      }
      last[event.request_id] = event;
    }
    for (const auto& [id, payment] : rows_.payments) {
      expect(last[id].to == payment.state && last[id].seq == payment.last_event,
             "a payment other than its last event, " + id.text());
    }
  }

  /// Each approved settlement has moved exactly what it says, the others nothing.
  void settlements() {
    std::unordered_map<SettlementId, int> moved;
    for (const Transfer& t : rows_.transfers) {
      if (!is_of_settlement(t.kind) || t.request_id.is_nil()) continue;
      const SettlementId id{t.request_id.value};
      const auto found = rows_.settlements.find(id);
      expect(found != rows_.settlements.end() && is_transfer_of(t, found->second),
             "a transfer other than its settlement, " + id.text());
      ++moved[id];
    }
    for (const auto& [id, row] : rows_.settlements) {
      const int due = row.status == SettlementStatus::approved ? 1 : 0;
      expect(moved[id] == due, "a settlement that did not move its money once, " + id.text());
      expect(row.made_by != row.decided_by || row.status != SettlementStatus::approved,
             "approved by its maker, " + id.text());
    }
  }

  const Rows& rows_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> World::audit() const {
  return Audit(rows).run();
}

}  // namespace kassa::domain::test
