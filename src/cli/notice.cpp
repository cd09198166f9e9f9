// kassa notice add|list|show|assign|read
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string id;
  std::string payment;
  std::string project;
  std::string requisites;
  std::string number;
  std::string reference;
  std::string at;
  std::string state;
  std::string cursor;
  std::string as;
  std::string note;
  std::int64_t amount = 0;
  std::int64_t limit = 100;
};
using OptionsPtr = std::shared_ptr<Options>;

std::string body_of(const Options& options) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  put(json, "notice_id", options.id);
  put(json, options.project.empty() ? "request_id" : "payment_id", options.payment);
  put(json, "project_id", options.project);
  put(json, "requisites_id", options.requisites);
  put(json, "number", options.number);
  put(json, "reference", options.reference);
  put(json, "state", options.state);
  put(json, "cursor", options.cursor);
  put(json, "as", options.as);
  put(json, "note", options.note);
  if (options.amount > 0) json.member("amount", options.amount);
  if (!options.at.empty()) json.member("seen_ms", ms_of_time(options.at));
  json.member("limit", options.limit).end_object();
  return out;
}

void print_notice(const JsonValue& answer) {
  print_members(answer, {"notice_id", "kind", "state", "request_id", "requisites_id", "amount",
                         "currency", "why"});
  std::printf("seen           %s\n", time_of(answer, "seen_ms").c_str());
  for (const char* name : {"payment_state", "reference", "note", "read_note"}) {
    if (const auto text = shown(answer, name); !text.empty()) {
      std::printf("%-13s  %s\n", name, text.c_str());
    }
  }
  print_repeated(answer);
}

void print_list(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& n : answer.find("notices")->children()) {
    rows.push_back({text_of(n, "notice_id"), time_of(n, "seen_ms"), text_of(n, "kind"),
                    text_of(n, "amount"), text_of(n, "currency"), text_of(n, "state"),
                    text_of(n, "request_id"), text_of(n, "why")});
  }
  print_table({"NOTICE", "SEEN", "KIND", "AMOUNT", "CUR", "STATE", "REQUEST", "WHY"}, rows);
  print_cursor(answer);
}

void add_payment_of(CLI::App* command, const OptionsPtr& options, const char* name) {
  command->add_option(name, options->payment,
                      "Its request_id, or with --project the merchant's payment_id");
  command->add_option("--project", options->project, "The project of a payment_id");
}

void add_add(CLI::App& notice, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* add =
      session.add(notice, "add", "Money was seen: it finds its payment, or waits for a person",
                  "kassa notice add --number 4400000000000000 --amount 250000 \\\n"
                  "      --at 2026-01-31T12:00:00Z --reference 77123 --as anna\n"
                  "  kassa notice add --payment REQUEST_ID --amount 250000 --as anna");
  add_payment_of(add, options, "--payment");
  add->add_option("--requisites", options->requisites, "Where it came: requisites_id");
  add->add_option("--number", options->number, "Where it came: the card, phone or account");
  add->add_option("--amount", options->amount, "Minor units")->required()->check(minor_units());
  add->add_option("--at", options->at,
                  "When it came, 2026-01-31T12:00:00Z: tells one payer from the next.\n"
                  "With --payment it may be left out");
  add->add_option("--reference", options->reference,
                  "The bank's number of the transfer: the same one is counted once.\n"
                  "Without it, the same amount and --at are the same money");
  add->add_option("--as", options->as, "Your name, kept with the notice")->required();
  add->add_option("--note", options->note, "What you know of it, sealed");
  add->callback([&session, options] {
    const int places =
        !options->payment.empty() + !options->requisites.empty() + !options->number.empty();
    if (places != 1) throw WrongUsage("say one of --payment, --requisites, --number");
    if (options->payment.empty() && options->at.empty()) {
      throw WrongUsage("say when the money came, --at: it tells one payer from the next");
    }
    session.show(session.call("notice/add", body_of(*options)), print_notice);
  });
}

void add_list(CLI::App& notice, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* list = session.add(notice, "list", "What was seen, newest first",
                               "kassa notice list --state waiting");
  list->add_option("--state", options->state, "waiting, attached, applied or read");
  list->add_option("--payment", options->payment, "Of this request_id only");
  list->add_option("--limit", options->limit, "How many (100)");
  list->add_option("--cursor", options->cursor, "Where the page before ended");
  list->callback([&session, options] {
    session.show(session.call("notice/list", body_of(*options)), print_list);
  });
}

void add_show(CLI::App& notice, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* show = session.add(notice, "show", "A notice with its reference and note",
                               "kassa notice show NOTICE_ID");
  show->add_option("notice_id", options->id, "Which")->required();
  show->callback([&session, options] {
    session.show(session.call("notice/show", body_of(*options)), print_notice);
  });
}

void add_decisions(CLI::App& notice, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* assign = session.add(notice, "assign", "Say whose a waiting notice is",
                                 "kassa notice assign NOTICE_ID REQUEST_ID --as anna");
  assign->add_option("notice_id", options->id, "Which")->required();
  add_payment_of(assign, options, "payment");
  assign->get_option("payment")->required();
  assign->add_option("--as", options->as, "Your name, kept with the event")->required();
  assign->callback([&session, options] {
    session.show(session.call("notice/assign", body_of(*options)), print_notice);
  });
  CLI::App* read = session.add(notice, "read", "You looked at it, and it changes nothing",
                               "kassa notice read NOTICE_ID --as anna --note 'a private transfer'");
  read->add_option("notice_id", options->id, "Which")->required();
  read->add_option("--as", options->as, "Your name, kept with the event")->required();
  read->add_option("--note", options->note, "Why, kept with the event");
  read->callback([&session, options] {
    session.show(session.call("notice/read", body_of(*options)), print_notice);
  });
}

}  // namespace

void add_notice(CLI::App& app, Session& session) {
  CLI::App* notice =
      app.add_subcommand("notice", "Money and papers that were seen, and what became of them");
  notice->require_subcommand(1);
  add_add(*notice, session);
  add_list(*notice, session);
  add_show(*notice, session);
  add_decisions(*notice, session);
}

}  // namespace kassa::cli
