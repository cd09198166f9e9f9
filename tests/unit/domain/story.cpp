#include "unit/domain/story.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

namespace kassa::domain::test {
namespace {

constexpr std::string_view kBegins = "Story: ";

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> parts;
  for (std::size_t bar = line.find('|'); bar != std::string_view::npos; bar = line.find('|')) {
    parts.push_back(line.substr(0, bar));
    line.remove_prefix(bar + 1);
  }
  parts.push_back(line);
  return parts;
}

/// Reads one file line by line.
class Reader {
 public:
  Reader(std::string file, StoryBook& book) : file_(std::move(file)), book_(book) {}

  void read(std::string_view line) {
    ++line_;
    const std::string text = trimmed(line);
    if (text.empty() || text.starts_with('#')) return;
    if (text.starts_with(kBegins)) return begin(text.substr(kBegins.size()));
    if (text.find('|') == std::string::npos) return complain("neither a story nor a row of one");
    if (!in_story_) return complain("a row that no `Story: name` stands above");
    if (story().columns.empty()) return head(line);
    row(line);
  }

 private:
  [[nodiscard]] Story& story() { return book_.stories.back(); }

  void complain(const std::string& what) {
    book_.problems.push_back(file_ + ":" + std::to_string(line_) + ": " + what);
  }

  void begin(const std::string& name) {
    in_story_ = true;
    book_.stories.push_back({file_, line_, name, {}, {}, {}});
  }

  void head(std::string_view line) {
    static const std::set<std::string> kKnown{"WHEN",    "WHO",     "DOES",     "ANSWER", "STATE",
                                              "AMOUNTS", "SAYS",    "POSTINGS", "TOLD",   "NOTES",
                                              "NOTICES", "BALANCE", "UNTOLD"};
    for (const std::string_view part : split(line)) {
      const std::string column = trimmed(part);
      if (!kKnown.contains(column)) complain("there is no column \"" + column + "\"");
      story().columns.push_back(column);
      story().widths.push_back(characters_of(trimmed(part)));
    }
    for (const auto* always : {"WHEN", "WHO", "DOES", "ANSWER", "STATE", "POSTINGS", "TOLD"}) {
      if (std::ranges::find(story().columns, always) == story().columns.end()) {
        complain("the head of the table has no column " + std::string(always));
      }
    }
  }

  void row(std::string_view line) {
    const auto parts = split(line);
    if (parts.size() > story().columns.size()) return complain("more cells than columns");
    StoryRow row{line_, {}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      row.cells[story().columns[i]] = trimmed(parts[i]);
      story().widths[i] = std::max(story().widths[i], characters_of(trimmed(parts[i])));
    }
    if (row.joins_batch() && story().rows.empty()) return complain("`&` joins no row before it");
    story().rows.push_back(std::move(row));
  }

  std::string file_;
  StoryBook& book_;
  int line_ = 0;
  bool in_story_ = false;
};

/// What would make a test that does not exist, or two of one name.
void check(StoryBook& book) {
  std::set<std::string> names;
  for (const Story& story : book.stories) {
    const std::string where = story.file + ":" + std::to_string(story.line) + ": ";
    if (story.rows.empty()) book.problems.push_back(where + "a story without a row");
    if (!names.insert(story.test_name()).second) {
      book.problems.push_back(where + "two stories of one name");
    }
  }
  std::set<std::string> kept;
  std::erase_if(book.stories, [&](const Story& s) { return !kept.insert(s.test_name()).second; });
}

}  // namespace

const std::string& StoryRow::cell(const std::string& column) const {
  static const std::string kEmpty;
  const auto found = cells.find(column);
  return found == cells.end() ? kEmpty : found->second;
}

std::string Story::text_of(const Cells& cells) const {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto found = cells.find(columns[i]);
    const std::string cell = found == cells.end() ? std::string() : found->second;
    const std::size_t length = characters_of(cell);
    text += (i == 0 ? "" : " | ") + cell;
    if (length < widths[i]) text.append(widths[i] - length, ' ');
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string Story::test_name() const {
  std::string out = std::filesystem::path(file).stem().string() + "_";
  bool begins_word = true;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    const bool fits = std::isalnum(letter) != 0;
    if (fits) out += static_cast<char>(begins_word ? std::toupper(letter) : letter);
    if (c != '\'') begins_word = !fits;
  }
  return out;
}

StoryBook read_stories(const std::filesystem::path& root, const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code no_folder;  // then there are no stories, which a test notices
  for (const auto& entry : std::filesystem::directory_iterator(root / folder, no_folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  StoryBook book;
  for (const auto& path : paths) {
    Reader reader(folder + "/" + path.filename().string(), book);
    std::ifstream text(path);
    for (std::string line; std::getline(text, line);) reader.read(line);
  }
  check(book);
  return book;
}

}  // namespace kassa::domain::test
