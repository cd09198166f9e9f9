// docs/metrics.md shows what src/ops/metrics_table.hpp declares.
#include <fmt/format.h>

#include "ops/metrics.hpp"
#include "unit/docs/blocks.hpp"

namespace kassa::domain::docs {
namespace {

using ops::MetricDeclaration;
using ops::Metrics;
using ops::MetricType;

/// Longer lists are in the code; the page names how many there are.
constexpr std::size_t kValuesShown = 8;

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::duration:
      return "histogram, seconds";
    case MetricType::size:
      return "histogram, how many";
  }
  return "";
}

std::string values_of(const MetricDeclaration& declaration, std::size_t label) {
  const auto values = Metrics::values_of(declaration, label);
  if (values.size() > kValuesShown) return fmt::format("{} values", values.size());
  std::string text;
  for (const auto value : values) text += fmt::format("{}{}", text.empty() ? "" : ", ", value);
  return text;
}

std::string labels_of(const MetricDeclaration& declaration) {
  if (declaration.label.empty()) return "–";
  const auto bar = declaration.label.find('|');
  std::string text =
      fmt::format("`{}`: {}", declaration.label.substr(0, bar), values_of(declaration, 0));
  if (bar != std::string_view::npos) {
    text += fmt::format("; `{}`: {}", declaration.label.substr(bar + 1), values_of(declaration, 1));
  }
  return text;
}

}  // namespace

std::string table_of_metrics() {
  std::string table = "| Metric | Type | Labels | What |\n|---|---|---|---|\n";
  for (const MetricDeclaration& declaration : Metrics::declarations()) {
    table += fmt::format("| `{}` | {} | {} | {} |\n", Metrics::full_name(declaration),
                         type_name(declaration.type), labels_of(declaration), declaration.help);
  }
  return table;
}

}  // namespace kassa::domain::docs
