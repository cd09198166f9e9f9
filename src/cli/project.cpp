// kassa project create|list|show|set|callbacks; `keys` is in project_keys.cpp
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/files.hpp"
#include "cli/new_project.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "cli/settings.hpp"
#include "domain/config.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string id;
  std::string merchant;
  std::string name;
  std::string keys_dir = ".";
  std::vector<std::string> currencies;
  std::vector<std::string> settings;
  std::string algorithm;
  bool live = false;
  std::string begin;
  bool new_hmac_key = false;
  bool next_key = false;
  bool replace = false;
  std::string as;
};
using OptionsPtr = std::shared_ptr<Options>;

void add_create(CLI::App& project, Session& session, const OptionsPtr& options) {
  CLI::App* create = session.add(
      project, "create", "Make a project; its keys are written to files here",
      "kassa project create --merchant MERCHANT_ID --name Shop --currency KZT --keys-dir keys");
  create->add_option("--merchant", options->merchant, "The merchant that owns it")->required();
  create->add_option("--name", options->name, "Its name")->required();
  create->add_option("--currency", options->currencies, "KZT, TJS, repeatable")->required();
  create->add_flag("--live,!--test", options->live, "Real money (default: test mode)");
  create->add_option("--keys-dir", options->keys_dir, "Where the key files go");
  create->callback([&session, options] {
    const NewProject made = create_project(session, {.merchant_id = options->merchant,
                                                     .name = options->name,
                                                     .currencies = options->currencies,
                                                     .live = options->live,
                                                     .keys_dir = options->keys_dir});
    session.show(made.answer, [](const JsonValue& answer) {
      print_members(answer, {"project_id", "key_set_id", "private_key", "public_key", "hmac_key",
                             "callback_public_key", "callback_hmac_key"});
      std::printf("\nThe key files are shown once: Kassa keeps no private RSA key of yours.\n");
    });
  });
}

void add_list(CLI::App& project, Session& session) {
  CLI::App* list = session.add(project, "list", "All projects", "kassa project list");
  list->callback([&session] {
    session.show(session.call("project/list", "{}"), [](const JsonValue& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& p : answer.find("projects")->children()) {
        std::string currencies;
        for (const auto& c : p.find("currencies")->children()) {
          currencies += (currencies.empty() ? "" : " ") + std::string(c.text());
        }
        rows.push_back({text_of(p, "project_id"), text_of(p, "name"), text_of(p, "mode"),
                        text_of(p, "state"), currencies});
      }
      print_table({"PROJECT", "NAME", "MODE", "STATE", "CURRENCIES"}, rows);
    });
  });
}

void print_project(const JsonValue& answer) {
  print_members(answer, {"project_id", "merchant_id", "name", "mode", "state"});
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : answer.find("settings")->children()) {
    const std::string value(s.text());
    const auto line_end = value.find('\n');
    rows.push_back({std::string(s.key()),
                    line_end == std::string::npos ? value : value.substr(0, line_end) + " …"});
  }
  std::printf("\n");
  print_table({"SETTING", "VALUE"}, rows);
  rows.clear();
  for (const auto& b : answer.find("balance")->children()) {
    rows.push_back({text_of(b, "currency"), text_of(b, "amount"), text_of(b, "locked_amount")});
  }
  std::printf("\n");
  print_table({"CURRENCY", "AVAILABLE", "LOCKED"}, rows);
}

void add_show(CLI::App& project, Session& session, const OptionsPtr& options) {
  CLI::App* show = session.add(project, "show", "A project's settings, keys and balance",
                               "kassa project show PROJECT_ID");
  show->add_option("project_id", options->id, "The project")->required();
  show->callback([&session, options] {
    session.show(session.call("project/show", "{\"project_id\":" + json_text(options->id) + "}"),
                 print_project);
  });
}

void add_set(CLI::App& project, Session& session, const OptionsPtr& options) {
  CLI::App* set =
      session.add(project, "set", "Set windows, fees, methods, URLs, brand, pools, state", "");
  set->footer(
      settings_help("project",
                    [](std::string_view name) { return name != "merchant" && name != "mode"; }) +
      "\nExample:\n  kassa project set PROJECT_ID window.confirmation_s=900 fee_bp.KZT=150"
      "\n  kassa project set PROJECT_ID brand.colour=#0b6e4f brand.logo=@logo.svg");
  set->add_option("project_id", options->id, "The project")->required();
  set->add_option("settings", options->settings, "NAME=VALUE; NAME= takes the default again")
      ->required();
  set->callback([&session, options] {
    const std::string body = "{\"project_id\":" + json_text(options->id) +
                             ",\"settings\":" + settings_object(options->settings) + "}";
    session.show(session.call("project/set", body),
                 [](const JsonValue&) { std::printf("Set; it holds from now on.\n"); });
  });
}

/// As a file has it, for the merchant to take; Kassa has made it, so nothing in it steers a
/// terminal.
void print_pem(const JsonValue& answer, const std::string& name) {
  const std::string pem = text_of(answer, name);
  if (!pem.empty()) std::printf("%s\n%s", name.c_str(), pem.c_str());
}

void add_callbacks(CLI::App& project, Session& session, const OptionsPtr& options) {
  CLI::App* callbacks =
      session.add(project, "callbacks", "How a project's callbacks are signed",
                  "kassa project callbacks PROJECT_ID --algorithm HMAC-SHA512 --as YOUR_NAME\n"
                  "  kassa project callbacks PROJECT_ID --next-key --begin 2026-12-31T00:00:00Z "
                  "--as YOUR_NAME");
  callbacks->add_option("project_id", options->id, "The project")->required();
  callbacks->add_option("--algorithm", options->algorithm, "RSA-SHA256 or HMAC-SHA512");
  callbacks->add_flag("--new-hmac-key", options->new_hmac_key,
                      "Make a new HMAC key, shown once; the old one ends at once");
  callbacks->add_flag("--next-key", options->next_key,
                      "Make the key that comes next, for the merchant to take beside the present "
                      "one; an HMAC key is shown once");
  callbacks->add_flag("--replace", options->replace,
                      "With --next-key: in the place of a next key that has not begun");
  callbacks->add_option("--begin", options->begin, "When the next key signs: a time, or now");
  callbacks->add_option("--as", options->as,
                        "Your name, as an operator; needed to change anything");
  callbacks->callback([&session, options] {
    std::string body = "{\"project_id\":" + json_text(options->id);
    if (!options->algorithm.empty()) body += ",\"algorithm\":" + json_text(options->algorithm);
    if (options->new_hmac_key) body += ",\"new_hmac_key\":true";
    if (options->next_key) body += ",\"next_key\":true";
    if (options->replace) body += ",\"replace\":true";
    if (!options->as.empty()) body += ",\"as\":" + json_text(options->as);
    if (!options->begin.empty()) {
      body += ",\"begin_s\":" + std::to_string(seconds_of_time(options->begin));
    }
    session.show(session.call("project/callbacks", body + "}"), [](const JsonValue& answer) {
      print_members(answer, {"algorithm"});
      print_pem(answer, "public_key");
      print_pem(answer, "next_public_key");
      if (!text_of(answer, "next_from_s").empty()) {
        std::printf("the next key begins  %s\n", second_of(answer, "next_from_s").c_str());
      }
      if (answer.find("hmac_key")) print_members(answer, {"hmac_key"});
    });
  });
}

}  // namespace

void add_project(CLI::App& app, Session& session) {
  CLI::App* project = app.add_subcommand("project", "A merchant's settlement units");
  project->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  add_create(*project, session, options);
  add_list(*project, session);
  add_show(*project, session, options);
  add_set(*project, session, options);
  add_callbacks(*project, session, options);
  add_project_keys(*project, session);
}

}  // namespace kassa::cli
