// kassa_bench: load for a sandbox, and the proof that nothing was lost (see ../README.md).
//
//   sign all ─▶ load ─▶ [ SIGKILL ─▶ restart ─▶ repeat what was not answered ─▶ load … ]
//     ─▶ wait until every callback is told ─▶ hold store, sink and answers against each other
#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "load/failure.hpp"
#include "load/process.hpp"
#include "load/report.hpp"
#include "ops/random.hpp"

namespace kassa::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::chrono::milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

/// A folder that goes when we end, unless something is to be looked at.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "kassa-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw Failure("no temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(path_, ignored);
  }
  void keep() { kept_ = true; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool kept_ = false;
};

/// The server under load: one of our own, or one that runs.
class Server {
 public:
  explicit Server(const Options& options) : options_(options) {
    if (!options.spawn.empty()) {
      if (!fs::exists(options.spawn)) {
        throw Failure("there is no " + options.spawn.string() +
                      ": build kassa, or name one with --spawn");
      }
      folder_.emplace();
      start();
    } else if (!options.sandbox.empty()) {
      target_ = target_of_folder(options.sandbox);
    } else {
      target_ = target_of_ready_line(read_file(options.target));
    }
  }

  void start() {
    std::vector<std::string> command{
        options_.spawn.string(), "sandbox", "--dir", folder_->path().string(), "--listen",
        "127.0.0.1:0",           "--json"};
    if (!options_.store.empty()) {
      command.insert(command.end(), {std::string("--store"), options_.store});
    }
    process_.emplace(std::move(command));
    target_ = target_of_ready_line(process_->read_line(30s));
  }
  void kill() {
    process_->send_signal(SIGKILL);
    process_->wait(10s);
  }
  /// As a service manager would; what it says by its exit code.
  int stop() {
    process_->send_signal(SIGTERM);
    return process_->wait(30s);
  }
  [[nodiscard]] bool ledger_is_clean() const {
    Process check({options_.spawn.string(), "ledger", "check", "--config",
                   (folder_->path() / "kassa.toml").string()});
    return check.wait(120s) == 0;
  }

  [[nodiscard]] bool is_ours() const { return process_.has_value(); }
  [[nodiscard]] const Target& target() const { return target_; }
  /// The folder of its store, where it is known.
  [[nodiscard]] fs::path folder() const { return folder_ ? folder_->path() : options_.sandbox; }
  [[nodiscard]] std::int64_t cpu_us() const {
    const auto pid = is_ours() ? std::optional(process_->pid()) : owner_of(options_.sandbox);
    return pid ? cpu_us_of(*pid) : -1;
  }
  void keep_folder() {
    if (!folder_) return;
    folder_->keep();
    std::fprintf(stderr, "kassa_bench: kept %s\n", folder_->path().c_str());
  }

 private:
  const Options& options_;
  std::optional<Folder> folder_;
  std::optional<Process> process_;
  Target target_;
};

std::string new_run_name() {
  std::array<std::uint8_t, 4> random{};
  ops::fill_random(random);
  std::string name;
  for (const auto byte : random) {
    name += "0123456789abcdef"[byte >> 4U];
    name += "0123456789abcdef"[byte & 15U];
  }
  return name;
}

/// A run from its first signature to its report.
class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        run_(new_run_name()),
        server_(options_),
        client_(book_),
        sink_(run_, options.life ? [this](std::size_t index) { client_.requisites_told(index); }
                                 : std::function<void(std::size_t)>()) {
    report_.options = options;
  }

  [[nodiscard]] Report run() {
    if (options_.crash_rounds > 0) {
      run_crashes();
    } else {
      run_load();
    }
    drain();
    verify();
    if (!problems_of(report_).empty()) server_.keep_folder();
    return std::move(report_);
  }

 private:
  void sign(std::size_t count) {
    const auto started = Clock::now();
    book_.add(prepare({.target = &server_.target(),
                       .algorithm = options_.algorithm,
                       .run = run_,
                       .callback_url = sink_.url(),
                       .life = options_.life},
                      book_.orders.size(), count));
    report_.prepared += count * (options_.life ? 2 : 1);
    report_.signing += since(started);
    if (report_.signing > 200s && options_.crash_rounds == 0) {
      throw Failure("signing took so long that the signatures would be stale: fewer --requests");
    }
  }

  [[nodiscard]] RunPlan plan() const {
    RunPlan plan;
    plan.host = server_.target().host;
    plan.port = server_.target().port;
    plan.connections = options_.connections;
    plan.duration_max = options_.duration;
    if (options_.open_loop) plan.rate_per_second = options_.rate_per_second;
    return plan;
  }

  void run_load() {
    sign(options_.requests);
    server_cpu_before_ = server_.cpu_us();
    const std::int64_t own_before = own_cpu_us();
    report_.load = client_.run(plan());
    report_.own_cpu_us = own_cpu_us() - own_before;
    if (server_cpu_before_ >= 0) report_.server_cpu_us = server_.cpu_us() - server_cpu_before_;
  }

  // Each round: load until SIGKILL, restart on the same folder, then repeat what got no answer and
  // some of what did; both must be 200, the latter with the same payment.
  void run_crashes() {
    constexpr std::size_t kRequestsOfRound = 3'000;
    std::mt19937_64 random(options_.seed);
    std::fprintf(stderr, "kassa_bench: %u crashes, seed %llu\n", options_.crash_rounds,
                 static_cast<unsigned long long>(options_.seed));
    for (std::uint32_t round = 0; round < options_.crash_rounds; ++round) {
      drop_unsent();
      sign(kRequestsOfRound);
      RunPlan doomed = plan();
      doomed.kill_after = std::chrono::milliseconds(20 + random() % 980);
      doomed.kill = [this] { server_.kill(); };
      absorb(client_.run(doomed));
      if (!fs::exists(server_.folder() / "kassa.db")) throw Failure("the store is gone");
      server_.start();
      repeat_after_crash(random);
      ++report_.rounds;
    }
    drop_unsent();
    absorb(client_.run(plan()));
    for (const Record& record : book_.records) {
      if (record.create == Fate::unanswered || record.create == Fate::refused) {
        ++report_.never_answered;
      }
    }
  }

  /// Orders that a killed round did not come to; their indexes are given to the next one's.
  void drop_unsent() {
    book_.orders.resize(book_.next_create);
    book_.records.resize(book_.next_create);
  }

  void repeat_after_crash(std::mt19937_64& random) {
    constexpr std::size_t kAnsweredAgain = 50;
    book_.to_repeat.clear();
    book_.to_follow.clear();
    for (std::size_t i = 0; i < book_.next_create; ++i) {
      Record& record = book_.records[i];
      if (record.create == Fate::unanswered) book_.to_repeat.push_back(i);
      const bool payer_acts = record.payer_told && record.follow_up == Fate::unsent;
      if (payer_acts) book_.to_follow.push_back(i);
    }
    // The youngest answers are the ones that a commit which is none would lose.
    const std::size_t young = std::min<std::size_t>(book_.next_create, 500);
    for (std::size_t i = 0; i < kAnsweredAgain && young > 0; ++i) {
      const std::size_t index = book_.next_create - 1 - random() % young;
      if (book_.records[index].create == Fate::ok) book_.to_repeat.push_back(index);
    }
  }

  void absorb(RunResult&& result) {
    RunResult& all = report_.load;
    for (const auto& [status, count] : result.statuses) all.statuses[status] += count;
    all.lost_connections += result.lost_connections;
    all.elapsed += result.elapsed;
    all.gave_up |= result.gave_up;
    all.create_ns.merge(result.create_ns);
    all.follow_up_ns.merge(result.follow_up_ns);
  }

  [[nodiscard]] fs::path store_file() const {
    const fs::path file = server_.folder() / "kassa.db";
    return !server_.folder().empty() && fs::exists(file) ? file : fs::path();
  }

  void drain() {
    const auto started = Clock::now();
    const auto file = store_file();
    if (file.empty()) {
      wait_for_quiet();
    } else {
      StoreCheck store(file, run_);
      while (store.unfinished(options_.life) > 0 && since(started) < options_.drain) {
        poll(nullptr, 0, 250);
      }
      report_.drained = store.unfinished(options_.life) == 0;
    }
    report_.drain = since(started);
    if (server_cpu_before_ >= 0) report_.server_cpu_all_us = server_.cpu_us() - server_cpu_before_;
  }

  /// Without a store to look at: until no callback has come for a while.
  void wait_for_quiet() {
    constexpr auto kQuiet = 4s;
    const auto started = Clock::now();
    auto changed = started;
    for (std::uint64_t seen = 0; Clock::now() - changed < kQuiet;) {
      if (since(started) > options_.drain) {
        report_.drained = false;
        return;
      }
      poll(nullptr, 0, 100);
      if (const auto now = sink_.received(); now != seen) {
        seen = now;
        changed = Clock::now();
      }
    }
  }

  void verify() {
    report_.complaints = book_.complaints;
    report_.changed_ids = book_.changed_ids;
    for (const Record& record : book_.records) {
      if (record.create == Fate::ok) ++report_.answered_creates;
    }
    if (store_file().empty()) check_infos();
    if (server_.is_ours()) report_.ledger_clean = server_.ledger_is_clean();
    report_.callbacks = sink_.judge(server_.target());
    for (const Record& record : book_.records) {
      const bool told = report_.callbacks.by_request_id.contains(std::string(record.id()));
      if (record.create == Fate::ok && !told) ++report_.callbacks_missing;
    }
    if (const auto file = store_file(); !file.empty()) {
      StoreCheck store(file, run_);
      StoreFindings& findings = report_.store.emplace();
      store.check_payments(book_, findings);
      store.check_callbacks(report_.callbacks, findings);
    }
    if (!server_.is_ours()) return;
    if (const int code = server_.stop(); code != 0) {
      throw Failure("the server ended with " + std::to_string(code));
    }
  }

  /// Asks `payin/info` of every payment; each must be the one that its create answered.
  void check_infos() {
    Book infos;
    std::vector<Order> orders;
    for (auto& bytes : prepare_infos({.target = &server_.target(), .run = run_, .callback_url = {}},
                                     book_.orders.size())) {
      orders.emplace_back().create = std::move(bytes);
    }
    infos.add(std::move(orders));
    RunPlan asking = plan();
    asking.rate_per_second.reset();
    asking.duration_max = 300s;
    Client asker(infos);
    static_cast<void>(asker.run(asking));
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < book_.records.size(); ++i) {
      const Record& answered = book_.records[i];
      const Record& known = infos.records[i];
      if (answered.create != Fate::ok) continue;
      if (known.create != Fate::ok || known.id() != answered.id()) ++wrong;
    }
    report_.info_wrong = wrong;
  }

  const Options& options_;
  std::string run_;
  Server server_;
  Book book_;
  Client client_;
  Sink sink_;  // its thread calls the client
  Report report_;
  std::int64_t server_cpu_before_ = -1;
};

}  // namespace
}  // namespace kassa::bench

int main(int argc, char** argv) {
  using namespace kassa::bench;
  int exit_code = 0;
  const auto options = parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const Report report = Bench(*options).run();
    if (options->json) {
      print_json(report);
    } else {
      print_text(report);
    }
    return problems_of(report).empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kassa_bench: %s\n", error.what());
    return 2;
  }
}
