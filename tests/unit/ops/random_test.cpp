#include "ops/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace kassa::ops {
namespace {

TEST(Random, FillsEverySizeAcrossTheBuffersEnd) {
  for (const std::size_t size : {1U, 15U, 16U, 512U, 513U, 4096U, 100'000U}) {
    std::vector<std::uint8_t> bytes(size + 1, 0);
    bool last_was_written = false;
    for (int i = 0; i < 64 && !last_was_written; ++i) {
      fill_random(std::span(bytes).first(size));
      last_was_written = bytes[size - 1] != 0;
      ASSERT_EQ(bytes[size], 0) << "wrote past the end at size " << size;
    }
    EXPECT_TRUE(last_was_written) << "size " << size;
  }
}

TEST(Random, IdsOfManyThreadsNeverRepeat) {
  constexpr int kPerThread = 5000;
  std::set<domain::Uuid> all;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<domain::Uuid> mine;
      for (int i = 0; i < kPerThread; ++i) mine.push_back(random_uuid_v4());
      const std::lock_guard lock(mutex);
      all.insert(mine.begin(), mine.end());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(all.size(), 4U * kPerThread);
}

TEST(Random, Uuid4HasItsVersionAndVariant) {
  for (int i = 0; i < 100; ++i) {
    const auto uuid = random_uuid_v4();
    EXPECT_EQ(uuid.bytes[6] >> 4, 4);
    EXPECT_EQ(uuid.bytes[8] >> 6, 2);
  }
}

TEST(Random, RequestIdsSortByTheirMillisecond) {
  const auto at = domain::instant_of_ms(1'767'225'600'123);
  const auto earlier = new_request_id(at);
  const auto later = new_request_id(at + domain::Duration(1));
  EXPECT_LT(earlier, later);
  EXPECT_EQ(earlier.text().substr(0, 15), "019b76da-a87b-7");
  EXPECT_NE(new_request_id(at), new_request_id(at));
}

}  // namespace
}  // namespace kassa::ops
