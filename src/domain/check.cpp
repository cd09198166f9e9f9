#include "domain/check.hpp"

#include <cstring>

namespace kassa::domain {

void check_failed(const char* expression, const char* file, int line, const std::string& what) {
  const char* slash = std::strrchr(file, '/');
  throw CheckFailed(what + " [" + expression + " at " + (slash ? slash + 1 : file) + ":" +
                    std::to_string(line) + "]");
}

}  // namespace kassa::domain
