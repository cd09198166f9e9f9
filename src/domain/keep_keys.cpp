// What keys leave behind: when a key set was used, and rows sealed with a newer key of the ring.
#include <algorithm>

#include "domain/commands.hpp"

namespace kassa::domain {

void reads(const ReportKeyUse& command, const WorkingSet& ws, const Context&, Keys& keys) {
  name_unknown(ws.key_uses, keys.key_uses, command.id);
}

Decision decide(const ReportKeyUse& command, WorkingSet& ws, const Context&) {
  KeyUse& use = ws.key_uses.edit_or_insert({command.id, command.at, command.at});
  use.first_at = std::min(use.first_at, command.at);
  use.last_at = std::max(use.last_at, command.at);
  return Done{};
}

void reads(const Reseal&, const WorkingSet&, const Context&, Keys&) {}

/// Nothing is decided here but that it is written: the store compares each blob with what it has.
Decision decide(const Reseal& command, WorkingSet& ws, const Context&) {
  for (const Resealed& row : command.rows) ws.append(row);
  return Done{};
}

}  // namespace kassa::domain
