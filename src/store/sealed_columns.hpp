// Where each sealed blob is kept, and the statements that walk and replace them. `mark` is how the
// engine writes a parameter.
#pragma once

#include <string>
#include <string_view>

#include "domain/reseal.hpp"

namespace kassa::store {

struct SealedColumn {
  std::string_view table;
  std::string_view key;
  std::string_view blob;
  std::string_view number_hash = {};  // replaced with the blob; empty: the table has none
  std::string_view seq = {};          // the key's second column; empty: it has none
};

[[nodiscard]] constexpr SealedColumn sealed_column(domain::SealedPlace place) {
  switch (place) {
    case domain::SealedPlace::payment_details:
      return {"payments", "request_id", "details"};
    case domain::SealedPlace::requisites_details:
      return {"requisites", "requisites_id", "details", "number_hash"};
    case domain::SealedPlace::notice_details:
      return {"notices", "notice_id", "details"};
    case domain::SealedPlace::notice_note:
      return {"notices", "notice_id", "note"};
    case domain::SealedPlace::event_note:
      return {"payment_events", "request_id", "actor_note", {}, "seq"};
    case domain::SealedPlace::settlement_reference:
      return {"settlements", "settlement_id", "reference"};
    case domain::SealedPlace::settlement_note:
      break;
  }
  return {"settlements", "settlement_id", "note"};
}

/// Parameter 1: behind this id; 2: how many; 3, where the key has two columns: behind this seq of
/// that id. Columns: id, blob, and the number's hash or the seq.
///
/// Few events have a note, and they are found by an index of their own (payment_events_notes).
[[nodiscard]] inline std::string sealed_rows_sql(domain::SealedPlace place, char mark) {
  const SealedColumn c = sealed_column(place);
  const auto parameter = [mark](char number) { return std::string{mark, number}; };
  std::string sql = "SELECT ";
  sql.append(c.key).append(", ").append(c.blob);
  if (!c.number_hash.empty()) sql.append(", ").append(c.number_hash);
  if (!c.seq.empty()) sql.append(", ").append(c.seq);
  sql.append(" FROM ").append(c.table).append(" WHERE ");
  if (c.seq.empty()) {
    sql.append(c.key).append(" > ").append(parameter('1'));
    sql.append(" ORDER BY ").append(c.key);
  } else {
    sql.append("length(").append(c.blob).append(") > 0 AND (");
    sql.append(c.key).append(", ").append(c.seq).append(") > (");
    sql.append(parameter('1')).append(", ").append(parameter('3')).append(") ORDER BY ");
    sql.append(c.key).append(", ").append(c.seq);
  }
  return sql.append(" LIMIT ").append(parameter('2'));
}

/// Parameter 1: the row; 2: the blob before; 3: after; 4: the number's hash or the seq, where there
/// is one.
[[nodiscard]] inline std::string reseal_sql(domain::SealedPlace place, char mark) {
  const SealedColumn c = sealed_column(place);
  const auto parameter = [mark](char number) { return std::string{mark, number}; };
  std::string sql = "UPDATE ";
  sql.append(c.table).append(" SET ").append(c.blob).append(" = ").append(parameter('3'));
  if (!c.number_hash.empty()) {
    sql.append(", ").append(c.number_hash).append(" = ").append(parameter('4'));
  }
  sql.append(" WHERE ").append(c.key).append(" = ").append(parameter('1'));
  if (!c.seq.empty()) sql.append(" AND ").append(c.seq).append(" = ").append(parameter('4'));
  return sql.append(" AND ").append(c.blob).append(" = ").append(parameter('2'));
}

}  // namespace kassa::store
