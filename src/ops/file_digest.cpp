#include "ops/file_digest.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

#include "domain/check.hpp"
#include "encoding/base64.hpp"

namespace kassa::ops {
namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 20;

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail();
  }
  ~OpenFile() { ::close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] std::size_t read(std::vector<char>& part) const {
    for (;;) {
      const ssize_t size = ::read(file_, part.data(), part.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw std::system_error(errno, std::generic_category(), path_.string());
  }

  const std::filesystem::path& path_;
  int file_;
};

}  // namespace

FileDigest digest_of_file(const std::filesystem::path& path) {
  const OpenFile file(path);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(),
                                                                     &EVP_MD_CTX_free);
  bool good = hash != nullptr && EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1;
  FileDigest digest;
  std::vector<char> part(kPartBytes);
  for (std::size_t size = file.read(part); size > 0; size = file.read(part)) {
    good = good && EVP_DigestUpdate(hash.get(), part.data(), size) == 1;
    digest.bytes += static_cast<std::int64_t>(size);
  }
  std::array<std::uint8_t, 32> bytes{};
  good = good && EVP_DigestFinal_ex(hash.get(), bytes.data(), nullptr) == 1;
  KASSA_CHECK(good, "SHA-256 failed");
  digest.sha256 = encoding::to_hex(bytes);
  return digest;
}

}  // namespace kassa::ops
