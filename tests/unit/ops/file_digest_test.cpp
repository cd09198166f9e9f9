#include "ops/file_digest.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <system_error>

#include "unit/ops/temporary_directory.hpp"

namespace kassa::ops {
namespace {

TEST(FileDigest, IsTheSha256OfItsBytes) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  std::ofstream(path, std::ios::binary) << "abc";
  // FIPS 180-4's own example.
  EXPECT_EQ(digest_of_file(path),
            (FileDigest{3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}));
}

TEST(FileDigest, HoldsForMoreThanOnePart) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  std::ofstream(path, std::ios::binary) << std::string(3'000'000, 'a');
  const FileDigest before = digest_of_file(path);
  EXPECT_EQ(before.bytes, 3'000'000);
  std::ofstream(path, std::ios::binary) << std::string(2'999'999, 'a') << 'b';
  EXPECT_NE(digest_of_file(path), before);
}

TEST(FileDigest, NamesAFileThatIsNotThere) {
  try {
    (void)digest_of_file("/nowhere/of/that/name");
    FAIL() << "it was read";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/of/that/name"), std::string::npos);
  }
}

}  // namespace
}  // namespace kassa::ops
