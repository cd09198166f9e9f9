// What gateways tell each other, as text and back.
#include "api/gateway_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store.hpp"
#include "unit/ids.hpp"
#include "unit/ops/temporary_directory.hpp"

namespace kassa::api {
namespace {

using kassa::test::id_of;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<domain::RequestId> payments(std::size_t count) {
  std::vector<domain::RequestId> ids;
  for (std::size_t i = 1; i <= count; ++i) {
    ids.push_back(id_of<domain::RequestId>(static_cast<std::uint32_t>(i)));
  }
  return ids;
}

class GatewayWords : public testing::Test {
 protected:
  [[nodiscard]] ops::KeyRing make_ring(const std::string& name) const {
    return ops::KeyRing::create(directory_ / name, domain::Instant{}).value();
  }

 private:
  ops::TemporaryDirectory directory_;

 protected:
  const ops::KeyRing ring_ = make_ring("ring.toml");
};

TEST_F(GatewayWords, NameTheChangedPaymentsUpToTwoHundred) {
  const auto two_hundred = payments(200);
  const std::string word = word_of_changes(two_hundred);
  EXPECT_LE(word.size(), store::Talk::kWordMax);
  EXPECT_EQ(heard(word, ring_).changed, two_hundred);
  EXPECT_FALSE(heard(word, ring_).many);
  const Heard many = heard(word_of_changes(payments(201)), ring_);
  EXPECT_TRUE(many.many);
  EXPECT_THAT(many.changed, IsEmpty());
}

TEST_F(GatewayWords, SayWhoAskedHowOftenAndShowItToNobody) {
  const std::string project = id_of<domain::ProjectId>(7).text();
  const Uses uses{{{project, 12, 0.5}},
                  {{"192.0.2.1", 70'000, 0.2}, {std::string("\x20\x01\0\x07", 4), 1, 0.9}}};
  const auto word = word_of_uses(uses, ring_);
  ASSERT_TRUE(word.has_value());
  EXPECT_THAT(*word, Not(HasSubstr("192.0.2.1")));
  EXPECT_THAT(*word, Not(HasSubstr(project)));
  const Uses read = heard(*word, ring_).uses;
  EXPECT_EQ(read.projects, (std::vector<Use>{{project, 12, 0}}));
  EXPECT_EQ(read.addresses,
            (std::vector<Use>{{std::string("\x20\x01\0\x07", 4), 1, 0}, {"192.0.2.1", 70'000, 0}}));
  EXPECT_THAT(heard(*word, make_ring("another.toml")).uses.projects, IsEmpty());
  EXPECT_EQ(word_of_uses({}, ring_), std::nullopt);
}

TEST_F(GatewayWords, OfVeryManyTheGreatestSharesFitIntoAWord) {
  Uses uses;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    uses.projects.push_back({id_of<domain::ProjectId>(i).text(), i, static_cast<double>(i)});
  }
  const auto word = word_of_uses(uses, ring_);
  ASSERT_TRUE(word.has_value());
  EXPECT_LE(word->size(), store::Talk::kWordMax);
  const auto read = heard(*word, ring_).uses.projects;
  ASSERT_GE(read.size(), 100U);
  EXPECT_EQ(read.front().count, 999);
  EXPECT_EQ(read.back().count, static_cast<std::int64_t>(1'000 - read.size()));
}

TEST_F(GatewayWords, WhatIsNotUnderstoodSaysNothing) {
  for (const std::string_view word :
       {"", "changed", "changed !", "changed AAAA", "many more", "used ", "used AAAA", "news x"}) {
    const Heard nothing = heard(word, ring_);
    EXPECT_FALSE(nothing.many) << word;
    EXPECT_THAT(nothing.changed, IsEmpty()) << word;
    EXPECT_THAT(nothing.uses.projects, IsEmpty()) << word;
  }
}

}  // namespace
}  // namespace kassa::api
