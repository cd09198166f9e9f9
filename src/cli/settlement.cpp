// kassa settlement create|approve|reject|list|show
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;
using protocol::JsonWriter;

struct Options {
  std::string id;
  std::string kind;
  std::string project;
  std::string trader;
  std::string payment;
  std::string currency;
  std::string reference;
  std::string key;
  std::string as;
  std::string note;
  std::string status;
  std::string cursor;
  std::int64_t amount = 0;
  std::int64_t limit = 100;
};
using OptionsPtr = std::shared_ptr<Options>;

/// "project Live shop": whose money it is, for people.
std::string owner_of(const JsonValue& s) {
  const bool trader = text_of(s, "project_id").empty();
  const std::string name = text_of(s, "name");
  return (trader ? "trader " : "project ") +
         (name.empty() ? text_of(s, trader ? "trader_id" : "project_id") : name);
}

void print_line(const char* name, const std::string& value) {
  if (!value.empty()) std::printf("%-10s  %s\n", name, printable(value).c_str());
}

void print_settlement(const JsonValue& s) {
  const std::string number = text_of(s, "number");
  const std::string decided_by = text_of(s, "decided_by");
  print_line("settlement", text_of(s, "settlement_id"));
  print_line("kind", text_of(s, "kind"));
  print_line("status", text_of(s, "status"));
  print_line("of", owner_of(s));
  print_line("project", text_of(s, "project_id"));
  print_line("trader", text_of(s, "trader_id"));
  print_line("payout", text_of(s, "request_id"));
  print_line("return", number == "0" ? "" : "number " + number);
  print_line("amount", text_of(s, "amount") + " " + text_of(s, "currency"));
  print_line("made", time_of(s, "made_ms") + " by " + text_of(s, "made_by"));
  if (!decided_by.empty()) {
    print_line("decided", time_of(s, "decided_ms") + " by " + decided_by);
  }
}

void print_whole(const JsonValue& s) {
  print_settlement(s);
  const std::string reference = text_of(s, "reference");
  print_line("reference",
             reference.empty() ? "(sealed by a key that the key ring no longer has)" : reference);
  print_line("note", text_of(s, "note"));
  std::vector<std::vector<std::string>> rows;
  for (const auto& t : s.find("transfers")->children()) {
    rows.push_back({text_of(t, "seq"), time_of(t, "at_ms"), text_of(t, "debit"),
                    text_of(t, "credit"), text_of(t, "amount"), text_of(t, "currency")});
  }
  std::printf("\nWhat moved\n");
  if (rows.empty()) {
    std::printf("  nothing\n");
    return;
  }
  print_table({"SEQ", "WHEN", "FROM", "TO", "AMOUNT", "CUR"}, rows);
}

void print_list(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : answer.find("settlements")->children()) {
    rows.push_back({text_of(s, "settlement_id"), time_of(s, "made_ms"), text_of(s, "kind"),
                    text_of(s, "status"), text_of(s, "amount"), text_of(s, "currency"), owner_of(s),
                    text_of(s, "made_by"), text_of(s, "decided_by")});
  }
  print_table({"SETTLEMENT", "MADE", "KIND", "STATUS", "AMOUNT", "CUR", "OF", "BY", "DECIDED BY"},
              rows);
  print_cursor(answer);
}

std::string create_body(const Options& options) {
  if (options.project.empty() && options.trader.empty()) {
    throw WrongUsage("say whose money it is: --project ID or --trader ID");
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("kind", options.kind);
  put(json, "project_id", options.project);
  put(json, "trader_id", options.trader);
  put(json, "request_id", options.payment);
  json.member("amount", options.amount)
      .member("currency", options.currency)
      .member("reference", options.reference)
      .member("as", options.as);
  put(json, "id", options.key);
  json.end_object();
  return out;
}

/// --project and --trader, of which one at most may be given.
void add_owner(CLI::App* command, const OptionsPtr& options) {
  CLI::Option* project = command->add_option("--project", options->project, "The project");
  command->add_option("--trader", options->trader, "The trader")->excludes(project);
}

void add_create(CLI::App& settlement, Session& session, const OptionsPtr& options) {
  CLI::App* create = session.add(
      settlement, "create", "Write down money that comes in or goes out; another approves it",
      "kassa settlement create --kind settlement --project PROJECT_ID --amount 25000000 \\\n"
      "      --currency KZT --reference \"Payment order 77\" --as anna --id 2026-01-31-shop");
  create
      ->add_option("--kind", options->kind,
                   "settlement or deposit (of a project), top_up or withdrawal (of a trader), "
                   "returned (of a project's finished payout)")
      ->required();
  add_owner(create, options);
  create->add_option("--amount", options->amount, "In minor units")
      ->required()
      ->check(minor_units());
  create->add_option("--currency", options->currency, "Its code")->required();
  create->add_option("--reference", options->reference, "What the bank's papers call it; sealed")
      ->required();
  create->add_option("--payment", options->payment, "request_id of the payout that came back");
  create->add_option("--as", options->as, "Your name as an operator")->required();
  create->add_option("--id", options->key,
                     "A name of yours for it: the same call again then makes no second one");
  create->callback([&session, options] {
    session.show(session.call("settlement/create", create_body(*options)), print_settlement);
  });
}

std::string decide_body(const Options& options) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("settlement_id", options.id).member("as", options.as);
  put(json, "note", options.note);
  json.end_object();
  return out;
}

void add_decisions(CLI::App& settlement, Session& session, const OptionsPtr& options) {
  CLI::App* approve = session.add(settlement, "approve", "Post it; not for whoever made it",
                                  "kassa settlement approve SETTLEMENT_ID --as boris");
  CLI::App* reject = session.add(settlement, "reject", "It never happens, and nothing moves",
                                 "kassa settlement reject SETTLEMENT_ID --as boris --note \"paid "
                                 "twice\"");
  reject->add_option("--note", options->note, "Why; sealed");
  for (CLI::App* command : {approve, reject}) {
    const std::string path = "settlement/" + command->get_name();
    command->add_option("settlement_id", options->id, "The settlement")->required();
    command->add_option("--as", options->as, "Your name as an operator")->required();
    command->callback([&session, options, path] {
      session.show(session.call(path, decide_body(*options)), print_settlement);
    });
  }
}

void add_list(CLI::App& settlement, Session& session, const OptionsPtr& options) {
  CLI::App* list = session.add(settlement, "list", "Settlements, newest first",
                               "kassa settlement list --status pending");
  list->add_option("--status", options->status, "pending, approved or rejected");
  add_owner(list, options);
  list->add_option("--payment", options->payment, "Returned of this payout");
  list->add_option("--limit", options->limit, "How many (100)");
  list->add_option("--cursor", options->cursor, "Where the page before ended");
  list->callback([&session, options] {
    std::string body;
    JsonWriter json(body);
    json.begin_object().member("limit", options->limit);
    put(json, "status", options->status);
    put(json, "project_id", options->project);
    put(json, "trader_id", options->trader);
    put(json, "request_id", options->payment);
    put(json, "cursor", options->cursor);
    json.end_object();
    session.show(session.call("settlement/list", body), print_list);
  });
}

}  // namespace

void add_settlement(CLI::App& app, Session& session) {
  CLI::App* settlement =
      app.add_subcommand("settlement", "Money across the border: one makes, another approves");
  settlement->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  add_create(*settlement, session, options);
  add_decisions(*settlement, session, options);
  add_list(*settlement, session, options);

  CLI::App* show = session.add(*settlement, "show", "One, with its reference and what it moved",
                               "kassa settlement show SETTLEMENT_ID");
  show->add_option("settlement_id", options->id, "The settlement")->required();
  show->callback([&session, options] {
    session.show(
        session.call("settlement/show", "{\"settlement_id\":" + json_text(options->id) + "}"),
        print_whole);
  });
}

}  // namespace kassa::cli
