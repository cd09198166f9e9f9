// The ring's keys as an export names them: a sealed blob goes over as it is, so the other side must
// have the same keys. Ids alone don't tell, since every ring begins with key 1: each key also makes
// a hash of the export's id.
#pragma once

#include <vector>

#include "ops/config.hpp"
#include "ops/key_ring.hpp"
#include "store/move.hpp"

namespace kassa::cli {

/// Throws Refused where there is no ring.
[[nodiscard]] ops::KeyRing ring_of(const ops::Config& config);

[[nodiscard]] std::vector<store::RingKey> keys_of(const ops::KeyRing& ring,
                                                  const domain::Uuid& export_id);

/// Throws Refused, naming each key of the export that the ring doesn't have or can't use as then.
void require_keys(const ops::KeyRing& ring, const store::ExportHead& head);

}  // namespace kassa::cli
