// KASSA_CHECK: for what cannot be. Always on: a ledger stops rather than lies.
//
// It throws `CheckFailed`, which the loop treats as a breach of an invariant: the batch is rolled
// back, and the command that fails alone is refused and its payment frozen (docs/architecture.md).
#pragma once

#include <stdexcept>
#include <string>

namespace kassa::domain {

class CheckFailed : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* expression, const char* file, int line,
                               const std::string& what);

}  // namespace kassa::domain

/// `what` names the rule and the ids concerned, never personal data: it goes to the log.
#define KASSA_CHECK(expression, what)                                         \
  do {                                                                        \
    if (!(expression)) [[unlikely]]                                           \
      ::kassa::domain::check_failed(#expression, __FILE__, __LINE__, (what)); \
  } while (false)
