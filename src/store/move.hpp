// A store moved to another engine, or another place: everything that it holds as one stream of
// bytes, and that stream made a store again (docs/moving.md).
//
//   store, standing still ─▶ export_store ─▶ pages, each with its checksum ─▶ import_store ─▶ store
//
// What goes over: all rows of all declared tables, the sealed files of receipts, the
// configuration's version and the live clock. What doesn't: the key ring, which is no part of the
// store; sealed blobs go as they are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/move/export_head.hpp"
#include "store/move/pages.hpp"
#include "store/store.hpp"

namespace kassa::store {

struct ExportReport {
  ExportHead head;
  std::int64_t pages = 0;
  std::int64_t bytes = 0;
  std::string sha256;             // the chain of the last page
  std::vector<Section> sections;  // the tables, then the files
  std::vector<LaneHead> lanes;    // where the books end
  std::int64_t files_missing = 0;
};

/// Writes all that the store at `url` holds, as of one moment. StoreError where anybody lives on
/// it. `about`: id, made_at_ms, kassa and keys; the rest is the store's.
[[nodiscard]] ExportReport export_store(const std::string& url, ExportHead about,
                                        const ByteSink& to);

struct ImportReport {
  ExportHead head;
  std::int64_t pages = 0;
  std::int64_t pages_before = 0;  // of them those that an earlier, killed run had stored
  std::string sha256;
  std::vector<Section> sections;
  LedgerReport ledger;
  std::vector<std::string> receipts_missing;
};

/// Makes the store at `url` what was exported. It goes on where an import of the same export was
/// killed; anything else that is there already is refused, and so is whatever differs afterwards
/// from what was exported. `accept` may refuse the export, by throwing, before anything is written.
[[nodiscard]] ImportReport import_store(const std::string& url, const ByteSource& from,
                                        const std::function<void(const ExportHead&)>& accept);

}  // namespace kassa::store
