// The parts of the documents that are made from the tables of the code, as Markdown.
#pragma once

#include <string>
#include <vector>

namespace kassa::domain::docs {

struct Block {
  std::string file;  // from the root: "docs/ledger.md"
  std::string name;  // between its markers
  std::string text;
};

/// Every metric: name, type, labels, meaning. metrics_table.cpp
[[nodiscard]] std::string table_of_metrics();

/// All of them; throws std::runtime_error where the words for something are missing.
[[nodiscard]] std::vector<Block> blocks();

}  // namespace kassa::domain::docs
