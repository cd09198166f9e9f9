// How PostgreSQL spells what store/ writes as SQLite takes it.
//
//   ?1                    $1
//   INDEXED BY name       nothing: PostgreSQL chooses its indexes itself
//   x'0aff'               '\x0aff'::bytea
//   CAST(t AS INTEGER)    the number that the text t begins with, as SQLite casts it
#pragma once

#include <string>
#include <string_view>

namespace kassa::store::postgres {

[[nodiscard]] std::string in_dialect(std::string_view sql);

}  // namespace kassa::store::postgres
