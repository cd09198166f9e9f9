#include "store/move/move_ends.hpp"

namespace kassa::store {

void refuse_unfinished_import() {
  throw StoreError(StoreError::Kind::failed,
                   "an import into this store was begun and not finished: run the same `kassa "
                   "import` again, which goes on where it was, or begin anew with an empty one");
}

std::optional<ImportProgress> read_progress(Database& db) {
  Statement statement(db, "progress of the import",
                      "SELECT export_id, page, chain FROM " + std::string(kUnfinishedImport));
  Execution row(statement);
  if (!row.step()) return std::nullopt;
  return ImportProgress{row.get<domain::Uuid>(0), row.get<std::int64_t>(1), row.get<Digest>(2)};
}

}  // namespace kassa::store
