// Reads the source tree and holds it to the rules that a compiler can't: which room may include
// which, what must not be used where, and how files look. Each failure gives the reason and what to
// write instead. A rule is a TEST; a new one takes ten lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kassa {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  // from the root: "src/domain/money.hpp"
  std::vector<std::string> lines;

  [[nodiscard]] bool in(std::string_view folder) const { return path.starts_with(folder); }
  [[nodiscard]] bool is_header() const { return path.ends_with(".hpp"); }
  [[nodiscard]] bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
  /// "domain" of src/domain/…; empty for src/main.cpp and what isn't in src.
  [[nodiscard]] std::string room() const {
    if (!in("src/")) return {};
    const auto slash = path.find('/', 4);
    return slash == std::string::npos ? std::string() : path.substr(4, slash - 4);
  }
};

bool is_text(const fs::path& path) {
  static const std::set<std::string> kExtensions{".cpp",  ".hpp", ".txt",  ".cmake", ".md", ".toml",
                                                 ".json", ".sql", ".ts",   ".tsx",   ".js", ".css",
                                                 ".html", ".yml", ".yaml", ".sh",    ".mjs"};
  const std::string name = path.filename().string();
  return kExtensions.contains(path.extension().string()) || name == "dev" || name == "run" ||
         name.starts_with(".clang") || name == "Dockerfile";
}

std::vector<SourceFile> read_tree() {
  static const std::set<std::string> kNotOurs{"build", "node_modules", "dist",
                                              ".git",  "var",          "data"};
  std::vector<SourceFile> files;
  const fs::path root(KASSA_SOURCE_DIR);
  auto at = fs::recursive_directory_iterator(root);
  for (; at != fs::recursive_directory_iterator(); ++at) {
    if (at->is_directory() && kNotOurs.contains(at->path().filename().string())) {
      at.disable_recursion_pending();
    }
    if (!at->is_regular_file() || !is_text(at->path())) continue;
    SourceFile file{at->path().lexically_relative(root).generic_string(), {}};
    std::ifstream text(at->path());
    for (std::string line; std::getline(text, line);) file.lines.push_back(std::move(line));
    files.push_back(std::move(file));
  }
  return files;
}

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = read_tree();
  return files;
}

/// A line without its `//` comment. A "//" inside a literal cuts it too, which no rule here minds.
std::string code_of(const std::string& line) {
  return line.substr(0, line.find("//"));
}

/// Fails at every line of the files that `applies` to whose code matches.
template <class Applies>
void forbid(const std::string& pattern, std::string_view why, Applies applies) {
  const std::regex forbidden(pattern);
  for (const SourceFile& file : tree()) {
    if (!file.is_cpp() || file.in("tests/tidy/") || !applies(file)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (std::regex_search(code_of(file.lines[i]), forbidden)) {
        ADD_FAILURE() << file.path << ":" << i + 1 << ": " << file.lines[i] << "\n  " << why;
      }
    }
  }
}

std::size_t characters_of(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

/// The rooms that each room may include besides itself.
const std::map<std::string, std::set<std::string>>& arrows() {
  static const std::map<std::string, std::set<std::string>> allowed{
      {"domain", {}},
      {"encoding", {}},
      {"http", {}},
      {"ops", {"domain", "encoding"}},
      {"protocol", {"domain", "encoding"}},
      {"store", {"domain"}},
      {"engine", {"domain", "encoding", "store", "ops"}},
      {"callbacks", {"domain", "encoding", "protocol", "store", "engine", "ops"}},
      {"api", {"domain", "encoding", "protocol", "store", "engine", "ops", "http", "callbacks"}},
      {"cli",
       {"domain", "encoding", "protocol", "store", "engine", "ops", "http", "callbacks", "api"}},
  };
  return allowed;
}

TEST(Tidy, TheTreeWasRead) {
  std::size_t sources = 0;
  for (const SourceFile& file : tree()) sources += file.in("src/") && file.is_cpp() ? 1 : 0;
  EXPECT_GT(sources, 20U) << "nothing was checked: is KASSA_SOURCE_DIR right? " KASSA_SOURCE_DIR;
}

TEST(Tidy, RoomsIncludeOnlyWhatTheyMay) {
  const std::regex include(R"(^\s*#\s*include\s+\"([a-z_]+)/)");
  for (const SourceFile& file : tree()) {
    const std::string room = file.room();
    if (!file.is_cpp() || room.empty()) continue;
    ASSERT_TRUE(arrows().contains(room))
        << "src/" << room << " is a new room: say in " __FILE__ << " what it may include";
    for (const std::string& line : file.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const std::string used = match[1];
      EXPECT_TRUE(used == room || arrows().at(room).contains(used))
          << file.path << ": " << line << "\n  " << room << " must not know " << used
          << ": move what both need into a room below them, or hand it in from above.";
    }
  }
}

TEST(Tidy, NoFloatingPointInTheDomain) {
  forbid(R"(\b(double|float)\b)",
         "Binary fractions lose money: use std::int64_t of minor units, basis points or ms.",
         [](const SourceFile& file) { return file.in("src/domain/"); });
}

TEST(Tidy, RandomnessComesFromTheOperatingSystem) {
  forbid(R"(\b(std::rand|srand|random_device|mt19937|default_random_engine)\b)",
         "Guessable: use ops::fill_random; a test uses RapidCheck or prints its own seed.",
         [](const SourceFile& file) { return file.in("src/"); });
}

TEST(Tidy, OnlyTheClockAsksForTheTime) {
  forbid(
      R"(system_clock::now|\b(std::)?time\(\s*(nullptr|NULL|0|&)|\bgettimeofday\b|\bstd::time\b)",
      "Time that isn't handed in can't be tested or replayed: take an Instant or an ops::Clock.",
      [](const SourceFile& file) { return file.in("src/") && file.path != "src/ops/clock.cpp"; });
}

TEST(Tidy, NothingSleeps) {
  forbid(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b|[^_a-z]sleep\()",
         "A sleep is too short on a slow machine and too long on a fast one: wait on a condition "
         "variable, or advance an ops::ManualClock.",
         [](const SourceFile& file) { return file.in("src/") || file.in("tests/"); });
}

TEST(Tidy, AsioAndBeastStayInHttp) {
  forbid(R"(#\s*include\s+<boost/(asio|beast))",
         "Such a file takes 20 s to compile: talk to http/http.hpp instead.",
         [](const SourceFile& file) { return file.in("src/") && !file.in("src/http/"); });
}

TEST(Tidy, BoostJsonStaysInTheProtocol) {
  forbid(
      R"(#\s*include\s+<boost/json)",
      "One parser with one set of limits reads what others send: use protocol/json_document.hpp.",
      [](const SourceFile& file) { return file.in("src/") && !file.in("src/protocol/"); });
}

TEST(Tidy, NothingUnfinishedIsLeft) {
  const std::regex marks(R"(\b()"
                         "TO"
                         "DO|FIX"
                         "ME|XX"
                         R"(X)\b)");
  for (const SourceFile& file : tree()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_FALSE(std::regex_search(file.lines[i], marks))
          << file.path << ":" << i + 1 << ": " << file.lines[i]
          << "\n  Do it, or write an issue: a note in the code is read by nobody.";
    }
  }
}

TEST(Tidy, NoPathOfSomebodysMachine) {
  const std::string paths[] = {std::string("../") + "shared", std::string("/wo") + "rk/",
                               std::string("/ho") + "me/"};
  for (const SourceFile& file : tree()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& path : paths) {
        EXPECT_EQ(file.lines[i].find(path), std::string::npos)
            << file.path << ":" << i + 1 << ": " << file.lines[i]
            << "\n  It exists on one machine only: name it from the project's root.";
      }
    }
  }
}

TEST(Tidy, LinesFitTheirHundredColumns) {
  for (const SourceFile& file : tree()) {
    if (!file.in("src/") || !file.is_cpp() || file.path == "src/ops/metrics_table.hpp") continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_LE(characters_of(file.lines[i]), 100U)
          << file.path << ":" << i + 1 << "\n  `./dev format` breaks code; a comment or a literal "
          << "you break yourself.";
    }
  }
}

TEST(Tidy, FilesHaveOneSubject) {
  for (const SourceFile& file : tree()) {
    if (!file.is_cpp()) continue;
    EXPECT_LE(file.lines.size(), 1000U)
        << file.path << "\n  Nobody reads a file that long: find its two subjects and split it.";
  }
}

TEST(Tidy, HeadersSayWhatTheyAreForAndAreIncludedOnce) {
  for (const SourceFile& file : tree()) {
    if (!file.is_header()) continue;
    ASSERT_FALSE(file.lines.empty()) << file.path;
    EXPECT_TRUE(file.lines.front().starts_with("// "))
        << file.path << "\n  Begin with a comment: what it is for, its hazards, its thread rules.";
    EXPECT_NE(std::ranges::find(file.lines, "#pragma once"), file.lines.end())
        << file.path << "\n  It has no `#pragma once`.";
  }
}

TEST(Tidy, EveryRoomHasAReadme) {
  for (const auto& entry : fs::directory_iterator(fs::path(KASSA_SOURCE_DIR) / "src")) {
    if (!entry.is_directory() || fs::is_empty(entry.path())) continue;
    EXPECT_TRUE(fs::exists(entry.path() / "README.md"))
        << "src/" << entry.path().filename().string()
        << "\n  Write a README.md: what the room is for, its files, its rules, on one screen.";
  }
}

}  // namespace
}  // namespace kassa
