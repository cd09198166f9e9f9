// hledger as an oracle: a journal of the transfers of many stores, and the balances that a program
// which knows nothing of Kassa makes of it.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "store/store.hpp"
#include "unit/ops/temporary_directory.hpp"

namespace kassa::engine::test {

class Hledger {
 public:
  Hledger();

  /// Writes down the store's transfers, and remembers the balances that it claims. The accounts of
  /// each store stand under a name of their own.
  void add(const std::string& name, store::Reader& reader);

  /// Lets hledger compute every balance and compares; records a failure for each that differs.
  void compare();

  [[nodiscard]] std::size_t accounts() const { return claimed_.size(); }

 private:
  ops::TemporaryDirectory directory_;
  std::ofstream journal_;
  std::map<std::string, std::int64_t> claimed_;  // by account and currency; never zero
};

}  // namespace kassa::engine::test
