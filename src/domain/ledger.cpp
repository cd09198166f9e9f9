#include "domain/ledger.hpp"

namespace kassa::domain {

std::string book_name(const AccountId& id) {
  constexpr std::string_view kOwner = "<id>";
  const AccountRule* rule = rule_of(id.kind);
  std::string text(rule != nullptr ? rule->book_name : "unknown:<id>");
  return text.replace(text.find(kOwner), kOwner.size(), id.owner.text());
}

}  // namespace kassa::domain
