#include "store/postgres/dialect.hpp"

#include <cctype>

namespace kassa::store::postgres {
namespace {

constexpr std::string_view kIndexedBy = "INDEXED BY ";
constexpr std::string_view kBytes = "x'";
constexpr std::string_view kCast = "CAST(";
constexpr std::string_view kAsInteger = " AS INTEGER)";

bool is_of_a_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view word_of(std::string_view sql) {
  std::size_t size = 0;
  while (size < sql.size() && (is_of_a_word(sql[size]) || sql[size] == '.')) ++size;
  return sql.substr(0, size);
}

}  // namespace

std::string in_dialect(std::string_view sql) {
  std::string out;
  bool in_word = false;
  while (!sql.empty()) {
    if (!in_word && sql.starts_with(kIndexedBy)) {
      sql.remove_prefix(kIndexedBy.size());
      sql.remove_prefix(word_of(sql).size());
      continue;
    }
    if (!in_word && sql.starts_with(kBytes)) {
      const std::size_t end = sql.find('\'', kBytes.size());
      out.append("'\\x").append(sql.substr(kBytes.size(), end - kBytes.size())).append("'::bytea");
      sql.remove_prefix(end + 1);
      continue;
    }
    if (!in_word && sql.starts_with(kCast)) {
      const std::string_view column = word_of(sql.substr(kCast.size()));
      if (sql.substr(kCast.size() + column.size()).starts_with(kAsInteger)) {
        out.append("CAST(substring(").append(column).append(" FROM '^[0-9]+') AS INTEGER)");
        sql.remove_prefix(kCast.size() + column.size() + kAsInteger.size());
        continue;
      }
    }
    in_word = is_of_a_word(sql.front());
    out += sql.front() == '?' ? '$' : sql.front();
    sql.remove_prefix(1);
  }
  return out;
}

}  // namespace kassa::store::postgres
