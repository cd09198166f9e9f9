#include "store/move/sections.hpp"

namespace kassa::store {

void for_each_row(Database& db, const TableShape& table,
                  const std::function<void(std::string_view row)>& visit) {
  Statement statement(db, "read " + std::string(table.name), all_rows_sql(table), Rows::many);
  Execution rows(statement);
  std::string bytes;
  while (rows.step()) {
    bytes.clear();
    ValuesWriter values(bytes);
    for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) rows.hand_over(i, values);
    visit(bytes);
  }
}

std::int64_t for_each_file(
    StandingStore standing,
    const std::function<void(domain::ReceiptFileId id, std::string_view sealed)>& visit) {
  Statement statement(standing.db, "files of receipts", "SELECT file FROM receipts ORDER BY file",
                      Rows::many);
  Execution rows(statement);
  std::int64_t missing = 0;
  while (rows.step()) {
    const auto id = rows.get<domain::ReceiptFileId>(0);
    if (const auto sealed = standing.files.get(id)) {
      visit(id, *sealed);
    } else {
      ++missing;
    }
  }
  return missing;
}

std::string file_content(domain::ReceiptFileId id, std::string_view sealed) {
  std::string content;
  ValuesWriter values(content);
  values.put_blob(Codec<domain::ReceiptFileId>::encode(id));
  values.put_blob(sealed);
  return content;
}

void SectionSum::add(std::string_view bytes, std::int64_t count) {
  sha256_.add(bytes);
  section_.count += count;
}

Section SectionSum::end() {
  section_.sha256 = hex_of(sha256_.end());
  return section_;
}

std::vector<Section> sections_of(StandingStore standing, const std::stop_token& stop) {
  const auto look_at_stop = [&stop] {
    if (!stop.stop_requested()) return;
    throw StoreError(StoreError::Kind::busy, "the comparison was stopped");
  };
  std::vector<Section> sections;
  for (const TableShape& table : table_shapes()) {
    SectionSum sum(table.name);
    for_each_row(standing.db, table, [&](std::string_view row) { sum.add(row); });
    look_at_stop();
    sections.push_back(sum.end());
  }
  SectionSum files(kFilesSection);
  (void)for_each_file(standing, [&](domain::ReceiptFileId id, std::string_view sealed) {
    files.add(file_content(id, sealed));
    look_at_stop();
  });
  sections.push_back(files.end());
  return sections;
}

}  // namespace kassa::store
