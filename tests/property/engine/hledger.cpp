#include "property/engine/hledger.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>

#include "domain/ledger.hpp"

namespace kassa::engine::test {
namespace {

constexpr std::size_t kPage = 1'000;

std::string key_of(const std::string& account, const std::string& currency) {
  return account + " " + currency;
}

/// What the command prints. A command that can't be run or fails is a failure of the test.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) {
    ADD_FAILURE() << "can't run " << command;
    return {};
  }
  std::string out;
  std::array<char, 65'536> chunk{};
  for (std::size_t n = 0; (n = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) > 0;) {
    out.append(chunk.data(), n);
  }
  return out;
}

/// `"account","123 KZT"` of hledger's CSV.
std::map<std::string, std::int64_t> balances_in(const std::string& csv) {
  std::map<std::string, std::int64_t> balances;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, R"("account","balance")");
  while (std::getline(lines, line)) {
    const auto middle = line.find(R"(",")");
    const auto space = line.find(' ', middle);
    if (middle == std::string::npos || space == std::string::npos) {
      ADD_FAILURE() << "not a balance: " << line;
      continue;
    }
    const std::string currency = line.substr(space + 1, line.size() - space - 2);
    balances[key_of(line.substr(1, middle - 1), currency)] =
        std::stoll(line.substr(middle + 3, space - middle - 3));
  }
  return balances;
}

}  // namespace

Hledger::Hledger() : journal_(directory_.path() / "journal") {
  journal_ << "decimal-mark .\n";
}

void Hledger::add(const std::string& name, store::Reader& reader) {
  const auto account = [&name](const domain::AccountId& id) {
    return name + ":" + domain::book_name(id);
  };
  store::Page page{{}, kPage};
  do {
    const auto found = reader.ledger({}, page);
    for (const domain::Transfer& t : found.rows) {
      const std::string currency = t.debit.currency.text();
      journal_ << "\n2025-06-15 " << domain::name(t.kind) << "\n  " << account(t.debit) << "  "
               << -t.amount_minor << ' ' << currency << "\n  " << account(t.credit) << "  "
               << t.amount_minor << ' ' << currency << '\n';
    }
    page.cursor = found.next_cursor;
  } while (!page.cursor.empty());
  for (const domain::Account& one : reader.accounts({})) {
    if (one.balance != 0) claimed_[key_of(account(one.id), one.id.currency.text())] = one.balance;
  }
}

void Hledger::compare() {
  journal_.close();
  const auto path = (directory_.path() / "journal").string();
  EXPECT_EQ(balances_in(output_of("hledger -f '" + path + "' balance --flat --no-total -O csv")),
            claimed_);
}

}  // namespace kassa::engine::test
