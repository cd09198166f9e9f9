#include "store/available_banks.hpp"

namespace kassa::store {
namespace {

/// Of one question: about 10 ms, spent only where some bank has none to give.
constexpr std::int64_t kEffortMax = 20'000;

/// What is carried, whatever the amount: no slot is taken for every one.
class AnyAmount final : public domain::Carried {
 public:
  explicit AnyAmount(LookUps& look_ups) : look_ups_(look_ups) {}

  bool is_taken(const domain::SlotId&, domain::Instant) override { return false; }
  domain::RequisitesDay day(const domain::RequisitesDayId& id) override {
    return look_ups_.day(id);
  }
  std::int64_t owed(const domain::ExposureId& id) override { return look_ups_.owed(id); }

 private:
  LookUps& look_ups_;
};

class Search {
 public:
  Search(LineSource& source, const BankQuery& query)
      : source_(source), query_(query), look_ups_(source), any_amount_(look_ups_) {
    source_.begin({}, query.now);
    look_ups_.begin(kEffortMax);
  }

  std::set<std::string, std::less<>> run() {
    for (const auto& pool : query_.pools) {
      for (const auto& [currency, methods] : query_.methods) walk(pool, currency, methods);
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_over() const {
    return found_.size() == query_.banks.size() || look_ups_.is_over();
  }

  void walk(const std::string& pool, const domain::Currency& currency,
            const std::vector<std::string>& methods) {
    const domain::Instant from = domain::Instant::min();
    const domain::RequisitesId none;
    const auto line = source_.walk(pool, currency, from, none);
    while (!is_over()) {
      const domain::Requisites* row = line->next();
      if (row == nullptr) return;
      look_ups_.begin_row();
      const bool asked = query_.banks.contains(row->bank_symbol);
      if (!asked || found_.contains(row->bank_symbol)) continue;
      if (fits(*row, methods)) found_.insert(row->bank_symbol);
    }
  }

  bool fits(const domain::Requisites& row, const std::vector<std::string>& methods) {
    domain::CandidateQuery payin;
    payin.currency = row.currency;
    payin.amount = row.amount_min;
    payin.now = query_.now;
    payin.config = query_.config;
    for (const auto& method : methods) {
      payin.method = method;
      const auto miss = domain::missed_rule(payin, row, any_amount_);
      if (!miss) return true;
      if (*miss != domain::Miss::method) return false;  // no other method would do better
    }
    return false;
  }

  LineSource& source_;
  const BankQuery& query_;
  LookUps look_ups_;
  AnyAmount any_amount_;
  std::set<std::string, std::less<>> found_;
};

}  // namespace

std::set<std::string, std::less<>> available_banks(LineSource& source, const BankQuery& query) {
  return Search(source, query).run();
}

}  // namespace kassa::store
