#include "callbacks/jobs.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kassa::callbacks {
namespace {

using domain::RequestId;

Job started() {
  return {.id = {}, .endpoint = EndpointId{}};
}

std::string kind_of(const Job& job) {
  return job.replay ? "R" : job.endpoint ? "s" : "u";
}

std::string order_of(Jobs& jobs) {
  std::string order;
  while (const auto job = jobs.take()) order += kind_of(*job);
  return order;
}

TEST(Jobs, SharesTheTimeBetweenRowsAndLetters) {
  Jobs jobs;
  for (int i = 0; i < 3; ++i) jobs.add_started(started());
  for (int i = 0; i < 20; ++i) jobs.add_unread({});
  EXPECT_EQ(order_of(jobs), "uuuuuuuusuuuuuuuusuuuus");
  EXPECT_TRUE(jobs.empty());
}

TEST(Jobs, ALetterWaitsForNoRowThatIsNotThere) {
  Jobs jobs;
  jobs.add_started(started());
  jobs.add_started(started());
  EXPECT_EQ(order_of(jobs), "ss");
  jobs.add_unread({});
  EXPECT_EQ(order_of(jobs), "u");
}

TEST(Jobs, AReplayByHandGoesFirst) {
  Jobs jobs;
  jobs.add_started(started());
  jobs.add_unread({});
  jobs.add_replay({.id = {}, .seq = 1, .replay = std::make_shared<Replay>(RequestId{}, 1)});
  EXPECT_FALSE(jobs.empty());
  EXPECT_EQ(order_of(jobs).front(), 'R');
}

}  // namespace
}  // namespace kassa::callbacks
