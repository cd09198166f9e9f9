// A SQLite store as plain files in a folder: how one is copied while it runs, told from another,
// recomputed, and put back.
//
//   FOLDER/kassa.db      the database as of one moment, whole without a -wal
//   FOLDER/receipts/…    what lies in the folder PATH.receipts beside the store
//
// Whoever copies is one more reader of the database: the owner's process does nothing for it, so a
// slow or full disk under the copy can't hold a payment up, and the owner needs no right to write
// there. Files beside the store are written before the row that names them, so they are copied
// after the database: each that a row of the copy names is in the copy. One that no row names is
// removed when the store is opened.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "store/store.hpp"

namespace kassa::store {

/// What tells a copy from another; counted whatever schema it has.
struct CopyContents {
  std::int32_t schema = 0;
  std::map<std::string, std::int64_t> rows;  // by table
  std::vector<LaneHead> heads;               // of the lanes
};

/// Copies the store at `path`, whoever owns it, into an existing folder that is empty. Every file
/// is on disk when it returns. A stop that is requested ends it as `busy`.
void copy_store(const std::filesystem::path& path, const std::filesystem::path& folder,
                std::stop_token stop = {});

/// Copies all files of a folder and of those in it, except some at its top, into another that is
/// there and empty; each is on disk when it returns.
void copy_files(const std::filesystem::path& from, const std::filesystem::path& to,
                const std::vector<std::string>& except);

[[nodiscard]] CopyContents contents_of_copy(const std::filesystem::path& folder);

/// Brings the copy's schema up to date, as opening it as a store would. StoreError where it is
/// newer than this program.
void migrate_copy(const std::filesystem::path& folder);

/// Looks at every page of the database, then recomputes the books, compares events with payments
/// and keys, and looks for the files that rows name. StoreError where the copy has another schema
/// than this program.
[[nodiscard]] LedgerReport check_copy(const std::filesystem::path& folder,
                                      std::stop_token stop = {});

/// A place where a copy becomes a store. Nobody else can open a store there meanwhile, and nothing
/// that looks like a store is there before `put`.
class NewPlace {
 public:
  /// StoreError if anything of a store is at `path` already. What an earlier one left behind when
  /// it was killed is removed.
  explicit NewPlace(std::filesystem::path path);
  ~NewPlace();
  NewPlace(const NewPlace&) = delete;
  NewPlace& operator=(const NewPlace&) = delete;

  /// Where the copy's files are to be put; removed with the object.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Makes the files of `folder` the store. Never in the place of another file.
  void put();

 private:
  struct Lock;
  std::filesystem::path path_;
  std::filesystem::path folder_;
  std::unique_ptr<Lock> lock_;
};

}  // namespace kassa::store
