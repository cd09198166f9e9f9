#include "load/report.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "protocol/json_writer.hpp"

namespace kassa::bench {
namespace {

struct Percentile {
  const char* name;
  std::uint32_t per_100k;
};
constexpr Percentile kPercentiles[] = {
    {"p50", 50'000}, {"p90", 90'000}, {"p99", 99'000}, {"p99.9", 99'900}};

std::int64_t us(std::uint64_t ns) {
  return static_cast<std::int64_t>(ns / 1'000);
}

std::int64_t per_second(const RunResult& load) {
  const std::int64_t elapsed_us = us(static_cast<std::uint64_t>(load.elapsed.count()));
  return elapsed_us == 0
             ? 0
             : static_cast<std::int64_t>(load.create_ns.count()) * 1'000'000 / elapsed_us;
}

std::int64_t per_create(const Report& report, std::int64_t cpu_us) {
  const auto creates = static_cast<std::int64_t>(report.load.create_ns.count());
  return creates == 0 || cpu_us < 0 ? -1 : cpu_us / creates;
}

/// Other programs on the machine are the commonest reason of a bad number.
double load_average() {
  double average = 0;
  return getloadavg(&average, 1) == 1 ? average : -1;
}

std::string name_of(const Options& options) {
  std::string name = options.algorithm == protocol::SignatureAlgorithm::kRsaSha256 ? "RSA" : "HMAC";
  name += options.open_loop
              ? ", open loop at " + std::to_string(options.rate_per_second) + "/s"
              : ", closed loop, " + std::to_string(options.connections) + " connections";
  if (options.life) name += ", whole lives";
  return name;
}

void print_latency(const char* what, const Histogram& ns) {
  if (ns.count() == 0) return;
  std::printf("%-13s ", what);
  for (const auto& [name, per_100k] : kPercentiles) {
    std::printf("%s %.2f  ", name, static_cast<double>(ns.percentile(per_100k)) / 1e6);
  }
  std::printf("max %.2f ms\n", static_cast<double>(ns.max()) / 1e6);
}

void print_cpu(const Report& report) {
  std::printf("cpu/create    client %lld us, client with sink %lld us",
              static_cast<long long>(per_create(report, report.load.client_cpu_us)),
              static_cast<long long>(per_create(report, report.own_cpu_us)));
  if (report.server_cpu_us >= 0) {
    std::printf(", server %lld us; with all callbacks told %lld us",
                static_cast<long long>(per_create(report, report.server_cpu_us)),
                static_cast<long long>(per_create(report, report.server_cpu_all_us)));
  }
  std::printf("\n");
}

void print_callbacks(const Report& report) {
  const Callbacks& c = report.callbacks;
  std::printf("callbacks     %llu came, %llu repeated, %llu out of order, %llu badly signed",
              static_cast<unsigned long long>(c.received),
              static_cast<unsigned long long>(c.repeated),
              static_cast<unsigned long long>(c.out_of_order),
              static_cast<unsigned long long>(c.badly_signed));
  std::printf("; %s %.1f s after the load\n", report.drained ? "all told" : "NOT all told",
              static_cast<double>(report.drain.count()) / 1e3);
  if (!report.store) return;
  const Histogram& lag = report.store->lag_ms;
  std::printf("callback lag  p50 %llu  p90 %llu  p99 %llu  max %llu ms after the commit\n",
              static_cast<unsigned long long>(lag.percentile(50'000)),
              static_cast<unsigned long long>(lag.percentile(90'000)),
              static_cast<unsigned long long>(lag.percentile(99'000)),
              static_cast<unsigned long long>(lag.max()));
}

void print_store(const StoreFindings& s) {
  std::printf("store         %llu payments: %llu lost, %llu doubled, %llu altered\n",
              static_cast<unsigned long long>(s.stored), static_cast<unsigned long long>(s.lost),
              static_cast<unsigned long long>(s.doubled),
              static_cast<unsigned long long>(s.altered));
  std::printf(
      "              %llu changes to tell: %llu delivered, %llu given up, %llu untold, "
      "%llu unseen, %llu invented\n",
      static_cast<unsigned long long>(s.to_tell), static_cast<unsigned long long>(s.delivered),
      static_cast<unsigned long long>(s.given_up), static_cast<unsigned long long>(s.untold),
      static_cast<unsigned long long>(s.unseen), static_cast<unsigned long long>(s.invented));
}

void write_latency(protocol::JsonWriter& json, std::string_view name, const Histogram& ns) {
  json.key(name).begin_object();
  for (const auto& [percentile, per_100k] : kPercentiles) {
    json.member(percentile, us(ns.percentile(per_100k)));
  }
  json.member("max", us(ns.max())).end_object();
}

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

void write_store(protocol::JsonWriter& json, const StoreFindings& s) {
  json.key("store")
      .begin_object()
      .member("payments", number(s.stored))
      .member("lost", number(s.lost))
      .member("doubled", number(s.doubled))
      .member("altered", number(s.altered))
      .member("changes_to_tell", number(s.to_tell))
      .member("delivered", number(s.delivered))
      .member("given_up", number(s.given_up))
      .member("untold", number(s.untold))
      .member("unseen", number(s.unseen))
      .member("invented", number(s.invented))
      .member("lag_ms_p50", number(s.lag_ms.percentile(50'000)))
      .member("lag_ms_p99", number(s.lag_ms.percentile(99'000)))
      .member("lag_ms_max", number(s.lag_ms.max()))
      .end_object();
}

void write_load(protocol::JsonWriter& json, const Report& report) {
  const RunResult& load = report.load;
  json.member("creates", number(load.create_ns.count()))
      .member("creates_per_second", per_second(load))
      .member("elapsed_us", us(static_cast<std::uint64_t>(load.elapsed.count())))
      .member("sent_late", number(load.late_sends))
      .member("connections_lost", number(load.lost_connections));
  write_latency(json, "create_us", load.create_ns);
  write_latency(json, "follow_up_us", load.follow_up_ns);
  json.key("statuses").begin_object();
  for (const auto& [status, count] : load.statuses) {
    json.member(std::to_string(status), number(count));
  }
  json.end_object();
  if (report.rounds > 0) return;  // killed processes leave no account of their CPU
  json.member("client_us_per_create", per_create(report, load.client_cpu_us))
      .member("client_and_sink_us_per_create", per_create(report, report.own_cpu_us))
      .member("server_us_per_create", per_create(report, report.server_cpu_us))
      .member("server_us_per_payment_told", per_create(report, report.server_cpu_all_us));
}

}  // namespace

std::vector<std::string> problems_of(const Report& report) {
  std::vector<std::string> problems;
  const auto add = [&problems](std::uint64_t count, const std::string& what) {
    if (count > 0) problems.push_back(std::to_string(count) + " " + what);
  };
  for (const auto& [status, count] : report.load.statuses) {
    if (status == 200 || status == 429 || status == 503) continue;
    add(count, "answers of " + std::to_string(status));
  }
  if (report.load.gave_up) problems.emplace_back("the load did not end: no answers came any more");
  add(report.changed_ids, "repeated creates answered another payment");
  add(report.never_answered, "creates never got their 200, though repeated");
  add(report.callbacks.badly_signed, "callbacks were badly signed");
  add(report.callbacks.out_of_order, "callbacks told an older state after a newer one");
  add(report.callbacks_missing, "payments of which no callback came");
  add(report.info_wrong.value_or(0), "answered payments that `payin/info` does not know");
  if (!report.drained) problems.emplace_back("callbacks still waited when the patience ended");
  if (report.ledger_clean == false) problems.emplace_back("the ledger is not clean");
  if (!report.store) return problems;
  add(report.store->lost, "answered payments are not in the store");
  add(report.store->doubled, "payments were stored twice");
  add(report.store->altered, "payments are stored otherwise than asked or answered");
  add(report.store->untold, "committed changes were neither told nor given up");
  add(report.store->unseen, "callbacks that the store calls delivered never came");
  add(report.store->invented, "callbacks told what was never committed");
  return problems;
}

void print_text(const Report& report) {
  const RunResult& load = report.load;
  std::printf("kassa_bench   %s; seed %llu; %u cores, this client on them; load average %.1f\n",
              name_of(report.options).c_str(), static_cast<unsigned long long>(report.options.seed),
              std::thread::hardware_concurrency(), load_average());
  std::printf("signed first  %zu requests in %.1f s, not counted below\n", report.prepared,
              static_cast<double>(report.signing.count()) / 1e3);
  std::printf("creates       %llu in %.2f s: %lld/s\n",
              static_cast<unsigned long long>(load.create_ns.count()),
              static_cast<double>(load.elapsed.count()) / 1e9,
              static_cast<long long>(per_second(load)));
  print_latency("create", load.create_ns);
  print_latency("confirm etc.", load.follow_up_ns);
  if (report.options.open_loop) {
    std::printf("sent late     %llu (over 1 ms; their latency counts from when they were due)\n",
                static_cast<unsigned long long>(load.late_sends));
  }
  std::printf("answers      ");
  for (const auto& [status, count] : load.statuses) {
    std::printf(" %d: %llu", status, static_cast<unsigned long long>(count));
  }
  std::printf("; connections lost: %llu\n", static_cast<unsigned long long>(load.lost_connections));
  if (report.rounds > 0) {
    std::printf("crashes       %u, creates answered over all rounds: %llu\n", report.rounds,
                static_cast<unsigned long long>(report.answered_creates));
  } else {
    print_cpu(report);
  }
  print_callbacks(report);
  if (report.store) print_store(*report.store);
  if (report.ledger_clean) {
    std::printf("ledger check  %s\n", *report.ledger_clean ? "clean" : "NOT clean");
  }
  for (const auto& complaint : report.complaints) {
    std::printf("an answer     %s\n", complaint.c_str());
  }
  const auto problems = problems_of(report);
  for (const auto& problem : problems) std::printf("PROBLEM       %s\n", problem.c_str());
  std::printf("%s\n", problems.empty() ? "all is well" : "NOT well");
}

void print_json(const Report& report) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("run", name_of(report.options))
      .member("seed", number(report.options.seed))
      .member("cores", number(std::thread::hardware_concurrency()))
      .member("load_average_percent", static_cast<std::int64_t>(load_average() * 100))
      .member("signed_before", number(report.prepared));
  write_load(json, report);
  json.member("crashes", number(report.rounds))
      .member("callbacks", number(report.callbacks.received))
      .member("callbacks_repeated", number(report.callbacks.repeated))
      .member("callbacks_out_of_order", number(report.callbacks.out_of_order))
      .member("callbacks_badly_signed", number(report.callbacks.badly_signed))
      .member("drain_ms", std::int64_t{report.drain.count()});
  if (report.store) write_store(json, *report.store);
  if (report.ledger_clean) json.member("ledger_clean", *report.ledger_clean);
  json.key("problems").begin_array();
  for (const auto& problem : problems_of(report)) json.value(problem);
  json.end_array().end_object();
  std::printf("%s\n", out.c_str());
}

}  // namespace kassa::bench
