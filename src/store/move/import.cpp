#include <fmt/format.h>

#include <algorithm>

#include "store/move.hpp"
#include "store/move/sections.hpp"
#include "store/receipt_check.hpp"

namespace kassa::store {
namespace {

[[noreturn]] void refuse(const std::string& sentence) {
  throw StoreError(StoreError::Kind::failed, sentence);
}

/// The first table that holds anything; null: the store is empty.
const TableShape* first_table_with_rows(Database& db) {
  for (const TableShape& table : table_shapes()) {
    const std::string name(table.name);
    Statement statement(db, "look into " + name, "SELECT 1 FROM " + name + " LIMIT 1");
    Execution row(statement);
    if (row.step()) return &table;
  }
  return nullptr;
}

void require_empty(MoveTarget& target) {
  target.look([](StandingStore standing) {
    const TableShape* table = first_table_with_rows(standing.db);
    if (table == nullptr) return;
    refuse(
        fmt::format("the store is not empty, it has rows in {}: an import makes its store "
                    "itself, in an empty database or where no file is; `kassa migrate` is not "
                    "needed before",
                    table->name));
  });
}

/// Where it goes on; page 0 where it begins.
ImportProgress begin_or_go_on(MoveTarget& target, const ExportHead& head, const Digest& chain) {
  if (const auto before = target.progress()) {
    if (before->export_id == head.id) return *before;
    refuse(
        fmt::format("another export ({}, up to its page {}) is being imported here: go on with "
                    "that one, or begin anew with an empty store",
                    before->export_id.text(), before->page));
  }
  require_empty(target);
  const ImportProgress progress{head.id, 0, chain};
  target.begin(progress);
  return progress;
}

/// An export that was changed since may have the same id.
void require_same_page(const ImportProgress& stored, const ExportPage& page) {
  if (stored.page != page.number || stored.chain == page.chain) return;
  refuse(
      fmt::format("the pages up to {} were imported from another file than this one: go on "
                  "with that one, or begin anew with an empty store",
                  stored.page));
}

void put_rows(MoveTarget& target, const ExportPage& page, const ImportProgress& progress) {
  ValuesReader content(page.content);
  const std::string_view name = content.bytes(content.count());
  const TableShape* table = find_shape(name);
  if (table == nullptr) refuse(fmt::format("the export has rows of a table {}", name));
  try {
    target.put_rows(*table, content, progress);
  } catch (const StoreError& error) {
    throw StoreError(error.kind(),
                     fmt::format("page {} (rows of {}): {}", page.number, name, error.what()));
  }
}

void put_file(MoveTarget& target, const ExportPage& page, const ImportProgress& progress) {
  struct {
    std::vector<std::string_view> values;
    void put_null() {}
    void put_integer(std::int64_t /*value*/) {}
    void put_text(std::string_view /*value*/) {}
    void put_blob(std::string_view value) { values.push_back(value); }
  } file;
  constexpr ColumnShape kBytes{"a receipt's file", ColumnType::blob};
  ValuesReader content(page.content);
  content.hand_over(kBytes, file);
  content.hand_over(kBytes, file);
  // Twice is as good as once, so the file may come before the progress that tells of it.
  target.store().receipt_files().put(Codec<domain::ReceiptFileId>::decode(file.values[0]),
                                     file.values[1]);
  target.put_progress(progress);
}

void put_page(MoveTarget& target, const ExportPage& page, const ImportProgress& progress) {
  switch (page.kind) {
    case PageKind::rows:
      return put_rows(target, page, progress);
    case PageKind::file:
      return put_file(target, page, progress);
    case PageKind::head:
    case PageKind::end:
      break;
  }
  refuse(fmt::format("page {} of the export is a second head", page.number));
}

/// What is stored is what was exported, in every row and file.
void require_same(const std::vector<Section>& exported, const std::vector<Section>& stored) {
  std::string differing;
  for (const Section& section : stored) {
    if (std::ranges::find(exported, section) != exported.end()) continue;
    differing +=
        fmt::format("{}{} ({} here)", differing.empty() ? "" : ", ", section.name, section.count);
  }
  if (differing.empty() && exported.size() == stored.size()) return;
  refuse(fmt::format("what is stored is not what was exported: {}; begin anew with an empty store",
                     differing));
}

}  // namespace

ImportReport import_store(const std::string& url, const ByteSource& from,
                          const std::function<void(const ExportHead&)>& accept) {
  PageReader pages(from);
  ExportPage page = pages.next();
  if (page.kind != PageKind::head) refuse("the export doesn't begin with its head");
  ImportReport report;
  report.head = read_head(page.content);
  accept(report.head);

  const auto target = open_move_target(url);
  const ImportProgress before = begin_or_go_on(*target, report.head, page.chain);
  report.pages_before = before.page;
  require_same_page(before, page);
  for (page = pages.next(); page.kind != PageKind::end; page = pages.next()) {
    require_same_page(before, page);
    if (page.number <= before.page) continue;
    put_page(*target, page, {report.head.id, page.number, page.chain});
  }
  pages.require_end();
  if (page.number <= before.page) refuse("the export is shorter than what was imported of it");
  report.pages = page.number + 1;
  report.sha256 = hex_of(page.chain);

  target->settle();
  target->look([&](StandingStore standing) { report.sections = sections_of(standing); });
  require_same(read_end(page.content), report.sections);
  const auto reader = target->store().open_reader();
  report.ledger = reader->check_ledger();
  report.receipts_missing = missing_receipts(*reader, target->store().receipt_files());
  target->finish(report.head.config_version, report.head.live_clock_ms);
  return report;
}

}  // namespace kassa::store
