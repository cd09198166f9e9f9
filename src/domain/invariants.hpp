// What must hold of every batch before it is committed: small classes, run on the rows touched.
//
// A breach throws CheckFailed; the loop then runs the batch's commands one by one, refuses the one
// that breaks it alone, and freezes its payment (docs/architecture.md, "Invariants").
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "domain/commands.hpp"

namespace kassa::domain {

class Invariant {
 public:
  virtual ~Invariant() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Throws CheckFailed with the rule and the ids concerned.
  virtual void check(const WorkingSet& ws) const = 0;
};

/// Every invariant there is, in the order of cost.
[[nodiscard]] std::vector<std::unique_ptr<Invariant>> all_invariants();

}  // namespace kassa::domain
