// The files of receipts beside a SQLite store: the folder PATH.receipts, one sealed file each. It
// has the store's name, as PATH.lock has: a copy of the store that is opened beside it must not
// take the original's files for orphans.
//
//   put:  ID.new, mode 0600 ─▶ fsync ─▶ rename to ID.sealed ─▶ fsync of the folder
//
// A crash between that and the row's commit leaves a file that no row names: the next start removes
// it, as it does an unfinished ID.new. What is called otherwise was put there by somebody else and
// stays.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "store/store.hpp"

namespace kassa::store::sqlite {

/// Beside the store it is called PATH.receipts, in a backup `receipts`.
inline constexpr std::string_view kReceiptsFolder = "receipts";
/// How a file is called while it is being written.
inline constexpr std::string_view kUnfinishedSuffix = ".new";

class ReceiptFolder final : public ReceiptFiles {
 public:
  explicit ReceiptFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void put(domain::ReceiptFileId id, std::string_view sealed) override;
  std::optional<std::string> get(domain::ReceiptFileId id) override;
  std::optional<std::string> head(domain::ReceiptFileId id) override;
  bool has(domain::ReceiptFileId id) override;
  void remove(domain::ReceiptFileId id) override;

  /// Removes every file of ours but these (sorted); how many that were.
  std::size_t keep_only(const std::vector<domain::ReceiptFileId>& kept);

 private:
  [[nodiscard]] std::filesystem::path place_of(domain::ReceiptFileId id) const;

  std::filesystem::path folder_;
};

/// The same for a store in memory.
[[nodiscard]] std::unique_ptr<ReceiptFiles> receipt_files_in_memory();

}  // namespace kassa::store::sqlite
