// All that a store holds, section by section: the same bytes in the same order in every engine, so
// that what was exported can be compared with what was imported.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "store/move/export_head.hpp"
#include "store/move/move_ends.hpp"

namespace kassa::store {

/// Calls `visit` with each row's bytes, in the order of the keys.
void for_each_row(Database& db, const TableShape& table,
                  const std::function<void(std::string_view row)>& visit);

/// Calls `visit` for each receipt's file that is there, in the order of their ids; how many are
/// not.
std::int64_t for_each_file(
    StandingStore standing,
    const std::function<void(domain::ReceiptFileId id, std::string_view sealed)>& visit);

/// As a page holds it, and as its section is hashed.
[[nodiscard]] std::string file_content(domain::ReceiptFileId id, std::string_view sealed);

/// Counts and hashes one section.
class SectionSum {
 public:
  explicit SectionSum(std::string_view name) { section_.name = name; }

  void add(std::string_view bytes, std::int64_t count = 1);
  [[nodiscard]] Section end();

 private:
  Section section_;
  Sha256 sha256_;
};

/// Of everything; reads it all.
[[nodiscard]] std::vector<Section> sections_of(StandingStore standing,
                                               const std::stop_token& stop = {});

}  // namespace kassa::store
