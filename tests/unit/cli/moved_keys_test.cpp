// Whether a ring is the one that an exported store was sealed with.
#include "cli/moved_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/session.hpp"
#include "unit/ops/temporary_directory.hpp"

namespace kassa::cli {
namespace {

using testing::HasSubstr;

constexpr domain::Uuid kExport{{1, 2, 3}};

ops::KeyRing new_ring() {
  ops::TemporaryDirectory folder;
  return ops::KeyRing::create(folder.path() / "ring.toml", domain::instant_of_ms(0)).value();
}

store::ExportHead exported_with(const ops::KeyRing& ring) {
  store::ExportHead head;
  head.id = kExport;
  head.keys = keys_of(ring, kExport);
  return head;
}

std::string refusal(const ops::KeyRing& ring, const store::ExportHead& head) {
  try {
    require_keys(ring, head);
  } catch (const Refused& error) {
    return error.what();
  }
  return {};
}

TEST(MovedKeys, OfTheSameRingAreAccepted) {
  const auto ring = new_ring();
  EXPECT_EQ(refusal(ring, exported_with(ring)), "");
}

TEST(MovedKeys, OfARingThatRotatedSinceAreAcceptedWhileItOpensWhatIsSealed) {
  const auto ring = new_ring();
  const auto rotated = ring.rotated(domain::instant_of_ms(1));
  EXPECT_EQ(refusal(rotated, exported_with(ring)), "");
  EXPECT_EQ(refusal(rotated.without_retired(), exported_with(rotated.without_retired())), "");
  EXPECT_THAT(refusal(rotated.without_retired(), exported_with(ring)),
              HasSubstr("key 1 has lost its secret"));
}

TEST(MovedKeys, OfAnotherRingAreRefusedThoughTheirIdsAreTheSame) {
  EXPECT_THAT(refusal(new_ring(), exported_with(new_ring())),
              HasSubstr("its key 1 is another one than that of the exported store"));
}

TEST(MovedKeys, ThatAnOlderRingDoesNotHaveAreNamed) {
  const auto ring = new_ring();
  EXPECT_THAT(refusal(ring, exported_with(ring.rotated(domain::instant_of_ms(1)))),
              HasSubstr("key 2 is not in it"));
}

TEST(MovedKeys, AreProvenAnewForEachExport) {
  const auto ring = new_ring();
  const auto first = keys_of(ring, kExport);
  const auto second = keys_of(ring, domain::Uuid{{4, 5, 6}});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].proof.size(), 64U);
  EXPECT_NE(first[0].proof, second[0].proof);
}

}  // namespace
}  // namespace kassa::cli
