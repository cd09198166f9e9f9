// An engine over a real store (of either engine: `unit/store/places`), with a clock that stands
// still until the test moves it, a live and two test projects, and simulated traders that seal with
// a real key ring.
//
// Nothing here sleeps: `settle()` hands in a command that changes nothing; the batch that carries
// it carries what is due as well, and its answer comes after that batch's commit.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/simulated_traders.hpp"
#include "ops/clock.hpp"
#include "ops/key_ring.hpp"
#include "unit/engine/faulty_store.hpp"
#include "unit/ids.hpp"
#include "unit/ops/temporary_directory.hpp"
#include "unit/store/places/places.hpp"

namespace kassa::engine::test {

using namespace std::chrono_literals;
using domain::Decision;
using domain::ProjectId;
using domain::RequestId;
using store::StoreError;

/// 2025-06-15 12:00:00 UTC, when every engine begins.
inline constexpr domain::Instant kNoon = domain::instant_of_ms(1'749'988'800'000);
inline const domain::Currency kzt = *domain::Currency::parse("KZT");

using kassa::test::id_of;

class RunningEngine {
 public:
  explicit RunningEngine(EngineOptions options = {},
                         std::unique_ptr<store::StorePlace> place = store::make_any_place());
  ~RunningEngine();

  /// Ends the engine and its store and opens both again, as a new process would.
  void restart();
  void restart(EngineOptions options);
  void close();
  void open(const std::function<void(Engine&)>& prepare = {});

  /// Fresh each time, unless ids are given.
  [[nodiscard]] domain::CreatePayin asking(ProjectId project, std::int64_t amount,
                                           const std::string& payment_id = {});
  /// Created, and its search for requisites has run.
  RequestId create(ProjectId project, std::int64_t amount);
  /// Money in the test currency that names its payment, with an id of its own.
  [[nodiscard]] domain::AddNotice money_for(RequestId id, std::int64_t amount);
  /// Live requisites that take any amount by card.
  domain::RequisitesId add_requisites();

  [[nodiscard]] Decision run(domain::Command command, Source source = Source::api) {
    return engine->run(std::move(command), source);
  }
  [[nodiscard]] std::future<Decision> submit(domain::Command command, Source source = Source::api);
  Decision set(const domain::SettingId& id, std::optional<std::string> value);
  /// The test project's clock goes forward.
  domain::ClockAnswer advance(ProjectId project, std::chrono::seconds by);

  /// Until nothing is due any more.
  void settle();
  /// Real time goes on, and what falls due fires.
  void wait(domain::Duration by) {
    clock.advance(by);
    settle();
  }

  [[nodiscard]] domain::Payment payment(RequestId id);
  [[nodiscard]] std::string state(RequestId id) { return text(payment(id).state); }
  [[nodiscard]] std::vector<domain::PaymentEvent> events(RequestId id);
  [[nodiscard]] std::vector<std::string> ledger_problems();
  [[nodiscard]] std::int64_t count(const std::string& what);
  [[nodiscard]] std::uint64_t counter(ops::Metric metric, std::string_view label = {}) {
    return metrics.counter(metric, label).value();
  }

  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] const store::StorePlace& place() const { return *place_; }
  [[nodiscard]] const ops::KeyRing& ring() const { return *ring_; }

  const ProjectId live = id_of<ProjectId>(0x11);
  const ProjectId test = id_of<ProjectId>(0x22);
  const ProjectId other_test = id_of<ProjectId>(0x44);
  const domain::TraderId trader = id_of<domain::TraderId>(0x33);

  ops::ManualClock clock{kNoon};
  ops::Metrics metrics;
  Faults faults;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<store::Reader> reader;
  std::vector<std::string> fatal;  // what on_fatal was told; read it after an answer

 private:
  void make_world();

  ops::TemporaryDirectory directory_;
  std::unique_ptr<store::StorePlace> place_;
  EngineOptions options_;
  std::unique_ptr<ops::KeyRing> ring_;
  std::unique_ptr<SimulatedTraders> traders_;
  std::unique_ptr<FaultyStore> store_;
  std::uint64_t next_number_ = 1;
};

/// The payment that an accepted command answered.
[[nodiscard]] domain::Payment payment_of(const Decision& decision);
[[nodiscard]] domain::RefusalCode code_of(const Decision& decision);

}  // namespace kassa::engine::test
