// Stories: tests as text tables that an accountant can read and correct
// (tests/scenarios/README.md). Here is only the table: what its rows mean is story_player.hpp.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kassa::domain::test {

/// The cells of one row by their columns; a cell that is missing is empty.
using Cells = std::map<std::string, std::string>;

struct StoryRow {
  int line = 0;
  Cells cells;

  [[nodiscard]] const std::string& cell(const std::string& column) const;
  /// It is one command of the batch of the row before it.
  [[nodiscard]] bool joins_batch() const { return cell("WHEN") == "&"; }
};

struct Story {
  std::string file;  // from the project's root, for messages
  int line = 0;
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::size_t> widths;  // in characters, as the file has them
  std::vector<StoryRow> rows;

  /// The row as the file would have it with these cells.
  [[nodiscard]] std::string text_of(const Cells& cells) const;
  /// "payins_APayerPaysInTime": a test's name.
  [[nodiscard]] std::string test_name() const;
};

struct StoryBook {
  std::vector<Story> stories;
  std::vector<std::string> problems;  // "file:line: what is wrong"
};

/// Every story of every .txt of the folder, in the order of their names.
[[nodiscard]] StoryBook read_stories(const std::filesystem::path& root, const std::string& folder);

}  // namespace kassa::domain::test
