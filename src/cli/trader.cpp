// kassa trader create|list|set|report
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "cli/settings.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

struct Options {
  std::string id;
  std::string name;
  std::string state;
  std::vector<std::string> credit;
  std::vector<std::string> settings;
  bool test = false;
};

struct Word {
  std::string payment;
  std::string project;
  std::string word;
  std::string trader;
  std::string reference;
  std::string at;
  std::string as;
  std::string note;
  std::int64_t amount = 0;
  std::int64_t order = 0;
};

std::string body_of(const Word& word) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  if (word.project.empty()) {
    json.member("request_id", word.payment);
  } else {
    json.member("project_id", word.project).member("payment_id", word.payment);
  }
  json.member("word", word.word).member("as", word.as).member("note", word.note);
  if (!word.trader.empty()) json.member("trader_id", word.trader);
  if (!word.reference.empty()) json.member("reference", word.reference);
  if (!word.at.empty()) json.member("seen_ms", ms_of_time(word.at));
  if (word.amount > 0) json.member("amount", word.amount);
  if (word.order > 0) json.member("order", word.order);
  json.end_object();
  return out;
}

void add_report(CLI::App& trader, Session& session) {
  CLI::App* report = session.add(
      trader, "report", "What a trader says about a payment of theirs",
      "kassa trader report REQUEST_ID paid --as anna\n"
      "  kassa trader report REQUEST_ID received --amount 250000 --reference 77123 --as anna");
  const auto word = std::make_shared<Word>();
  report->add_option("id", word->payment, "request_id, or with --project the merchant's payment_id")
      ->required();
  report
      ->add_option("word", word->word,
                   "Of a payout: take, paid, failed, wrong-requisites, hand-back.\n"
                   "Of a payin: received, nothing-came")
      ->required();
  report->add_option("--project", word->project, "The project of a payment_id");
  report->add_option("--trader", word->trader, "Who takes the payout (take)");
  report->add_option("--order", word->order, "Which of the payout's orders (the latest)");
  report
      ->add_option("--amount", word->amount,
                   "Minor units: what was received, or paid if it was less")
      ->check(minor_units());
  report->add_option("--reference", word->reference,
                     "The bank's number of the transfer: the same one is counted once (received)");
  report->add_option("--at", word->at,
                     "When the money came, 2026-01-31T12:00:00Z (received). Without it and\n"
                     "--reference, the same amount is the same money");
  report->add_option("--as", word->as, "Your name, kept with the event")->required();
  report->add_option("--note", word->note, "Why, kept with the event");
  report->callback([&session, word] {
    session.show(session.call("trader/report", body_of(*word)), [](const auto& answer) {
      if (answer.find("notice_id")) {
        print_members(answer, {"notice_id", "state", "amount", "payment_state", "why"});
        print_repeated(answer);
      } else {
        print_members(answer, {"request_id", "state", "status_description", "amount"});
      }
    });
  });
}

/// {"KZT=1000000"} → {"KZT":1000000}
std::string credit_object(const std::vector<std::string>& credit) {
  std::string out = "{";
  for (const auto& entry : credit) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos) throw WrongUsage("--credit takes CURRENCY=MINOR_UNITS");
    if (equals + 1 == entry.size() ||
        entry.find_first_not_of("0123456789", equals + 1) != std::string::npos) {
      throw WrongUsage("--credit takes CURRENCY=MINOR_UNITS, a whole number");
    }
    if (out.size() > 1) out += ',';
    out += json_text(entry.substr(0, equals)) + ":" + entry.substr(equals + 1);
  }
  return out + "}";
}

}  // namespace

void add_trader(CLI::App& app, Session& session) {
  CLI::App* trader = app.add_subcommand("trader", "Counterparties who own requisites");
  trader->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App* create = session.add(*trader, "create", "Make a trader",
                                 "kassa trader create --name Aziz --credit KZT=50000000");
  create->add_option("--name", options->name, "Their name")->required();
  create->add_option("--credit", options->credit,
                     "How much they may owe: CURRENCY=MINOR_UNITS, repeatable");
  create->add_flag("--test", options->test, "For test projects only");
  create->callback([&session, options] {
    const std::string body = "{\"name\":" + json_text(options->name) + ",\"mode\":\"" +
                             (options->test ? "test" : "live") +
                             "\",\"credit\":" + credit_object(options->credit) + "}";
    session.show(session.call("trader/create", body),
                 [](const auto& answer) { print_members(answer, {"trader_id"}); });
  });

  CLI::App* set =
      session.add(*trader, "set", "Switch a trader on or off, change credit and payouts", "");
  set->footer(
      settings_help("trader", [](std::string_view name) { return name.starts_with("payout_"); }) +
      "\nExamples:\n  kassa trader set TRADER_ID --state off\n"
      "  kassa trader set TRADER_ID 'payout_methods.KZT=card-p2p phone-p2p'");
  set->add_option("trader_id", options->id, "The trader")->required();
  set->add_option("settings", options->settings, "NAME=VALUE; NAME= takes the default again");
  set->add_option("--state", options->state, "on or off");
  set->add_option("--credit", options->credit, "CURRENCY=MINOR_UNITS, repeatable");
  set->callback([&session, options] {
    std::string body = "{\"trader_id\":" + json_text(options->id) +
                       ",\"credit\":" + credit_object(options->credit) +
                       ",\"settings\":" + settings_object(options->settings);
    if (!options->state.empty()) body += ",\"state\":" + json_text(options->state);
    session.show(session.call("trader/set", body + "}"),
                 [](const auto& answer) { print_members(answer, {"trader_id"}); });
  });

  CLI::App* list = session.add(*trader, "list", "All traders", "kassa trader list");
  list->callback([&session] {
    session.show(session.call("trader/list", "{}"), [](const auto& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& t : answer.find("traders")->children()) {
        std::string credit;
        for (const auto& c : t.find("credit")->children()) {
          credit +=
              (credit.empty() ? "" : ", ") + std::string(c.key()) + " " + std::string(c.text());
        }
        rows.push_back({text_of(t, "trader_id"), text_of(t, "name"), text_of(t, "mode"),
                        text_of(t, "state"), credit});
      }
      print_table({"TRADER", "NAME", "MODE", "STATE", "CREDIT"}, rows);
    });
  });
  add_report(*trader, session);
}

}  // namespace kassa::cli
