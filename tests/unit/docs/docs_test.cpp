// Documents that show tables of the code are those tables. With KASSA_WRITE_DOCS set, as `./dev
// docs` does, the blocks are written anew instead of compared.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "unit/docs/blocks.hpp"

namespace kassa::domain::docs {
namespace {

constexpr std::string_view kBegins = "<!-- made by `./dev docs`: ";
constexpr std::string_view kEnds = "<!-- end of ";
constexpr std::string_view kCloses = " -->\n";

std::filesystem::path path_of(const std::string& file) {
  return std::filesystem::path(KASSA_SOURCE_DIR) / file;
}

std::string read(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(path_of(file)).rdbuf();
  return text.str();
}

std::string marker(std::string_view begins, const std::string& name) {
  return std::string(begins).append(name).append(kCloses);
}

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What stands between the block's markers; nothing if one of them is missing.
std::optional<Span> find_block(const std::string& document, const std::string& name) {
  const std::string opening = marker(kBegins, name);
  const std::size_t opens = document.find(opening);
  const std::size_t closes = document.find(marker(kEnds, name));
  if (opens == std::string::npos || closes == std::string::npos) return std::nullopt;
  return Span{opens + opening.size(), closes};
}

TEST(Documents, ShowTheTablesOfTheCode) {
  const bool write = std::getenv("KASSA_WRITE_DOCS") != nullptr;
  for (const Block& block : blocks()) {
    std::string document = read(block.file);
    const auto place = find_block(document, block.name);
    ASSERT_TRUE(place) << block.file << " has no block \"" << block.name << "\": put\n"
                       << marker(kBegins, block.name) << marker(kEnds, block.name)
                       << "where it belongs, and run ./dev docs";
    const std::string shown = document.substr(place->begin, place->end - place->begin);
    if (shown == block.text) continue;
    if (write) {
      document.replace(place->begin, shown.size(), block.text);
      std::ofstream(path_of(block.file)) << document;
    } else {
      EXPECT_EQ(shown, block.text) << block.file << ": the block \"" << block.name
                                   << "\" is stale; ./dev docs makes it anew";
    }
  }
}

TEST(Documents, HaveNoBlockThatNobodyMakes) {
  std::set<std::string> made;
  std::set<std::string> files;
  for (const Block& block : blocks()) {
    EXPECT_TRUE(made.insert(block.name).second) << "two blocks are called " << block.name;
    files.insert(block.file);
  }
  for (const std::string& file : files) {
    const std::string document = read(file);
    for (std::size_t at = document.find(kBegins); at != std::string::npos;
         at = document.find(kBegins, at + 1)) {
      const std::size_t begin = at + kBegins.size();
      const std::string name = document.substr(begin, document.find(kCloses, begin) - begin);
      EXPECT_TRUE(made.contains(name)) << file << ": " << name;
    }
  }
}

}  // namespace
}  // namespace kassa::domain::docs
