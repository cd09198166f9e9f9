// kassa merchant create|list
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {

void add_merchant(CLI::App& app, Session& session) {
  CLI::App* merchant = app.add_subcommand("merchant", "Businesses that integrate");
  merchant->require_subcommand(1);

  CLI::App* create = session.add(*merchant, "create", "Make a merchant",
                                 "kassa merchant create --name \"Corner shop\"");
  const auto name = std::make_shared<std::string>();
  create->add_option("--name", *name, "Its name")->required();
  create->callback([&session, name] {
    session.show(session.call("merchant/create", "{\"name\":" + json_text(*name) + "}"),
                 [](const auto& answer) { print_members(answer, {"merchant_id"}); });
  });

  CLI::App* list = session.add(*merchant, "list", "All merchants", "kassa merchant list");
  list->callback([&session] {
    session.show(session.call("merchant/list", "{}"), [](const auto& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& m : answer.find("merchants")->children()) {
        rows.push_back({text_of(m, "merchant_id"), text_of(m, "name")});
      }
      print_table({"MERCHANT", "NAME"}, rows);
    });
  });
}

}  // namespace kassa::cli
