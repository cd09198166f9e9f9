// kassa payment show|receiver|receipt|list|resolve
#include <cstdio>
#include <memory>

#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string id;
  std::string project;
  std::string status;
  std::string cursor;
  std::string as;
  std::string note;
  std::string out;
  std::int64_t limit = 100;
  std::int64_t number = 0;
  bool keep_unread = false;
  std::int64_t received = 0;
  bool nothing = false;
  bool receipt = false;
  bool decline = false;
  bool retry = false;
};
using OptionsPtr = std::shared_ptr<Options>;

/// The members that name a payment: ours, or the merchant's with its project.
std::string reference(const Options& options) {
  if (options.project.empty()) return "\"request_id\":" + json_text(options.id);
  return "\"project_id\":" + json_text(options.project) +
         ",\"payment_id\":" + json_text(options.id);
}

void print_rows(const JsonValue& answer, std::string_view list, const char* title,
                const std::vector<std::string>& headings,
                const std::function<std::vector<std::string>(const JsonValue&)>& cells) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : answer.find(list)->children()) rows.push_back(cells(row));
  std::printf("\n%s\n", title);
  if (rows.empty()) {
    std::printf("  none\n");
    return;
  }
  print_table(headings, rows);
}

/// The cells of an event but its number and moment.
std::vector<std::string> story_of(const JsonValue& e) {
  const std::string name = text_of(e, "name");
  const std::string why = text_of(e, "why");
  const std::string note = text_of(e, "note");
  return {text_of(e, "cause"),
          text_of(e, "to"),
          text_of(e, "amount"),
          text_of(e, "by") + (name.empty() ? "" : " " + name),
          why + (why.empty() || note.empty() ? "" : ": ") + note,
          text_of(e, "told")};
}

/// Events with the same story one after another, as of a search that misses every few seconds,
/// are one line.
std::vector<std::vector<std::string>> event_rows(const JsonValue& events) {
  constexpr std::size_t kWhy = 6;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> last;
  std::string first_why;
  int times = 0;
  for (const auto& e : events.children()) {
    auto story = story_of(e);
    if (story == last) {
      rows.back()[kWhy] = first_why + " (" + std::to_string(++times) + " times, last at " +
                          time_of(e, "at_ms") + ")";
      continue;
    }
    rows.push_back({text_of(e, "event"), time_of(e, "at_ms")});
    rows.back().insert(rows.back().end(), story.begin(), story.end());
    first_why = rows.back()[kWhy];
    times = 1;
    last = std::move(story);
  }
  return rows;
}

void print_life(const JsonValue& answer) {
  print_members(
      answer, {"request_id", "project_id", "payment_id", "type", "mode", "state",
               "status_description", "amount", "old_amount", "initial_amount", "currency", "method",
               "pool", "settled_amount", "settled_fee", "returned_amount", "frozen"});
  const std::string chosen = text_of(answer, "widget_method");
  const std::string bank = text_of(answer, "bank_asked");
  if (!chosen.empty() || !bank.empty()) {
    std::printf("asked for           %s at %s\n", chosen.empty() ? "any method" : chosen.c_str(),
                bank.empty() ? "any bank" : bank.c_str());
  }
  if (text_of(answer, "type") != "payout") {
    std::printf("expires             %s\n", time_of(answer, "expires_ms").c_str());
  }
  if (const auto due = time_of(answer, "next_due_ms"); !due.empty()) {
    std::printf("next due            %s\n", due.c_str());
  }
  if (const auto held = text_of(answer, "held"); !held.empty() && held != "0") {
    std::printf("held                %s\n", held.c_str());
  }
  if (const auto unread = text_of(answer, "unread"); !unread.empty() && unread != "0") {
    std::printf("unread notices      %s\n", unread.c_str());
  }
  if (const auto r = answer.find("requisites"); r && r->kind() == protocol::JsonKind::kObject) {
    std::printf("requisites          %s %s, trader %s (%s)\n", text_of(*r, "bank").c_str(),
                text_of(*r, "number").c_str(), text_of(*r, "trader_id").c_str(),
                text_of(*r, "requisites_id").c_str());
  }
  std::printf("\nWhat happened\n");
  print_table({"#", "WHEN", "WHAT", "TO", "AMOUNT", "BY", "WHY", "TOLD"},
              event_rows(*answer.find("events")));
  if (answer.find("orders")) {
    print_rows(answer, "orders", "Who was to pay it out",
               {"#", "TRADER", "TAKEN", "STATE", "ENDED"}, [](const JsonValue& o) {
                 return std::vector<std::string>{text_of(o, "order"), text_of(o, "trader_id"),
                                                 time_of(o, "taken_ms"), text_of(o, "state"),
                                                 time_of(o, "ended_ms")};
               });
  }
  if (const auto notices = answer.find("notices");
      notices && notices->children().begin() != notices->children().end()) {
    print_rows(answer, "notices", "What was seen",
               {"NOTICE", "WHEN", "KIND", "#", "SIZE", "AMOUNT", "STATE", "WHY"},
               [](const JsonValue& n) {
                 return std::vector<std::string>{text_of(n, "notice_id"), time_of(n, "seen_ms"),
                                                 text_of(n, "kind"),      text_of(n, "number"),
                                                 text_of(n, "size"),      text_of(n, "amount"),
                                                 text_of(n, "state"),     text_of(n, "why")};
               });
  }
  print_rows(answer, "transfers", "What moved",
             {"SEQ", "WHEN", "KIND", "FROM", "TO", "AMOUNT", "CURRENCY"}, [](const JsonValue& t) {
               return std::vector<std::string>{text_of(t, "seq"),     time_of(t, "at_ms"),
                                               text_of(t, "kind"),    text_of(t, "debit"),
                                               text_of(t, "credit"),  text_of(t, "amount"),
                                               text_of(t, "currency")};
             });
  print_rows(answer, "callback_tries", "What the merchant was told",
             {"#", "TRY", "WHEN", "RESULT", "HTTP", "MS", "ANSWER"}, [](const JsonValue& a) {
               const bool replay = text_of(a, "replay") == "yes";
               return std::vector<std::string>{
                   text_of(a, "event"),       text_of(a, "try"),
                   time_of(a, "at_ms"),       text_of(a, "result") + (replay ? ", replayed" : ""),
                   text_of(a, "http_status"), text_of(a, "duration_ms"),
                   text_of(a, "excerpt")};
             });
}

void add_reference(CLI::App* command, const OptionsPtr& options) {
  command->add_option("id", options->id, "request_id, or with --project the merchant's payment_id")
      ->required();
  command->add_option("--project", options->project, "The project of a payment_id");
}

void add_list(CLI::App& payment, Session& session, const OptionsPtr& options) {
  CLI::App* list = session.add(payment, "list", "Payments, newest first",
                               "kassa payment list --project PROJECT_ID --status dispute");
  list->add_option("--project", options->project, "Of this project only");
  list->add_option("--status", options->status, "error, processing, dispute, decline or success");
  list->add_option("--limit", options->limit, "How many (100)");
  list->add_option("--cursor", options->cursor, "Where the page before ended");
  list->callback([&session, options] {
    std::string body = "{\"limit\":" + std::to_string(options->limit) +
                       ",\"cursor\":" + json_text(options->cursor);
    if (!options->project.empty()) body += ",\"project_id\":" + json_text(options->project);
    if (!options->status.empty()) body += ",\"status\":" + json_text(options->status);
    session.show(session.call("payment/list", body + "}"), [](const JsonValue& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& p : answer.find("payments")->children()) {
        rows.push_back({text_of(p, "request_id"), time_of(p, "created_ms"), text_of(p, "state"),
                        text_of(p, "amount"), text_of(p, "currency"), text_of(p, "payment_id"),
                        text_of(p, "status_description")});
      }
      print_table({"REQUEST", "CREATED", "STATE", "AMOUNT", "CUR", "PAYMENT", "DESCRIPTION"}, rows);
      print_cursor(answer);
    });
  });
}

std::string how_of(const Options& options) {
  const int ways =
      (options.received > 0) + options.nothing + options.receipt + options.decline + options.retry;
  if (ways != 1) {
    throw WrongUsage("say one of --received AMOUNT, --nothing, --receipt, --decline, --retry");
  }
  if (options.received > 0) {
    return "\"how\":\"received\",\"amount\":" + std::to_string(options.received);
  }
  const char* how = options.nothing   ? "nothing"
                    : options.receipt ? "receipt"
                    : options.decline ? "decline"
                                      : "retry";
  return std::string("\"how\":\"") + how + "\"";
}

void add_resolve(CLI::App& payment, Session& session, const OptionsPtr& options) {
  CLI::App* resolve = session.add(payment, "resolve", "Decide a payment that waits for a person",
                                  "kassa payment resolve REQUEST_ID --received 250000 --as anna");
  add_reference(resolve, options);
  resolve->add_option("--received", options->received, "This amount came, in minor units")
      ->check(minor_units());
  resolve->add_flag("--nothing", options->nothing, "The trader says that nothing came");
  resolve->add_flag("--receipt", options->receipt,
                    "The payer proves a late payment: a person looks at it");
  resolve->add_flag("--decline", options->decline, "Against the payment");
  resolve->add_flag("--retry", options->retry, "Look for requisites again, after an error");
  resolve->add_option("--as", options->as, "Your name, kept with the event")->required();
  resolve->add_option("--note", options->note, "Why, kept with the event");
  resolve->callback([&session, options] {
    const std::string body = "{" + reference(*options) + "," + how_of(*options) +
                             ",\"as\":" + json_text(options->as) +
                             ",\"note\":" + json_text(options->note) + "}";
    session.show(session.call("payment/resolve", body), [](const JsonValue& answer) {
      print_members(answer, {"request_id", "state", "status_description", "amount", "old_amount",
                             "initial_amount"});
    });
  });
}

/// Writes the file, then marks it read: a decision for nothing, which a window may wait for.
void write_receipt(const Session& session, const Options& options) {
  std::string body = "{" + reference(options) + ",\"as\":" + json_text(options.as);
  if (options.number > 0) body += ",\"number\":" + std::to_string(options.number);
  const std::string answer = session.call("payment/receipt", body + "}");
  protocol::JsonDocument document;
  if (!document.parse(answer)) throw Refused("the desk answered something that is not JSON");
  const JsonValue told = document.root();
  // By its number: a newer one may have come meanwhile.
  const std::string numbered = "{" + reference(options) + ",\"as\":" + json_text(options.as) +
                               ",\"number\":" + text_of(told, "number") + "}";
  write_new_file(options.out, session.call("payment/receipt-file", numbered), 0600);
  const std::string notice = text_of(told, "notice_id");
  std::string state = text_of(told, "state");
  if (!options.keep_unread) {
    const std::string read =
        session.call("notice/read", "{\"notice_id\":" + json_text(notice) +
                                        ",\"as\":" + json_text(options.as) + "}");
    protocol::JsonDocument after;
    if (after.parse(read)) state = text_of(after.root(), "state");
  }
  session.show("{\"notice_id\":" + json_text(notice) + ",\"number\":" + text_of(told, "number") +
                   ",\"kind\":" + json_text(text_of(told, "kind")) +
                   ",\"size\":" + text_of(told, "size") + ",\"state\":" + json_text(state) +
                   ",\"out\":" + json_text(options.out) + "}",
               [](const JsonValue& shown) {
                 print_members(shown, {"notice_id", "number", "kind", "size", "state", "out"});
               });
}

void add_receipt(CLI::App& payment, Session& session, const OptionsPtr& options) {
  CLI::App* receipt =
      session.add(payment, "receipt", "The file that the payer showed, which marks it read",
                  "kassa payment receipt REQUEST_ID --out receipt.pdf --as anna");
  add_reference(receipt, options);
  receipt->add_option("--number", options->number, "Which of its receipts (default: the newest)")
      ->check(CLI::PositiveNumber);
  receipt->add_option("--out", options->out, "The file to write, which must not exist")->required();
  receipt->add_option("--as", options->as, "Your name, kept with the payment")->required();
  receipt->add_flag("--keep-unread", options->keep_unread, "Look, and decide nothing yet");
  receipt->callback([&session, options] { write_receipt(session, *options); });
}

}  // namespace

void add_payment(CLI::App& app, Session& session) {
  CLI::App* payment = app.add_subcommand("payment", "Payments: their whole life, and decisions");
  payment->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App* show = session.add(*payment, "show", "Everything that happened to a payment, and why",
                               "kassa payment show REQUEST_ID\n"
                               "  kassa payment show ORDER-17 --project PROJECT_ID");
  add_reference(show, options);
  show->callback([&session, options] {
    session.show(session.call("payment/show", "{" + reference(*options) + "}"), print_life);
  });
  CLI::App* receiver = session.add(
      *payment, "receiver", "Whom a payout goes to, in the clear; its life remembers who looked",
      "kassa payment receiver REQUEST_ID --as anna");
  add_reference(receiver, options);
  receiver->add_option("--as", options->as, "Your name, kept with the payout")->required();
  receiver->callback([&session, options] {
    const std::string body = "{" + reference(*options) + ",\"as\":" + json_text(options->as) + "}";
    session.show(session.call("payment/receiver", body), [](const JsonValue& answer) {
      print_members(answer, {"request_id", "state", "order", "method", "pan", "phone", "bank_code",
                             "card_holder", "amount", "currency"});
    });
  });
  add_receipt(*payment, session, options);
  add_list(*payment, session, options);
  add_resolve(*payment, session, options);
}

}  // namespace kassa::cli
