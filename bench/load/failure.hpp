// What ends a run before it has measured anything: a wrong option, a server that does not start.
// Its text says what to do. Nothing here is caught but in main.
#pragma once

#include <stdexcept>

namespace kassa::bench {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace kassa::bench
