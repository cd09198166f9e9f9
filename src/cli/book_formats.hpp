// The forms in which `kassa ledger export` writes transfers, one after another: CSV, JSON, and the
// journal of hledger (and of other programs that read plain-text accounting).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_document.hpp"

namespace kassa::cli {

/// A transfer as the desk tells it (ledger/transfers). Amounts are minor units.
struct BookLine {
  explicit BookLine(const protocol::JsonValue& transfer);

  std::int64_t lane;
  std::int64_t seq;
  std::string at;  // ISO 8601
  std::string kind;
  std::string request_id;  // empty: no payment's
  std::int64_t correction;
  std::string debit;
  std::string credit;
  std::int64_t amount;
  std::string currency;
  std::int64_t digits;  // of the currency's minor unit
  std::string chain;
};

class BookFormat {
 public:
  virtual ~BookFormat() = default;
  [[nodiscard]] virtual std::string begin() = 0;
  [[nodiscard]] virtual std::string line(const BookLine& line) = 0;
  [[nodiscard]] virtual std::string end() = 0;
};

/// The names that book_format takes.
[[nodiscard]] const std::vector<std::string>& book_formats();
[[nodiscard]] std::unique_ptr<BookFormat> book_format(std::string_view name);

}  // namespace kassa::cli
