#include "unit/engine/running_engine.hpp"

#include <algorithm>

#include "domain/simulation.hpp"
#include "ops/catalog.hpp"
#include "ops/log.hpp"

namespace kassa::engine::test {
namespace {

using domain::SettingId;

/// The catalog that ships, one merchant, its projects, one live trader.
domain::ChangeConfig ordinary_settings(const RunningEngine& world) {
  domain::ChangeConfig change;
  const auto catalog = ops::parse_catalog(ops::built_in_catalog());
  KASSA_CHECK(catalog.has_value(), "the built-in catalog does not parse");
  for (const auto& [id, value] : *catalog) change.settings.emplace_back(id, value);
  const auto put = [&](SettingId id, std::string value) {
    change.settings.emplace_back(std::move(id), std::move(value));
  };
  const std::string merchant = id_of<domain::MerchantId>(0x99).text();
  put({"merchant", merchant, "name"}, "A shop");
  for (const ProjectId id : {world.live, world.test, world.other_test}) {
    const bool live = id == world.live;
    const std::string project = id.text();
    put({"project", project, "merchant"}, merchant);
    put({"project", project, "mode"}, live ? "live" : "test");
    put({"project", project, "currencies"}, "KZT TJS");
    put({"project", project, "fee_bp.KZT"}, "250");
    put({"project", project, "url.callback"}, "https://shop.example/state");
    const std::string trader = live ? world.trader.text() : domain::simulated_trader(id).text();
    put({"trader", trader, "mode"}, live ? "live" : "test");
    put({"trader", trader, "credit.KZT"}, live ? "1000000000000" : "unlimited");
  }
  return change;
}

}  // namespace

RunningEngine::RunningEngine(EngineOptions options, std::unique_ptr<store::StorePlace> place)
    : place_(std::move(place)), options_(std::move(options)) {
  ops::log::Options log;
  log.file = "/dev/null";  // trouble is what is tested here
  KASSA_CHECK(ops::log::start(log).has_value(), "no log");
  auto ring = ops::KeyRing::create(directory_ / "keys.toml", kNoon);
  KASSA_CHECK(ring.has_value(), "no key ring");
  ring_ = std::make_unique<ops::KeyRing>(std::move(*ring));
  traders_ = std::make_unique<SimulatedTraders>(*ring_);
  open();
  make_world();
}

RunningEngine::~RunningEngine() {
  faults.none();
  close();
}

void RunningEngine::open(const std::function<void(Engine&)>& prepare) {
  store_ = std::make_unique<FaultyStore>(place_->open(), faults);
  reader = store_->open_reader();
  engine = std::make_unique<Engine>(*store_, clock, metrics, *traders_, options_);
  engine->on_fatal = [this](const std::string& why) { fatal.push_back(why); };
  if (prepare) prepare(*engine);
  engine->start();
}

void RunningEngine::close() {
  engine.reset();
  reader.reset();
  store_.reset();
}

void RunningEngine::restart() {
  close();
  open();
}

void RunningEngine::restart(EngineOptions options) {
  options_ = std::move(options);
  restart();
}

void RunningEngine::make_world() {
  const auto made = run(ordinary_settings(*this), Source::desk);
  KASSA_CHECK(made.has_value(), made ? "" : made.error().message);
}

domain::CreatePayin RunningEngine::asking(ProjectId project, std::int64_t amount,
                                          const std::string& payment_id) {
  const std::uint64_t number = next_number_++;
  domain::CreatePayin command;
  command.project_id = project;
  command.payment_id = payment_id.empty() ? "order-" + std::to_string(number) : payment_id;
  command.request_id = id_of<RequestId>(0xA000'0000 + number);
  command.content.key_id = 1;
  command.content.hash[0] = 1;
  command.amount = amount;
  command.currency = kzt;
  command.method = "card-p2p";
  return command;
}

domain::AddNotice RunningEngine::money_for(RequestId id, std::int64_t amount) {
  domain::AddNotice seen;
  seen.id = id_of<domain::NoticeId>(0xE000'0000 + next_number_++);
  seen.request_id = id;
  seen.currency = kzt;
  seen.amount = amount;
  return seen;
}

RequestId RunningEngine::create(ProjectId project, std::int64_t amount) {
  const RequestId id = payment_of(run(asking(project, amount))).request_id;
  settle();
  return id;
}

domain::RequisitesId RunningEngine::add_requisites() {
  domain::Requisites fresh;
  fresh.id = id_of<domain::RequisitesId>(0xC000'0000 + next_number_++);
  fresh.trader_id = trader;
  fresh.currency = kzt;
  fresh.methods = "card-p2p";
  fresh.bank_symbol = "kaspi-kzt";
  EXPECT_TRUE(run(domain::ImportRequisites{{fresh}}, Source::desk).has_value());
  return fresh.id;
}

std::future<Decision> RunningEngine::submit(domain::Command command, Source source) {
  auto promise = std::make_shared<std::promise<Decision>>();
  auto future = promise->get_future();
  engine->submit(std::move(command), source,
                 [promise](Decision&& decision) { promise->set_value(std::move(decision)); });
  return future;
}

Decision RunningEngine::set(const SettingId& id, std::optional<std::string> value) {
  domain::ChangeConfig change;
  change.settings.emplace_back(id, std::move(value));
  return run(change, Source::desk);
}

domain::ClockAnswer RunningEngine::advance(ProjectId project, std::chrono::seconds by) {
  const auto decision = run(domain::AdvanceClock{project, by});
  if (!decision) {
    ADD_FAILURE() << "the clock was not advanced: " << decision.error().message;
    return {};
  }
  return std::get<domain::ClockAnswer>(*decision);
}

void RunningEngine::settle() {
  constexpr int kBatchesMax = 10'000;
  int quiet = 0;
  for (int i = 0; i < kBatchesMax; ++i) {
    (void)run(domain::ConfirmPayin{RequestId{}}, Source::desk);  // nobody's
    // Twice: after a batch that failed, it is answered before the rest of that batch has run.
    quiet = faults.timers_of_batch == 0 ? quiet + 1 : 0;
    if (quiet == 2) return;
  }
  ADD_FAILURE() << "timers that never end";
}

domain::Payment RunningEngine::payment(RequestId id) {
  const auto found = reader->payment(id);
  if (!found) {
    ADD_FAILURE() << "no payment " << id.text();
    return {};
  }
  return found->payment;
}

std::vector<domain::PaymentEvent> RunningEngine::events(RequestId id) {
  return reader->events(id);
}

std::vector<std::string> RunningEngine::ledger_problems() {
  return reader->check_ledger().problems;
}

std::int64_t RunningEngine::count(const std::string& what) {
  std::int64_t count = 0;
  store::Page page{.cursor = "", .limit = 1'000};
  do {
    const auto payments = reader->payments({}, page);
    count += std::ranges::count_if(payments.rows, [&](const domain::Payment& payment) {
      return "payments " + domain::text(payment.state) == what;
    });
    page.cursor = payments.next_cursor;
  } while (!page.cursor.empty());
  return count;
}

domain::Payment payment_of(const Decision& decision) {
  if (!decision) {
    ADD_FAILURE() << "refused: " << decision.error().message;
    return {};
  }
  return std::get<domain::PaymentAnswer>(*decision).payment;
}

domain::RefusalCode code_of(const Decision& decision) {
  if (decision) {
    ADD_FAILURE() << "accepted, should have been refused";
    return {};
  }
  return decision.error().code;
}

}  // namespace kassa::engine::test
