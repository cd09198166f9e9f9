#include "api/rate_limits.hpp"

#include <gtest/gtest.h>

namespace kassa::api {
namespace {

using namespace std::chrono_literals;

constexpr Rate kRate{.per_second = 10, .burst = 30};

TEST(Rates, ABurstThenAsFastAsTheyComeBack) {
  Bucket bucket;
  for (int i = 29; i >= 0; --i) {
    const RateState state = bucket.take(kRate, 5s);
    ASSERT_TRUE(state.allowed);
    EXPECT_EQ(state.remaining, i);
    EXPECT_EQ(state.limit, 30);
  }
  const RateState refused = bucket.take(kRate, 5s);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.reset_s, 3);
  EXPECT_EQ(refused.retry_after_s, 1);
  EXPECT_FALSE(bucket.take(kRate, 5s + 99ms).allowed);
  EXPECT_TRUE(bucket.take(kRate, 5s + 100ms).allowed);
  EXPECT_FALSE(bucket.take(kRate, 5s + 100ms).allowed);
}

TEST(Rates, WhatWasRefusedCostsNothing) {
  Bucket bucket;
  for (int i = 0; i < 30; ++i) (void)bucket.take(kRate, 0s);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(bucket.take(kRate, 0s).allowed);
  EXPECT_TRUE(bucket.take(kRate, 100ms).allowed);
}

TEST(Rates, ARestFillsTheBucketButNotAboveItsBurst) {
  Bucket bucket;
  for (int i = 0; i < 30; ++i) (void)bucket.take(kRate, 0s);
  EXPECT_EQ(bucket.look(kRate, 1s).remaining, 10);
  EXPECT_EQ(bucket.look(kRate, 3600s).remaining, 30);
  EXPECT_EQ(bucket.look(kRate, 3600s).reset_s, 0);
}

TEST(Rates, ABurstBelowASecondsWorthIsThatSecond) {
  Bucket bucket;
  const Rate rate{.per_second = 10, .burst = 1};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(rate, 0s).allowed);
  EXPECT_FALSE(bucket.take(rate, 0s).allowed);
}

TEST(Rates, ZeroIsNoLimitAndNoHeader) {
  Bucket bucket;
  for (int i = 0; i < 1'000; ++i) {
    const RateState state = bucket.take({}, 0s);
    EXPECT_TRUE(state.allowed);
    EXPECT_EQ(state.limit, 0);
  }
}

TEST(Rates, AChargeEmptiesTheBucketAndOwesNoMore) {
  Bucket bucket;
  for (int i = 0; i < 1'000; ++i) bucket.charge(kRate, 0s);
  EXPECT_FALSE(bucket.take(kRate, 0s).allowed);
  EXPECT_TRUE(bucket.take(kRate, 100ms).allowed);
}

TEST(Rates, AClockThatGoesBackLeavesAnEmptyBucketAtWorst) {
  Bucket bucket;
  EXPECT_TRUE(bucket.take(kRate, 3'600s).allowed);
  EXPECT_FALSE(bucket.take(kRate, 0s).allowed);
  EXPECT_EQ(bucket.look(kRate, 0s).reset_s, 3);
}

TEST(Rates, OneKeysRequestsAreNotAnothers) {
  Buckets buckets;
  EXPECT_FALSE(buckets.any());
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(buckets.take("a", kRate, 0s).allowed);
  EXPECT_FALSE(buckets.take("a", kRate, 0s).allowed);
  EXPECT_TRUE(buckets.take("b", kRate, 0s).allowed);
  EXPECT_TRUE(buckets.any());
  EXPECT_EQ(buckets.look("c", kRate, 0s).remaining, 30);
  EXPECT_EQ(buckets.size(), 2U);
}

TEST(Rates, KeysWithoutEndDontTakeMemoryWithoutEnd) {
  Buckets buckets;
  for (std::size_t i = 0; i < Buckets::kKeysMax; ++i) {
    (void)buckets.take(std::to_string(i), kRate, 0s);
  }
  // No room, and nobody's bucket is full yet: the next ones share one.
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(buckets.take("new " + std::to_string(i), kRate, 0s).allowed);
  }
  EXPECT_FALSE(buckets.take("new 30", kRate, 0s).allowed);
  EXPECT_EQ(buckets.size(), Buckets::kKeysMax);
  // A second later the full ones are forgotten, and whoever comes has a bucket again.
  EXPECT_TRUE(buckets.take("new 30", kRate, 2s).allowed);
  EXPECT_EQ(buckets.size(), 1U);
}

TEST(Rates, WhoTookAHundredthIsToldOnceAndTheGreatestShareFirst) {
  Buckets buckets;
  (void)buckets.take("before anybody wants to know", kRate, 0s);
  buckets.count_uses();
  constexpr Rate kLarge{.per_second = 1'000, .burst = 1'000};
  for (int i = 0; i < 9; ++i) (void)buckets.take("too few", kLarge, 0s);
  for (int i = 0; i < 10; ++i) (void)buckets.take("just enough", kLarge, 0s);
  for (int i = 0; i < 40; ++i) (void)buckets.take("small", kRate, 0s);
  buckets.charge("small", kRate, 0s);
  EXPECT_EQ(buckets.take_uses(),
            (std::vector<Use>{{"small", 30 + 1, 3.1}, {"just enough", 10, 0.01}}));
  EXPECT_TRUE(buckets.take_uses().empty());
}

TEST(Rates, WhatWasTakenElsewhereIsTakenHereAndNotToldAgain) {
  Buckets buckets;
  buckets.count_uses();
  buckets.charge_elsewhere("a", kRate, 0s, 25);
  EXPECT_EQ(buckets.look("a", kRate, 0s).remaining, 5);
  buckets.charge_elsewhere("a", kRate, 0s, std::int64_t{1} << 60);
  EXPECT_EQ(buckets.look("a", kRate, 0s).remaining, 0);
  EXPECT_TRUE(buckets.take("a", kRate, 100ms).allowed) << "an empty bucket, and no debt";
  buckets.charge_elsewhere("a", kRate, 1s, -3);
  EXPECT_EQ(buckets.look("a", kRate, 1s).remaining, 9);
  EXPECT_EQ(buckets.take_uses(), (std::vector<Use>{{"a", 1, 0.1}}));
}

domain::ProjectId project(std::uint8_t number) {
  domain::ProjectId id;
  id.value.bytes[15] = number;
  return id;
}

TEST(Polls, EveryFifteenSecondsAlwaysFits) {
  Polls polls;
  // As many payments as one project may have open, each asked about on its own beat.
  for (int second = 0; second < 60; second += 15) {
    for (int payment = 0; payment < 20'000; ++payment) {
      const RateTime now = std::chrono::seconds(second) + std::chrono::microseconds(payment * 700);
      ASSERT_TRUE(polls.is_poll(project(1), "order-" + std::to_string(payment), now));
    }
  }
}

TEST(Polls, MoreOftenIsNoPoll) {
  Polls polls;
  EXPECT_TRUE(polls.is_poll(project(1), "order-1", 0s));
  EXPECT_FALSE(polls.is_poll(project(1), "order-1", 0s));
  EXPECT_FALSE(polls.is_poll(project(1), "order-1", 9s));
  EXPECT_TRUE(polls.is_poll(project(1), "order-1", 10s));
  EXPECT_FALSE(polls.is_poll(project(1), "order-1", 19s));
  EXPECT_TRUE(polls.is_poll(project(2), "order-1", 19s)) << "another project's payment";
}

TEST(Rates, AnIpv6SubscriberIsOneAddress) {
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_NE(address_key("192.0.2.1"), address_key("192.0.2.2"));
  EXPECT_NE(address_key("::ffff:192.0.2.1"), address_key("::ffff:192.0.2.2"));
}

}  // namespace
}  // namespace kassa::api
