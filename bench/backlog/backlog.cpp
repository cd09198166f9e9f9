// What a dead endpoint costs everybody else: many callbacks wait for one, and two others are told.
//
//   kassa_backlog [ROWS [IDLE_SECONDS]]      1,000,000 and 60
//
// It goes through the real loop, store and deliverer; the loop's hook is left out, so that nobody
// wakes the deliverer and it must find everything by its scan.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>

#include "callbacks/deliverer.hpp"
#include "callbacks/store_outbox.hpp"
#include "domain/details.hpp"
#include "domain/simulation.hpp"
#include "encoding/base64.hpp"
#include "engine/simulated_traders.hpp"
#include "ops/log.hpp"
#include "ops/random.hpp"
#include "protocol/keys.hpp"

namespace kassa {
namespace {

using domain::RequestId;
using std::chrono::steady_clock;

constexpr const char* kDead = "http://127.0.0.1:1/";
constexpr const char* kOther = "http://127.0.0.2:1/";  // dead too: its first try tells all
constexpr std::size_t kInFlightMax = 5'000;            // creates

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

std::int64_t resident_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// Gone with the program.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "kassa_backlog_XXXXXX") {
    std::string name = path_.string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the store");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

ops::KeyRing make_ring(const std::filesystem::path& file, domain::Instant now) {
  auto ring = ops::KeyRing::create(file, now);
  if (!ring) throw std::runtime_error(ring.error());
  return std::move(*ring);
}

store::StoreOptions store_options(const std::filesystem::path& file) {
  store::StoreOptions options;
  options.url = "sqlite:" + file.string();
  options.create = true;
  return options;
}

class Backlog {
 public:
  Backlog() {
    engine_.start();
    make_project();
  }
  ~Backlog() {
    if (deliverer_) deliverer_->stop();
    engine_.stop();
  }
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  /// Declined at once by anti-fraud (amount 901 of test mode), so that each is told one callback.
  void create(std::size_t count, const std::string& url) {
    for (std::size_t i = 0; i < count; ++i) {
      while (in_flight_ >= kInFlightMax) std::this_thread::yield();
      ++in_flight_;
      engine_.submit(declined(url), engine::Source::api, [this](domain::Decision&& decision) {
        if (!decision) std::cerr << decision.error().message << '\n';
        --in_flight_;
      });
    }
    while (in_flight_ > 0) std::this_thread::yield();
  }

  void start_deliverer() {
    deliverer_.emplace(outbox_, ring_, pictures_, clock_, metrics_, callbacks::DelivererOptions{});
    deliverer_->start();
  }

  /// Creates one for the other endpoint.
  RequestId create_other() {
    auto command = declined(kOther);
    const RequestId id = command.request_id;
    if (!engine_.run(std::move(command), engine::Source::api)) std::abort();
    return id;
  }

  void wait_until_tried(RequestId id) {
    const auto reader = store_->open_reader();
    while (reader->attempts(id).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  [[nodiscard]] std::size_t known() const { return deliverer_->known(); }

 private:
  domain::CreatePayin declined(const std::string& url) {
    domain::PaymentDetails details;
    details.decline_callback_url = url;
    domain::CreatePayin create;
    create.project_id = project_;
    create.request_id = ops::new_request_id(clock_.now());
    create.payment_id = create.request_id.text();
    create.amount = 901;
    create.currency = *domain::Currency::parse("KZT");
    create.method = "card-p2p";
    create.own_urls.decline = true;
    create.details = ring_.seal(domain::kPaymentDetailsTable, create.request_id.value.bytes,
                                domain::encode(details));
    return create;
  }

  void make_project() {
    domain::ChangeConfig change;
    const auto set = [&](const char* kind, const std::string& id, const char* name,
                         const std::string& value) {
      change.settings.emplace_back(domain::SettingId{kind, id, name}, value);
    };
    const std::string merchant = ops::random_uuid_v4().text();
    const std::string trader = domain::simulated_trader(project_).text();
    const std::string key =
        ring_.seal("projects", project_.value.bytes, protocol::generate_hmac_key_text().reveal());
    set("merchant", merchant, "name", "A shop");
    set("currency", "KZT", "country", "KZ");
    set("currency", "KZT", "payin_methods", "card-p2p");
    set("project", project_.text(), "merchant", merchant);
    set("project", project_.text(), "mode", "test");
    set("project", project_.text(), "currencies", "KZT");
    set("project", project_.text(), "callback.hmac", encoding::to_base64(key));
    set("project", project_.text(), "callback.algorithm", "HMAC-SHA512");
    set("trader", trader, "mode", "test");
    set("trader", trader, "credit.KZT", "unlimited");
    const auto said = engine_.run(std::move(change), engine::Source::desk);
    if (!said) throw std::runtime_error(said.error().message);
  }

  Folder folder_;
  ops::SystemClock clock_;
  ops::Metrics metrics_;
  ops::KeyRing ring_ = make_ring(folder_ / "ring.toml", clock_.now());
  std::unique_ptr<store::Store> store_ = store::open_store(store_options(folder_ / "kassa.db"));
  engine::SimulatedTraders minter_{ring_};
  engine::Engine engine_{*store_, clock_, metrics_, minter_, {}};
  engine::Lease lease_{nullptr, metrics_, {}};
  callbacks::StoreOutbox outbox_{*store_, engine_, lease_, clock_};
  callbacks::Pictures pictures_{ring_, {"https://api.example.com", "https://pay.example.com"}};
  domain::ProjectId project_{ops::random_uuid_v4()};
  std::atomic<std::size_t> in_flight_{0};
  std::optional<callbacks::Deliverer> deliverer_;
};

void run(std::size_t rows, int idle_s) {
  ops::log::set_level(ops::log::Level::error);
  Backlog backlog;
  auto start = steady_clock::now();
  backlog.create(rows, kDead);
  const RequestId last = backlog.create_other();
  std::cout << rows << " rows made in " << seconds_since(start) << " s, " << resident_mib()
            << " MiB\n";

  start = steady_clock::now();
  double cpu = cpu_seconds();
  backlog.start_deliverer();
  backlog.wait_until_tried(last);
  std::cout << "first lap, to the last row: " << seconds_since(start) << " s, "
            << (cpu_seconds() - cpu) * 1e6 / static_cast<double>(rows) << " us of CPU a row, "
            << backlog.known() << " ids kept, " << resident_mib() << " MiB at most\n";

  std::this_thread::sleep_for(std::chrono::seconds(2));
  start = steady_clock::now();
  cpu = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(idle_s));
  std::cout << "idle: " << (cpu_seconds() - cpu) * 100 / seconds_since(start)
            << " % of a core (the whole process)\n";

  start = steady_clock::now();
  backlog.wait_until_tried(backlog.create_other());
  std::cout << "one for another endpoint, nobody woken: " << seconds_since(start) << " s\n";
}

}  // namespace
}  // namespace kassa

int main(int count, char** words) {
  try {
    kassa::run(count > 1 ? std::stoul(words[1]) : 1'000'000, count > 2 ? std::stoi(words[2]) : 60);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return 0;
}
