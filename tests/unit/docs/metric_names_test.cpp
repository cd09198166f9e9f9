// What documents, alerts and the dashboard name as a metric is one.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "ops/metrics.hpp"

namespace kassa::domain::docs {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Every name of a series: a histogram has three.
std::set<std::string> series_names() {
  std::set<std::string> names = {"kassa_build_info"};
  for (const auto& declaration : ops::Metrics::declarations()) {
    const std::string name = ops::Metrics::full_name(declaration);
    names.insert(name);
    const bool histogram =
        declaration.type == ops::MetricType::duration || declaration.type == ops::MetricType::size;
    if (!histogram) continue;
    for (const char* part : {"_bucket", "_sum", "_count"}) names.insert(name + part);
  }
  return names;
}

TEST(MetricNames, ThatAreSpokenOfExist) {
  const std::set<std::string> names = series_names();
  const std::regex name("kassa_[a-z_]+[a-z]");
  const std::filesystem::path root(KASSA_SOURCE_DIR);
  for (const char* file : {"docs/metrics.md", "docs/running.md", "deploy/prometheus/alerts.yml",
                           "deploy/grafana/kassa.json"}) {
    const std::string text = read(root / file);
    ASSERT_FALSE(text.empty()) << file;
    for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
      EXPECT_TRUE(names.contains(at->str())) << file << ": " << at->str();
    }
  }
}

}  // namespace
}  // namespace kassa::domain::docs
