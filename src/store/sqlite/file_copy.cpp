#include "store/sqlite/file_copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "store/sqlite/open_file.hpp"

namespace kassa::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPartBytes = std::size_t{1} << 20;

}  // namespace

void make_file(const fs::path& path) {
  (void)OpenFile(path, O_RDWR | O_CREAT | O_EXCL).required();
}

void make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0) fail_on_file(path, errno);
}

void copy_file(const fs::path& from, const fs::path& to) {
  const OpenFile source(from, O_RDONLY);
  if (source.is_missing()) return;
  source.required();
  const OpenFile copy(to, O_WRONLY | O_CREAT | O_EXCL);
  copy.required();
  std::vector<char> part(kPartBytes);
  for (std::size_t size = source.read(part); size > 0; size = source.read(part)) {
    copy.write({part.data(), size});
  }
  copy.sync();
}

}  // namespace kassa::store::sqlite
