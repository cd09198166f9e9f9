#include "ops/build_info.hpp"

namespace kassa::ops {
namespace {

#if defined(__clang__)
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

BuildInfo build_info() {
  return {KASSA_VERSION, KASSA_REVISION, kCompiler};
}

std::string build_line() {
  const BuildInfo info = build_info();
  std::string line = "kassa ";
  line.append(info.version).append(" (").append(info.revision).append(", ");
  return line.append(info.compiler).append(")");
}

}  // namespace kassa::ops
