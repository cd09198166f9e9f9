// kassa requisites import|list|on|off
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <sstream>

#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string file;
  std::string id;
  std::string cursor;
  std::int64_t limit = 100;
};

constexpr std::array<std::string_view, 15> kColumns = {
    "trader_id",   "currency",    "methods",    "bank",       "number",
    "holder",      "pool",        "amount_min", "amount_max", "day_count_max",
    "day_sum_max", "cool_down_s", "weight",     "time_zone",  "on"};

bool truth_of(const std::string& cell, std::size_t line) {
  if (cell == "true" || cell == "TRUE" || cell == "yes" || cell == "1") return true;
  if (cell == "false" || cell == "FALSE" || cell == "no" || cell == "0") return false;
  throw Refused("line " + std::to_string(line) + ": on must be true or false");
}

bool is_number_column(const std::string& name) {
  return name == "amount_min" || name == "amount_max" || name == "day_count_max" ||
         name == "day_sum_max" || name == "cool_down_s" || name == "weight";
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && in_quotes && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

/// A CSV with a heading line → the body of requisites/import. An empty cell is an absent field.
std::string body_of_csv(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line)) throw Refused("the file is empty");
  const auto headings = cells_of(line);
  for (const auto& heading : headings) {
    if (std::ranges::find(kColumns, heading) == kColumns.end()) {
      throw Refused("the heading has an unknown column: " + heading);
    }
  }
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("requisites").begin_array();
  for (std::size_t number = 2; std::getline(lines, line); ++number) {
    if (line.empty() || line == "\r") continue;
    const auto cells = cells_of(line);
    if (cells.size() != headings.size()) {
      throw Refused("line " + std::to_string(number) + " has " + std::to_string(cells.size()) +
                    " cells, the heading has " + std::to_string(headings.size()));
    }
    json.begin_object();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      json.key(headings[i]);
      if (headings[i] == "on") {
        json.value(truth_of(cells[i], number));
      } else if (is_number_column(headings[i]) &&
                 cells[i].find_first_not_of("0123456789") == std::string::npos) {
        json.raw(cells[i]);
      } else {
        json.value(cells[i]);
      }
    }
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

void print_list(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : answer.find("requisites")->children()) {
    rows.push_back({text_of(r, "requisites_id"), text_of(r, "number"), text_of(r, "bank"),
                    text_of(r, "currency"), text_of(r, "methods"), text_of(r, "pool"),
                    text_of(r, "state"), time_of(r, "last_used_ms")});
  }
  print_table({"REQUISITES", "NUMBER", "BANK", "CURRENCY", "METHODS", "POOL", "STATE", "LAST USED"},
              rows);
  print_cursor(answer);
}

}  // namespace

void add_requisites(CLI::App& app, Session& session) {
  CLI::App* requisites = app.add_subcommand("requisites", "Cards, phones and accounts of traders");
  requisites->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App* import =
      session.add(*requisites, "import", "Bring in requisites from a CSV or JSON file",
                  "kassa requisites import cards.csv\n\n"
                  "The CSV's heading names its columns: trader_id,currency,methods,bank,number\n"
                  "and, as wanted, holder,pool,amount_min,amount_max,day_count_max,day_sum_max,\n"
                  "cool_down_s,weight,time_zone,on. Amounts are minor units. A JSON file holds\n"
                  "{\"requisites\":[{…}]} with the same names.");
  import->add_option("file", options->file, "The file")->required();
  import->callback([&session, options] {
    const std::string text = read_file(options->file);
    const bool is_json = options->file.ends_with(".json");
    session.show(session.call("requisites/import", is_json ? text : body_of_csv(text)),
                 [](const JsonValue& answer) {
                   for (const auto& id : answer.find("requisites_ids")->children()) {
                     std::printf("%s\n", std::string(id.text()).c_str());
                   }
                 });
  });

  CLI::App* list = session.add(*requisites, "list", "All requisites, numbers masked",
                               "kassa requisites list --limit 20");
  list->add_option("--limit", options->limit, "How many (100)");
  list->add_option("--cursor", options->cursor, "Where the page before ended");
  list->callback([&session, options] {
    session.show(
        session.call("requisites/list", "{\"limit\":" + std::to_string(options->limit) +
                                            ",\"cursor\":" + json_text(options->cursor) + "}"),
        print_list);
  });

  for (const bool on : {true, false}) {
    const std::string word = on ? "on" : "off";
    CLI::App* command = session.add(
        *requisites, word,
        on ? "Let them be given to payers" : "Give them to no further payer; present ones go on",
        "kassa requisites " + word + " REQUISITES_ID");
    command->add_option("requisites_id", options->id, "Which")->required();
    command->callback([&session, options, on] {
      session.show(
          session.call("requisites/switch", "{\"requisites_id\":" + json_text(options->id) +
                                                ",\"on\":" + (on ? "true}" : "false}")),
          [](const JsonValue& answer) { print_members(answer, {"state"}); });
    });
  }
}

}  // namespace kassa::cli
