// What an export says of itself: its first and its last page, as lines of text that people can read
// too (`head -c 2000 FILE`). A name, a space, the value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/uuid.hpp"
#include "store/sha256.hpp"

namespace kassa::store {

/// A key of the ring that the store was sealed with. `proof` is made with the key and tells it from
/// another one of the same id; it says nothing of the key.
struct RingKey {
  std::uint32_t id = 0;
  bool opens = false;  // it has its secret still: rows may be sealed with it
  std::string proof;   // one word
};

struct ExportHead {
  domain::Uuid id;  // random: no two exports are one
  std::int64_t made_at_ms = 0;
  std::string kassa;   // which build made it
  std::string engine;  // sqlite, postgresql
  std::int32_t schema = 0;
  std::vector<RingKey> keys;

  // What a store holds besides rows.
  std::int64_t config_version = 0;
  std::int64_t live_clock_ms = 0;
};

/// All rows of a table, or all files of receipts: how many, and the SHA-256 of their bytes in the
/// order of their keys. Two stores that hold the same have the same.
struct Section {
  std::string name;
  std::int64_t count = 0;
  std::string sha256;

  bool operator==(const Section&) const = default;
};
inline constexpr std::string_view kFilesSection = "receipt_files";

/// With the declarations of all tables.
[[nodiscard]] std::string head_text(const ExportHead& head);
/// Throws StoreError where a line is missing or wrong, and where the tables are not those of this
/// program.
[[nodiscard]] ExportHead read_head(std::string_view text);

[[nodiscard]] std::string end_text(const std::vector<Section>& sections);
[[nodiscard]] std::vector<Section> read_end(std::string_view text);

}  // namespace kassa::store
