#include "cli/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "cli/session.hpp"

namespace kassa::cli {
namespace {

void write_to(const std::filesystem::path& path, std::string_view text, unsigned mode, int flags) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  if (file < 0) throw Refused(path.string() + ": " + std::generic_category().message(errno));
  bool good = true;
  while (good && !text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    good = written > 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!good) throw Refused(path.string() + ": " + std::generic_category().message(error));
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Refused(path.string() + ": " + std::generic_category().message(errno));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_new_file(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  write_to(path, text, mode, O_EXCL);
}

void replace_file(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  const std::filesystem::path fresh = path.string() + ".new";
  write_to(fresh, text, mode, O_TRUNC);
  std::filesystem::rename(fresh, path);
}

}  // namespace kassa::cli
