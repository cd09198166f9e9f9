#include "api/offered_banks.hpp"

#include <gtest/gtest.h>

namespace kassa::api {
namespace {

constexpr domain::Currency kKzt{{'K', 'Z', 'T'}};

domain::Instant at_ms(std::int64_t ms) {
  return domain::instant_of_ms(ms);
}

TEST(OfferedBanks, AreAskedForOnceInAMoment) {
  OfferedBanks offered;
  int asked = 0;
  const auto get = [&](const char* method, std::int64_t now_ms) {
    return *offered.get({"default", kKzt, method}, at_ms(now_ms), [&] {
      ++asked;
      return OfferedBanks::Banks{"bank " + std::to_string(asked)};
    });
  };
  EXPECT_EQ(get("card-p2p", 10'000), OfferedBanks::Banks{"bank 1"});
  EXPECT_EQ(get("card-p2p", 11'999), OfferedBanks::Banks{"bank 1"});
  EXPECT_EQ(get("phone-p2p", 11'999), OfferedBanks::Banks{"bank 2"}) << "another question";
  EXPECT_EQ(get("card-p2p", 12'000), OfferedBanks::Banks{"bank 3"});
  EXPECT_EQ(get("card-p2p", 5'000), OfferedBanks::Banks{"bank 4"}) << "from a time that never was";
}

}  // namespace
}  // namespace kassa::api
