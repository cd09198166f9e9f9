#include "cli/ownership.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/session.hpp"

namespace kassa::cli {
namespace {

namespace fs = std::filesystem;

/// Whose the place is, or will be: that of the nearest folder above it that is there.
uid_t owner_of(fs::path place) {
  place = fs::absolute(place).lexically_normal();
  struct stat status{};
  while (::stat(place.c_str(), &status) != 0 && place.has_relative_path()) {
    place = place.parent_path();
  }
  return status.st_uid;
}

std::string name_of(uid_t user) {
  const passwd* known = ::getpwuid(user);  // NOLINT(concurrency-mt-unsafe): one thread asks
  return known != nullptr ? known->pw_name : std::to_string(user);
}

}  // namespace

std::optional<std::string> wrong_user(const fs::path& place, uid_t user) {
  if (user != 0) return std::nullopt;
  const uid_t owner = owner_of(place);
  if (owner == user) return std::nullopt;
  const std::string name = name_of(owner);
  return place.string() + " belongs to user " + name +
         ", who could not open what root makes there: run this as that user (runuser -u " + name +
         " -- kassa …)";
}

void refuse_wrong_user(const std::vector<fs::path>& places) {
  for (const auto& place : places) {
    if (const auto why = wrong_user(place, ::geteuid())) throw Refused(*why);
  }
}

}  // namespace kassa::cli
