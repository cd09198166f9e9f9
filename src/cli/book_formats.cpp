#include "cli/book_formats.hpp"

#include <fmt/format.h>

#include <set>

#include "cli/print.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

std::int64_t number_of(const JsonValue& object, std::string_view name) {
  return object.find(name).value().integer().value();
}

/// None of the values needs quotes: numbers, ids, times and names of ours.
class Csv final : public BookFormat {
 public:
  std::string begin() override {
    return "lane,seq,at,kind,request_id,correction,debit,credit,amount,currency,digits,chain\n";
  }
  std::string line(const BookLine& l) override {
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", l.lane, l.seq, l.at, l.kind,
                       l.request_id, l.correction, l.debit, l.credit, l.amount, l.currency,
                       l.digits, l.chain);
  }
  std::string end() override { return {}; }
};

/// An array with a transfer on each line.
class Json final : public BookFormat {
 public:
  std::string begin() override { return "["; }
  std::string line(const BookLine& l) override {
    std::string out(first_ ? "\n" : ",\n");
    first_ = false;
    protocol::JsonWriter(out)
        .begin_object()
        .member("lane", l.lane)
        .member("seq", l.seq)
        .member("at", l.at)
        .member("kind", l.kind)
        .member("request_id", l.request_id.empty() ? std::optional<std::string>() : l.request_id)
        .member("correction", l.correction)
        .member("debit", l.debit)
        .member("credit", l.credit)
        .member("amount", l.amount)
        .member("currency", l.currency)
        .member("digits", l.digits)
        .member("chain", l.chain)
        .end_object();
    return out;
  }
  std::string end() override { return "\n]\n"; }

 private:
  bool first_ = true;
};

/// A transaction for each transfer. Currencies and accounts are declared before their first use, so
/// that `hledger check --strict` holds too; memory grows with their number only.
class Hledger final : public BookFormat {
 public:
  std::string begin() override {
    return "; The books of Kassa. What an account is given counts up, what is taken from it down:\n"
           "; balances are those of `kassa ledger balances`.\n"
           "decimal-mark .\n";
  }
  std::string line(const BookLine& l) override {
    std::string out;
    if (declared_.insert(l.currency).second) {
      // A mark that no digit follows is needed where a currency has none.
      out += fmt::format("\ncommodity {}{} {}\n", major_units(0, l.digits),
                         l.digits == 0 ? "." : "", l.currency);
    }
    for (const std::string& account : {l.debit, l.credit}) {
      if (declared_.insert(account).second) out += fmt::format("account {}\n", account);
    }
    out += fmt::format("\n{} ({}.{}) {}  ; kind:{}, request_id:{}, correction:{}, at:{}\n",
                       l.at.substr(0, kDateLength), l.lane, l.seq, l.kind, l.kind, l.request_id,
                       l.correction, l.at);
    out += posting(l.debit, -l.amount, l);
    out += posting(l.credit, l.amount, l);
    return out;
  }
  std::string end() override { return {}; }

 private:
  static constexpr std::size_t kDateLength = 10;

  static std::string posting(const std::string& account, std::int64_t minor, const BookLine& l) {
    return fmt::format("    {:<56}  {:>16} {}\n", account, major_units(minor, l.digits),
                       l.currency);
  }

  std::set<std::string> declared_;  // currencies and accounts, whose names can't be the same
};

}  // namespace

BookLine::BookLine(const JsonValue& transfer)
    : lane(number_of(transfer, "lane")),
      seq(number_of(transfer, "seq")),
      at(iso_time(number_of(transfer, "at_ms"))),
      kind(text_of(transfer, "kind")),
      request_id(text_of(transfer, "request_id")),
      correction(number_of(transfer, "correction")),
      debit(text_of(transfer, "debit")),
      credit(text_of(transfer, "credit")),
      amount(number_of(transfer, "amount")),
      currency(text_of(transfer, "currency")),
      digits(number_of(transfer, "digits")),
      chain(text_of(transfer, "chain")) {}

const std::vector<std::string>& book_formats() {
  static const std::vector<std::string> names{"csv", "json", "hledger"};
  return names;
}

std::unique_ptr<BookFormat> book_format(std::string_view name) {
  if (name == "json") return std::make_unique<Json>();
  if (name == "hledger") return std::make_unique<Hledger>();
  return std::make_unique<Csv>();
}

}  // namespace kassa::cli
