// When a key set signed its first and its last request: what tells an operator that nobody uses an
// old one any more. To the minute: a row that each request wrote would cost more than the request.
#pragma once

#include "domain/time.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

struct KeyUse {
  KeySetId id;
  Instant first_at;
  Instant last_at;

  [[nodiscard]] const KeySetId& key() const { return id; }
};

}  // namespace kassa::domain
