#include "store/move.hpp"
#include "store/move/sections.hpp"
#include "store/sql.hpp"

namespace kassa::store {
namespace {

/// Rows that go into one page, and one transaction at the other side.
constexpr std::size_t kPageBytes = std::size_t{1} << 20;

/// Rows of one table on their way into pages.
class RowPages {
 public:
  RowPages(PageWriter& pages, const TableShape& table)
      : pages_(pages), table_(table), sum_(table.name) {}

  void add(std::string_view row) {
    if (count_ > 0 && rows_.size() + row.size() > kPageBytes) send();
    rows_ += row;
    ++count_;
  }
  [[nodiscard]] Section end() {
    if (count_ > 0) send();
    return sum_.end();
  }

 private:
  void send() {
    std::string content;
    ValuesWriter values(content);
    values.put_count(table_.name.size());
    content += table_.name;
    content += rows_;
    pages_.write(PageKind::rows, content);
    sum_.add(rows_, count_);
    rows_.clear();
    count_ = 0;
  }

  PageWriter& pages_;
  const TableShape& table_;
  SectionSum sum_;
  std::string rows_;
  std::int64_t count_ = 0;
};

std::vector<LaneHead> lanes_of(Database& db) {
  Statement statement(db, "heads of lanes", select_sql<LaneHead>() + "ORDER BY lane");
  Execution rows(statement);
  std::vector<LaneHead> heads;
  while (rows.step()) heads.push_back(read_row<LaneHead>(rows));
  return heads;
}

}  // namespace

ExportReport export_store(const std::string& url, ExportHead about, const ByteSink& to) {
  const auto source = open_move_source(url);
  const StandingStore standing = source->standing();
  ExportReport report;
  report.head = std::move(about);
  report.head.engine = source->engine();
  report.head.schema = source->schema();
  report.head.config_version = source->config_version();
  report.head.live_clock_ms = source->live_clock_ms();
  report.lanes = lanes_of(standing.db);

  PageWriter pages(to);
  pages.write(PageKind::head, head_text(report.head));
  for (const TableShape& table : table_shapes()) {
    RowPages rows(pages, table);
    for_each_row(standing.db, table, [&rows](std::string_view row) { rows.add(row); });
    report.sections.push_back(rows.end());
  }
  SectionSum files(kFilesSection);
  report.files_missing =
      for_each_file(standing, [&](domain::ReceiptFileId id, std::string_view sealed) {
        const std::string content = file_content(id, sealed);
        pages.write(PageKind::file, content);
        files.add(content);
      });
  report.sections.push_back(files.end());
  pages.write(PageKind::end, end_text(report.sections));

  report.pages = pages.pages();
  report.bytes = pages.bytes();
  report.sha256 = hex_of(pages.chain());
  return report;
}

}  // namespace kassa::store
