#include "callbacks/endpoints.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kassa::callbacks {
namespace {

using domain::Duration;
using domain::Instant;
using domain::instant_of_ms;
using domain::RequestId;
using namespace std::chrono_literals;

RequestId id(std::uint8_t n) {
  RequestId id;
  id.value.bytes[15] = n;
  return id;
}

constexpr Instant kStart = instant_of_ms(1'700'000'000'000);

/// An endpoint of the n-th project.
EndpointId at(const std::string& origin, std::uint8_t project = 1) {
  EndpointId endpoint;
  endpoint.project.value.bytes[15] = project;
  endpoint.origin = origin;
  return endpoint;
}

/// Tries in one go as many as the project may, a new host each; answers how many started.
std::size_t flood(Endpoints& endpoints, std::uint8_t project, int count) {
  std::size_t started = 0;
  for (int n = 0; n < count; ++n) {
    const auto said = endpoints.admit(at("host" + std::to_string(n), project), id(0), kStart);
    started += said == Admission::go ? 1 : 0;
  }
  return started;
}

TEST(Breaker, OpensAfterFailuresInARowOnly) {
  Breaker breaker({});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) breaker.failed(kStart);
    breaker.answered();
  }
  EXPECT_FALSE(breaker.is_open());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(breaker.try_start(kStart));
    breaker.failed(kStart);
  }
  EXPECT_TRUE(breaker.is_open());
  EXPECT_FALSE(breaker.try_start(kStart));
}

TEST(Breaker, LetsOneProbeThroughAfterAGrowingPause) {
  Breaker breaker({});
  for (int i = 0; i < 5; ++i) breaker.failed(kStart);
  Instant now = kStart;
  for (const Duration pause :
       {1'000ms, 2'000ms, 4'000ms, 8'000ms, 16'000ms, 32'000ms, 60'000ms, 60'000ms}) {
    EXPECT_EQ(breaker.open_until(), now + pause);
    EXPECT_FALSE(breaker.try_start(now + pause - 1ms));
    now += pause;
    EXPECT_TRUE(breaker.try_start(now));
    EXPECT_FALSE(breaker.try_start(now + 1h)) << "a second probe beside the first";
    breaker.failed(now);
  }
  now = breaker.open_until();
  EXPECT_TRUE(breaker.try_start(now));
  breaker.answered();
  EXPECT_TRUE(breaker.try_start(now));
  EXPECT_TRUE(breaker.try_start(now));
  // The pause begins small again.
  for (int i = 0; i < 5; ++i) breaker.failed(now);
  EXPECT_EQ(breaker.open_until(), now + 1s);
}

TEST(Breaker, TriesThatWereOnTheirWayDoNotProlongThePause) {
  Breaker breaker({});
  for (int i = 0; i < 16; ++i) breaker.failed(kStart + Duration(i));
  EXPECT_EQ(breaker.open_until(), kStart + 4ms + 1s);
}

TEST(Breaker, AProbeThatDidNotTakePlaceMayBeTakenByAnother) {
  Breaker breaker({});
  for (int i = 0; i < 5; ++i) breaker.failed(kStart);
  EXPECT_TRUE(breaker.try_start(kStart + 1s));
  breaker.withdrawn();
  EXPECT_TRUE(breaker.try_start(kStart + 1s));
}

TEST(Endpoints, HoldEachToItsSlots) {
  Endpoints endpoints({.tries_per_endpoint = 2});
  EXPECT_EQ(endpoints.admit(at("a"), id(1), kStart), Admission::go);
  EXPECT_EQ(endpoints.admit(at("a"), id(2), kStart), Admission::go);
  EXPECT_EQ(endpoints.admit(at("a"), id(3), kStart), Admission::wait);
  EXPECT_EQ(endpoints.admit(at("b"), id(4), kStart), Admission::go);
  EXPECT_FALSE(endpoints.next(kStart).has_value());

  endpoints.finished(at("a"), /*answered=*/true, kStart);
  const auto start = endpoints.next(kStart);
  ASSERT_TRUE(start.has_value());
  EXPECT_EQ(start->id, id(3));
  EXPECT_EQ(start->endpoint, at("a"));
  EXPECT_FALSE(endpoints.next(kStart).has_value());
}

TEST(Endpoints, TakeTurns) {
  Endpoints endpoints({.tries_per_endpoint = 1});
  for (const char* name : {"a", "b"}) {
    ASSERT_EQ(endpoints.admit(at(name), id(0), kStart), Admission::go);
    for (std::uint8_t n = 1; n <= 3; ++n) {
      ASSERT_EQ(endpoints.admit(at(name), id(n), kStart), Admission::wait);
    }
  }
  std::string order;
  for (std::uint8_t n = 1; n <= 3; ++n) {
    endpoints.finished(at("a"), true, kStart);
    endpoints.finished(at("b"), true, kStart);
    for (int i = 0; i < 2; ++i) {
      const auto start = endpoints.next(kStart);
      ASSERT_TRUE(start.has_value());
      EXPECT_EQ(start->id, id(n)) << "the longest waiting first";
      order += start->endpoint.origin;
    }
  }
  EXPECT_EQ(order, "ababab");
  EXPECT_EQ(endpoints.waiting(), 0U);
}

TEST(Endpoints, SlowOnesCannotTakeAllSlots) {
  Endpoints endpoints({.tries_per_endpoint = 8, .tries_share = 1, .tries_max = 48});
  for (int slow = 0; slow < 10; ++slow) {
    for (std::uint8_t n = 0; n < 20; ++n) {
      (void)endpoints.admit(at("slow" + std::to_string(slow)), id(n), kStart);
    }
  }
  EXPECT_EQ(endpoints.active(), 24U) << "all the project gets: a half";
  EXPECT_EQ(endpoints.admit(at("quick", 2), id(1), kStart), Admission::go);
}

TEST(Endpoints, SlowOnesLeaveSlotsForOthersOfTheirProject) {
  Endpoints endpoints({.tries_per_endpoint = 8, .tries_share = 1, .tries_max = 48});
  for (int slow = 0; slow < 5; ++slow) {
    for (std::uint8_t n = 0; n < 20; ++n) {
      (void)endpoints.admit(at("slow" + std::to_string(slow)), id(n), kStart);
    }
  }
  EXPECT_EQ(endpoints.admit(at("quick"), id(1), kStart), Admission::go);
}

TEST(Endpoints, AProjectHoldsAtMostHalfOfTheSlotsThatTheOthersLeave) {
  Endpoints endpoints({.tries_max = 64});
  EXPECT_EQ(flood(endpoints, 1, 1'000), 32U);
  EXPECT_EQ(flood(endpoints, 2, 1'000), 16U);
  for (std::uint8_t project = 3; project <= 7; ++project) {
    EXPECT_GE(flood(endpoints, project, 1'000), 1U) << int{project};
  }
  EXPECT_GE(endpoints.active(), 60U);
}

TEST(Endpoints, ProjectsTakeTurnsFirstTheirEndpointsSecond) {
  Endpoints endpoints({.tries_per_endpoint = 1, .tries_share = 1, .tries_max = 4});
  ASSERT_EQ(flood(endpoints, 1, 100), 2U);
  ASSERT_EQ(flood(endpoints, 2, 100), 1U);
  std::string order;
  // Of the first project 98 hosts wait; of the others one or two, that came later.
  ASSERT_EQ(endpoints.admit(at("a", 3), id(1), kStart), Admission::go);
  ASSERT_EQ(endpoints.admit(at("a", 3), id(2), kStart), Admission::wait);
  EXPECT_FALSE(endpoints.next(kStart).has_value()) << "all slots are taken";
  endpoints.finished(at("host0", 1), true, kStart);
  endpoints.finished(at("host1", 1), true, kStart);
  endpoints.finished(at("host0", 2), true, kStart);
  endpoints.finished(at("a", 3), true, kStart);
  while (const auto start = endpoints.next(kStart)) {
    order += std::to_string(start->endpoint.project.value.bytes[15]);
  }
  EXPECT_EQ(order, "123");
}

TEST(Endpoints, ProjectsAtOneHostHaveBreakersOfTheirOwn) {
  Endpoints endpoints({.tries_per_endpoint = 5});
  for (std::uint8_t n = 0; n < 5; ++n) {
    ASSERT_EQ(endpoints.admit(at("host", 1), id(n), kStart), Admission::go);
  }
  EXPECT_EQ(endpoints.admit(at("host", 1), id(5), kStart), Admission::wait);
  EXPECT_EQ(endpoints.admit(at("host", 2), id(6), kStart), Admission::go) << "its own slots";
  for (int n = 0; n < 5; ++n) endpoints.finished(at("host", 1), /*answered=*/false, kStart);
  EXPECT_EQ(endpoints.admit(at("host", 1), id(7), kStart), Admission::wait);
  EXPECT_EQ(endpoints.admit(at("host", 2), id(8), kStart), Admission::go);
}

TEST(Endpoints, AnAnswerToATryOnItsWayClosesAnOpenBreakerAtOnce) {
  Endpoints endpoints({.tries_per_endpoint = 6});
  for (std::uint8_t n = 0; n < 6; ++n) {
    ASSERT_EQ(endpoints.admit(at("a"), id(n), kStart), Admission::go);
  }
  ASSERT_EQ(endpoints.admit(at("a"), id(7), kStart), Admission::wait);
  for (int n = 0; n < 5; ++n) endpoints.finished(at("a"), /*answered=*/false, kStart);
  EXPECT_FALSE(endpoints.next(kStart).has_value());
  EXPECT_EQ(endpoints.next_probe(), kStart + 1s);
  endpoints.finished(at("a"), /*answered=*/true, kStart);
  EXPECT_FALSE(endpoints.next_probe().has_value());
  ASSERT_TRUE(endpoints.next(kStart).has_value());
}

/// Fills the endpoint's queue and answers how many ids it took.
int fill(Endpoints& endpoints, const EndpointId& name) {
  for (int taken = 0;; ++taken) {
    if (endpoints.admit(name, id(0), kStart) == Admission::full) return taken;
  }
}

TEST(Endpoints, TurnAwayWhatDoesNotFitAndLeaveRoomForTheOthers) {
  Endpoints endpoints({.tries_per_endpoint = 1, .tries_share = 1, .waiting_max = 90});
  EXPECT_EQ(fill(endpoints, at("a")), 1 + 9) << "its slot, and an eighth of its project's room";
  EXPECT_EQ(fill(endpoints, at("b")), 1 + 7);
  for (int n = 0; n < 100; ++n) fill(endpoints, at("dead" + std::to_string(n)));
  EXPECT_EQ(endpoints.admit(at("live"), id(1), kStart), Admission::go);
  EXPECT_EQ(endpoints.admit(at("live"), id(2), kStart), Admission::wait) << "one may always wait";
}

TEST(Endpoints, AProjectWithManyDeadHostsLeavesRoomForTheOthersIds) {
  Endpoints endpoints({.tries_max = 4, .waiting_max = 90, .endpoints_max = 1'000});
  flood(endpoints, 1, 10'000);
  EXPECT_EQ(endpoints.waiting(), 500U - 2U) << "one at each host, at half as many as there may be";
  ASSERT_EQ(endpoints.admit(at("live", 2), id(1), kStart), Admission::go);
  ASSERT_EQ(endpoints.admit(at("live", 2), id(2), kStart), Admission::wait);
}

TEST(Endpoints, AskForLapsOnceTheProjectMayHaveMoreHosts) {
  Endpoints endpoints({.tries_per_endpoint = 1, .tries_max = 2, .endpoints_max = 8});
  ASSERT_EQ(flood(endpoints, 1, 5), 1U);
  EXPECT_EQ(endpoints.waiting(), 3U) << "the fifth was turned away";
  endpoints.finished(at("host0"), /*answered=*/true, kStart);
  EXPECT_FALSE(endpoints.awaits_lap());
  for (int n = 1; n < 3; ++n) {
    ASSERT_TRUE(endpoints.next(kStart).has_value());
    endpoints.finished(at("host" + std::to_string(n)), /*answered=*/true, kStart);
  }
  EXPECT_TRUE(endpoints.awaits_lap());
  endpoints.lap_ended();
  endpoints.lap_ended();
  EXPECT_FALSE(endpoints.awaits_lap());
}

TEST(Endpoints, AskForLapsOnceThereIsRoomForWhatWasTurnedAway) {
  Endpoints endpoints({.tries_per_endpoint = 1, .waiting_max = 90});
  fill(endpoints, at("a"));
  endpoints.lap_ended();
  for (int drained = 0; drained < 4; ++drained) {
    EXPECT_FALSE(endpoints.awaits_lap()) << drained;
    endpoints.finished(at("a"), /*answered=*/true, kStart);
    ASSERT_TRUE(endpoints.next(kStart).has_value());
  }
  EXPECT_TRUE(endpoints.awaits_lap()) << "half of it is free";
  endpoints.lap_ended();
  EXPECT_TRUE(endpoints.awaits_lap()) << "what lies before the place where the lap was";
  endpoints.lap_ended();
  EXPECT_FALSE(endpoints.awaits_lap());
}

TEST(Endpoints, AskForNoLapWhileTheQueueIsFullAgain) {
  Endpoints endpoints({.tries_per_endpoint = 1, .waiting_max = 90});
  fill(endpoints, at("a"));
  const auto drain = [&endpoints](int count) {
    for (int drained = 0; drained < count; ++drained) {
      endpoints.finished(at("a"), /*answered=*/true, kStart);
      (void)endpoints.next(kStart);
    }
  };
  drain(4);
  endpoints.lap_ended();
  fill(endpoints, at("a"));
  EXPECT_FALSE(endpoints.awaits_lap());
  drain(10);
  EXPECT_TRUE(endpoints.awaits_lap()) << "kept in mind although nothing waits any more";
  endpoints.lap_ended();
  EXPECT_TRUE(endpoints.awaits_lap()) << "anew: two";
  endpoints.lap_ended();
  EXPECT_FALSE(endpoints.awaits_lap());
}

TEST(Endpoints, ASilentOneWaitsForItsProbeAndThenDrains) {
  Endpoints endpoints({.tries_per_endpoint = 5});
  for (std::uint8_t n = 0; n < 5; ++n) {
    ASSERT_EQ(endpoints.admit(at("dead"), id(n), kStart), Admission::go);
  }
  for (int n = 0; n < 5; ++n) {
    EXPECT_EQ(endpoints.finished(at("dead"), /*answered=*/false, kStart), n == 4) << "opened once";
  }
  for (std::uint8_t n = 10; n < 14; ++n) {
    EXPECT_EQ(endpoints.admit(at("dead"), id(n), kStart), Admission::wait);
  }
  EXPECT_EQ(endpoints.next_probe(), kStart + 1s);
  EXPECT_FALSE(endpoints.next(kStart + 999ms).has_value());

  const auto probe = endpoints.next(kStart + 1s);
  ASSERT_TRUE(probe.has_value());
  EXPECT_EQ(probe->id, id(10));
  EXPECT_FALSE(endpoints.next(kStart + 1s).has_value());
  EXPECT_FALSE(endpoints.next_probe().has_value()) << "the probe is on its way";

  endpoints.finished(at("dead"), /*answered=*/true, kStart + 2s);
  std::set<RequestId> drained;
  while (const auto start = endpoints.next(kStart + 2s)) drained.insert(start->id);
  EXPECT_EQ(drained, (std::set<RequestId>{id(11), id(12), id(13)}));
}

}  // namespace
}  // namespace kassa::callbacks
