// Who has a stream of which payment: places, their limits, and what each was told.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "api/page/form.hpp"
#include "api/page/streams.hpp"
#include "unit/ids.hpp"

namespace kassa::api {
namespace {

using kassa::test::id_of;
using Stream = std::shared_ptr<http::EventStream>;

const auto kOne = id_of<domain::RequestId>(1);
const auto kOther = id_of<domain::RequestId>(2);

std::shared_ptr<StreamPlaces> places(StreamLimits limits = {}) {
  return std::make_shared<StreamPlaces>(limits);
}

TEST(StreamPlaces, AreGivenBackWithTheirStreams) {
  const auto all = places({.of_payment_max = 1, .of_address_max = 10, .max = 10});
  {
    const auto stream = all->take(kOne, "192.0.2.1");
    ASSERT_TRUE(stream.has_value());
    EXPECT_EQ(all->count(), 1U);
    EXPECT_EQ(all->watched({kOther, kOne}), std::vector{kOne});
    EXPECT_EQ(all->take(kOne, "192.0.2.1").error(), StreamPlaces::Full::payment);
  }
  EXPECT_EQ(all->count(), 0U);
  EXPECT_TRUE(all->watched({kOne}).empty());
  EXPECT_TRUE(all->take(kOne, "192.0.2.1").has_value());
}

TEST(StreamPlaces, HaveLimitsOfPaymentAddressAndInAll) {
  const auto all = places({.of_payment_max = 2, .of_address_max = 3, .max = 4});
  std::vector<Stream> held;
  const auto take = [&](domain::RequestId id, const char* address) {
    auto stream = all->take(id, address);
    if (stream) held.push_back(*stream);
    return stream ? std::nullopt : std::optional(stream.error());
  };
  EXPECT_EQ(take(kOne, "a"), std::nullopt);
  EXPECT_EQ(take(kOne, "a"), std::nullopt);
  EXPECT_EQ(take(kOne, "b"), StreamPlaces::Full::payment);
  EXPECT_EQ(take(kOther, "a"), std::nullopt);
  EXPECT_EQ(take(kOther, "a"), StreamPlaces::Full::address);
  EXPECT_EQ(take(kOther, "b"), std::nullopt);
  EXPECT_EQ(take(id_of<domain::RequestId>(3), "c"), StreamPlaces::Full::all);
  held.clear();
  EXPECT_EQ(take(id_of<domain::RequestId>(3), "c"), std::nullopt);
}

TEST(StreamPlaces, NobodyIsToldWhatIsOlderThanWhatTheyKnow) {
  const auto all = places();
  const Stream stream = *all->take(kOne, "a");
  all->tell(kOne, 5, "five");
  EXPECT_EQ(stream->take(), "five");
  all->tell(kOne, 4, "four");
  all->tell(kOne, 5, "five again");
  EXPECT_EQ(stream->take(), "");
  all->tell(kOne, 6, "six");
  all->tell(kOther, 7, "of another");
  EXPECT_EQ(stream->take(), "six");
}

TEST(StreamPlaces, ANewcomerAloneIsToldWhatTheOthersKnow) {
  const auto all = places();
  const Stream first = *all->take(kOne, "a");
  all->tell(kOne, 5, "five");
  static_cast<void>(first->take());
  const Stream second = *all->take(kOne, "a");
  all->tell(kOne, 5, "five", second.get());
  EXPECT_EQ(first->take(), "");
  EXPECT_EQ(second->take(), "five");
}

TEST(StreamPlaces, SayWhatEachPaymentsPagesKnowAtLeast) {
  const auto all = places();
  EXPECT_TRUE(all->shown().empty());
  const Stream first = *all->take(kOne, "a");
  const Stream other = *all->take(kOther, "a");
  all->tell(kOne, 5, "five");
  all->tell(kOther, 3, "three");
  const std::unordered_map<domain::RequestId, std::int32_t> shown{{kOne, 5}, {kOther, 3}};
  EXPECT_EQ(all->shown(), shown);
  const Stream second = *all->take(kOne, "a");
  EXPECT_EQ(all->shown().at(kOne), 0) << "one that was told nothing yet";
}

TEST(FormFields, AreDecoded) {
  constexpr std::string_view kBody = "widget_method=payin-p2p-card&bank=a%2Bb+c%D0%B1&empty=";
  EXPECT_EQ(form_field(kBody, "widget_method"), "payin-p2p-card");
  EXPECT_EQ(form_field(kBody, "bank"), "a+b cб");
  EXPECT_EQ(form_field(kBody, "empty"), "");
  EXPECT_EQ(form_field(kBody, "method"), "");
  EXPECT_EQ(form_field("bank=%2", "bank"), "");
  EXPECT_EQ(form_field("bank=%zz", "bank"), "");
  EXPECT_EQ(form_field("bank", "bank"), "");
  EXPECT_EQ(form_field("", "bank"), "");
}

}  // namespace
}  // namespace kassa::api
