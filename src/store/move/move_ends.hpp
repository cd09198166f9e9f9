// The two ends of a move as each engine has them: a store that everything is read from while nobody
// writes there, and one that is being filled.
//
// The filled one holds a table of one row that is there only meanwhile, `unfinished_import`: which
// export it is filled with, and up to which page. The row moves in the transaction of the page's
// rows, so a killed import goes on with the next page; and a store that has the table is refused by
// everybody else.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "store/database.hpp"
#include "store/move/row_bytes.hpp"
#include "store/sha256.hpp"

namespace kassa::store {

/// A store as it stands, of one moment.
struct StandingStore {
  Database& db;  // within a snapshot
  ReceiptFiles& files;
};

class MoveSource {
 public:
  virtual ~MoveSource() = default;

  [[nodiscard]] virtual std::string_view engine() const = 0;
  [[nodiscard]] virtual std::int32_t schema() = 0;
  [[nodiscard]] virtual std::int64_t config_version() = 0;
  [[nodiscard]] virtual std::int64_t live_clock_ms() = 0;
  [[nodiscard]] virtual StandingStore standing() = 0;
};

/// Which page of which export was the last that is stored.
struct ImportProgress {
  domain::Uuid export_id;
  std::int64_t page = 0;
  Digest chain{};  // of the page: another export's, or a changed one's, is another
};

class MoveTarget {
 public:
  virtual ~MoveTarget() = default;

  /// Of an import that was begun and is not finished.
  [[nodiscard]] virtual std::optional<ImportProgress> progress() = 0;
  /// From now on nobody else opens it.
  virtual void begin(const ImportProgress& progress) = 0;
  /// All rows of one page and the progress, in one transaction.
  virtual void put_rows(const TableShape& table, ValuesReader rows,
                        const ImportProgress& progress) = 0;
  virtual void put_progress(const ImportProgress& progress) = 0;
  /// What the engine wants after so many rows were put.
  virtual void settle() = 0;
  /// Calls `look` within a snapshot of all that is stored.
  virtual void look(const std::function<void(StandingStore)>& look) = 0;
  /// From now on it is a store like any other.
  virtual void finish(std::int64_t config_version, std::int64_t live_clock_ms) = 0;

  [[nodiscard]] virtual Store& store() = 0;
};

/// Throws StoreError where somebody lives on the store: an export is of a store that stands still.
[[nodiscard]] std::unique_ptr<MoveSource> open_move_source(const std::string& url);
/// The store is made if there is none.
[[nodiscard]] std::unique_ptr<MoveTarget> open_move_target(const std::string& url);

/// What everybody else is told who opens a store that is being filled.
[[noreturn]] void refuse_unfinished_import();

// ---- what both engines say alike ---------------------------------------------------------------

inline constexpr std::string_view kUnfinishedImport = "unfinished_import";

/// Columns: export_id, page, chain.
[[nodiscard]] std::optional<ImportProgress> read_progress(Database& db);

/// A sink for the progress as parameters 1 to 3.
template <class Sink>
void write_progress(Sink& sink, const ImportProgress& progress) {
  write_value<Codec<domain::Uuid>>(sink, progress.export_id);
  write_value<Codec<std::int64_t>>(sink, progress.page);
  write_value<Codec<Digest>>(sink, progress.chain);
}

}  // namespace kassa::store
