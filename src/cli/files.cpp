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

int open_to_write(const std::filesystem::path& path, unsigned mode, int flags) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  if (file < 0) throw Refused(path.string() + ": " + std::generic_category().message(errno));
  return file;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void write_to(const std::filesystem::path& path, std::string_view text, unsigned mode, int flags) {
  const int file = open_to_write(path, mode, flags);
  const bool good = write_all(file, text) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!good) throw Refused(path.string() + ": " + std::generic_category().message(error));
}

/// A name that a crash forgets is no file. (A folder that may be written need not be readable.)
void sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  const bool good = ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!good) throw Refused(folder.string() + ": " + std::generic_category().message(error));
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

FileWriter::FileWriter(std::filesystem::path path, unsigned mode)
    : path_(std::move(path)),
      fresh_(path_.string() + ".new"),
      file_(open_to_write(fresh_, mode, O_TRUNC)) {}

FileWriter::~FileWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(fresh_.c_str());
}

void FileWriter::write(std::string_view text) {
  if (!write_all(file_, text))
    throw Refused(path_.string() + ": " + std::generic_category().message(errno));
}

void FileWriter::finish() {
  if (::fsync(file_) != 0)
    throw Refused(path_.string() + ": " + std::generic_category().message(errno));
  ::close(file_);
  file_ = -1;
  std::filesystem::rename(fresh_, path_);
  sync_folder_of(path_);
}

void replace_file(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  const std::filesystem::path fresh = path.string() + ".new";
  write_to(fresh, text, mode, O_TRUNC);
  std::filesystem::rename(fresh, path);
}

}  // namespace kassa::cli
