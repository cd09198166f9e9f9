#include "store/postgres/url.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "store/store.hpp"

namespace kassa::store::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// Whether the parts are what they should be, after libpq took the URL apart.
bool is_plausible(const PQconninfoOption* options) {
  for (; options->keyword != nullptr; ++options) {
    if (options->val == nullptr) continue;
    const std::string_view name = options->keyword;
    const std::string_view value = options->val;
    const bool names_place = name == "host" || name == "hostaddr" || name == "dbname";
    if (names_place && value.contains('@')) return false;
    if (name == "port" && value.find_first_not_of("0123456789,") != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

void check_url(const std::string& url) {
  char* quoting = nullptr;  // libpq's sentence
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), &quoting));
  PQfreemem(quoting);
  if (options && is_plausible(options.get())) return;
  throw StoreError(StoreError::Kind::failed,
                   "the store's URL is not of the form postgresql://USER:PASSWORD@HOST/DATABASE. "
                   "Inside the user, the password and the database write % as %25, @ as %40, "
                   ": as %3A, / as %2F, ? as %3F, # as %23");
}

}  // namespace kassa::store::postgres
