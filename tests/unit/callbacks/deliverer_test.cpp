#include "callbacks/deliverer.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>
#include <set>

#include "encoding/base64.hpp"
#include "ops/build_info.hpp"
#include "ops/log.hpp"
#include "protocol/json_document.hpp"
#include "unit/callbacks/fake_outbox.hpp"
#include "unit/callbacks/sink.hpp"
#include "unit/ids.hpp"
#include "unit/protocol/naive_canonical.hpp"

namespace kassa::callbacks {
namespace {

using domain::AttemptResult;
using domain::DeliveryAttempt;
using domain::RequestId;
using test::FakeOutbox;
using test::Gate;
using test::http_answer;
using test::Sink;
using test::SinkRequest;
using namespace std::chrono_literals;
namespace state = domain::state;

std::string always_ok(const SinkRequest&) {
  return http_answer(200, "ok");
}

/// M of wire §3.2, from an implementation that shares nothing with the one under test but the
/// parser.
std::string message_of(const SinkRequest& request) {
  protocol::JsonDocument document;
  EXPECT_TRUE(document.parse(request.body).has_value()) << request.body;
  return encoding::to_base64(protocol::test::naive_canonical(document, {})) +
         request.headers.at("x-access-timestamp");
}

bool rsa_verifies(const SinkRequest& request) {
  const std::string pem = test::keys().rsa.public_key().pem();
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  const std::string message = message_of(request);
  unsigned char h[32];
  EVP_Digest(message.data(), message.size(), h, nullptr, EVP_sha256(), nullptr);
  const auto signature = encoding::from_base64(request.headers.at("x-access-signature"));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const bool good =
      signature &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature->data()),
                       signature->size(), h, sizeof h) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return good;
}

bool hmac_verifies(const SinkRequest& request) {
  const std::string& key = test::keys().hmac_text;
  const std::string message = message_of(request);
  unsigned char tag[64];
  unsigned int length = 0;
  HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), tag, &length);
  return encoding::from_base64(request.headers.at("x-access-signature")) ==
         std::string(reinterpret_cast<char*>(tag), length);
}

/// An outbox, and a deliverer that it wakes as the loop does.
class DelivererTest : public testing::Test {
 protected:
  DelivererTest() { ops::log::set_level(ops::log::Level::error); }
  ~DelivererTest() override {
    if (deliverer_) deliverer_->stop();
    ops::log::set_level(ops::log::Level::info);
  }

  Deliverer& start(DelivererOptions options = {}) {
    options.scan_pause = 50ms;
    options.report_pause = 20ms;
    deliverer_.emplace(outbox_, test::keys().ring, pictures_, outbox_.clock(), metrics_, options);
    outbox_.on_deliveries = [this](const auto& ids) {
      if (woken_) deliverer_->wake(ids);
    };
    deliverer_->start();
    return *deliverer_;
  }

  /// Of the first project, if nobody says another.
  RequestId add(const std::string& url, domain::ProjectId project = {}) {
    return outbox_.add_payment(
        {.intermediate_url = url, .success_url = url, .decline_url = url, .project = project});
  }

  void tell_all(const std::vector<RequestId>& ids) {
    for (const RequestId id : ids) outbox_.tell(id, state::success);
  }

  [[nodiscard]] bool tried(RequestId id) const {
    return std::ranges::any_of(outbox_.attempts(),
                               [id](const auto& attempt) { return attempt.request_id == id; });
  }

  /// One callback to `url`, and what became of its first try.
  DeliveryAttempt try_once(const std::string& url, DelivererOptions options = {}) {
    const RequestId id = add(url);
    start(options);
    outbox_.tell(id, state::success);
    EXPECT_TRUE(outbox_.wait_for_attempts(1));
    return outbox_.attempts().front();
  }

  std::uint64_t failed_metric(std::string_view reason) {
    return metrics_.counter(ops::Metric::callbacks_failed, reason).value();
  }

  FakeOutbox outbox_;
  bool woken_ = true;  // set before start()
  Pictures pictures_{test::keys().ring, {"https://api.example.com/", "https://pay.example.com/"}};
  ops::Metrics metrics_;
  std::optional<Deliverer> deliverer_;
};

TEST_F(DelivererTest, DeliversASignedCallback) {
  Sink sink(always_ok);
  const RequestId id = add(sink.url("/hook?token=1"));
  start();
  outbox_.tell(id, state::awaiting_confirm);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));

  const DeliveryAttempt attempt = outbox_.attempts().front();
  EXPECT_EQ(attempt.result, AttemptResult::delivered);
  EXPECT_EQ(attempt.http_status, 200);
  EXPECT_EQ(attempt.excerpt, "ok");
  EXPECT_EQ(outbox_.waiting(), 0U);

  const SinkRequest request = sink.requests().at(0);
  EXPECT_EQ(request.line, "POST /hook?token=1 HTTP/1.1");
  const auto& headers = request.headers;
  EXPECT_EQ(headers.at("content-type"), "application/json");
  EXPECT_EQ(headers.at("x-access-timestamp"), "1721647251");
  EXPECT_EQ(headers.at("x-access-merchant-id"), outbox_.config()->projects.begin()->first.text());
  EXPECT_EQ(headers.at("x-access-merchant-algorithm"), "RSA-SHA256");
  EXPECT_EQ(headers.at("user-agent"), "Kassa/" + std::string(ops::build_info().version));
  EXPECT_FALSE(headers.contains("x-access-token"));
  EXPECT_FALSE(headers.contains("expect"));
  EXPECT_TRUE(rsa_verifies(request));
  EXPECT_NE(request.body.find("4850788018041726"), std::string::npos) << request.body;
  EXPECT_NE(request.body.find(id.text()), std::string::npos);
}

TEST_F(DelivererTest, SignsWithHmacOnceTheProjectIsSwitched) {
  Sink sink(always_ok);
  const RequestId first = add(sink.url());
  start();
  outbox_.tell(first, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  outbox_.set_project([](domain::Project& project) {
    project.callback_algorithm = domain::CallbackAlgorithm::hmac_sha512;
  });
  outbox_.tell(first, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  const auto requests = sink.requests();
  EXPECT_TRUE(rsa_verifies(requests.at(0)));
  EXPECT_EQ(requests.at(1).headers.at("x-access-merchant-algorithm"), "HMAC-SHA512");
  EXPECT_TRUE(hmac_verifies(requests.at(1)));
}

TEST_F(DelivererTest, EachTryHasAFreshTimestampAndSignature) {
  std::atomic<int> asked{0};
  Sink sink([&](const SinkRequest&) { return http_answer(asked++ == 0 ? 500 : 204); });
  const RequestId id = add(sink.url());
  auto& deliverer = start();
  outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_EQ(outbox_.attempts().front().result, AttemptResult::failed);
  outbox_.clock().advance(11s);
  deliverer.wake({});
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  const auto requests = sink.requests();
  EXPECT_EQ(requests.at(1).headers.at("x-access-timestamp"), "1721647262");
  EXPECT_TRUE(rsa_verifies(requests.at(1)));
  EXPECT_EQ(requests.at(0).body, requests.at(1).body);
  EXPECT_EQ(outbox_.attempts().back().result, AttemptResult::delivered);
  EXPECT_EQ(sink.connections(), 1) << "kept alive";
}

TEST_F(DelivererTest, AnErrorStatusIsAFailureAndItsAnswerIsKeptMasked) {
  Sink sink([](const SinkRequest&) { return http_answer(500, "no card 4850788018041726\n"); });
  const DeliveryAttempt attempt = try_once(sink.url());
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_EQ(attempt.http_status, 500);
  EXPECT_EQ(attempt.excerpt, "no card **** ");
  EXPECT_EQ(failed_metric("status"), 1U);
  EXPECT_EQ(outbox_.waiting(), 1U);
}

TEST_F(DelivererTest, ARedirectIsNotFollowed) {
  Sink elsewhere(always_ok);
  Sink sink([&](const SinkRequest&) {
    return http_answer(302, "", "location: " + elsewhere.url() + "\r\n");
  });
  const DeliveryAttempt attempt = try_once(sink.url());
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_EQ(attempt.http_status, 302);
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(DelivererTest, AnEndlessAnswerIsCutAndItsStatusCounts) {
  Sink sink([](const SinkRequest&) { return http_answer(200, std::string(100'000, 'x')); });
  const DeliveryAttempt attempt = try_once(sink.url());
  EXPECT_EQ(attempt.result, AttemptResult::delivered);
  EXPECT_EQ(attempt.excerpt, std::string(256, 'x'));
}

TEST_F(DelivererTest, WhoDoesNotAnswerInTimeHasFailed) {
  Gate gate;
  Sink sink([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  const DeliveryAttempt attempt = try_once(sink.url(), {.try_timeout = 100ms});
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_EQ(attempt.http_status, 0);
  EXPECT_GE(attempt.duration_ms, 90);
  EXPECT_EQ(failed_metric("timeout"), 1U);
  gate.open();
}

TEST_F(DelivererTest, NobodyListens) {
  const auto attempt = try_once("http://127.0.0.1:" + std::to_string(test::dead_port()) + "/");
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_EQ(attempt.http_status, 0);
  EXPECT_FALSE(attempt.excerpt.empty());
  EXPECT_EQ(failed_metric("connect"), 1U);
}

TEST_F(DelivererTest, AClosedConnectionIsAFailure) {
  Sink sink([](const SinkRequest&) { return std::string(); });
  const DeliveryAttempt attempt = try_once(sink.url());
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_EQ(attempt.http_status, 0);
}

TEST_F(DelivererTest, WithoutUrlNobodyIsTold) {
  const DeliveryAttempt attempt = try_once("");
  EXPECT_EQ(attempt.result, AttemptResult::no_url);
  EXPECT_EQ(outbox_.waiting(), 0U);
}

TEST_F(DelivererTest, TheProjectsUrlOfTheKindIsUsedWhereThePaymentHasNone) {
  Sink sink(always_ok);
  outbox_.set_project([&](domain::Project& project) {
    project.urls = {sink.url("/any"), sink.url("/good"), sink.url("/bad")};
  });
  const RequestId id = outbox_.add_payment({.decline_url = sink.url("/own")});
  start();
  for (const auto& to : {state::paid, state::success, state::decline}) outbox_.tell(id, to);
  ASSERT_TRUE(outbox_.wait_for_attempts(3));
  std::string lines;
  for (const auto& request : sink.requests()) lines += request.line.substr(5, 5);
  EXPECT_EQ(lines, "/any /good/own ");
}

TEST_F(DelivererTest, ACorrectedUrlOfTheProjectHealsWhatWaits) {
  Sink wrong([](const SinkRequest&) { return http_answer(404); });
  Sink right(always_ok);
  Sink own([](const SinkRequest&) { return http_answer(500); });
  outbox_.set_project([&](domain::Project& project) { project.urls.success = wrong.url(); });
  const RequestId with_none = outbox_.add_payment({});
  const RequestId with_own = add(own.url());
  auto& deliverer = start();
  for (const RequestId id : {with_none, with_own}) outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  outbox_.set_project([&](domain::Project& project) { project.urls.success = right.url(); });
  outbox_.clock().advance(11s);
  deliverer.wake({});
  ASSERT_TRUE(outbox_.wait_for_attempts(4));
  EXPECT_EQ(wrong.requests().size(), 1U);
  EXPECT_EQ(right.requests().size(), 1U);
  EXPECT_EQ(own.requests().size(), 2U) << "what the create said is fixed";
}

TEST_F(DelivererTest, AnUrlThatIsTakenAwayEndsWhatWaits) {
  Sink sink([](const SinkRequest&) { return http_answer(500); });
  outbox_.set_project([&](domain::Project& project) { project.urls.success = sink.url(); });
  const RequestId id = outbox_.add_payment({});
  auto& deliverer = start();
  outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  outbox_.set_project([](domain::Project& project) { project.urls.success.clear(); });
  outbox_.clock().advance(11s);
  deliverer.wake({});
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  EXPECT_EQ(outbox_.attempts().back().result, AttemptResult::no_url);
  EXPECT_EQ(outbox_.waiting(), 0U);
}

TEST_F(DelivererTest, ALiveProjectReachesNoPrivateAddress) {
  Sink sink(always_ok);
  outbox_.set_project([](domain::Project& project) { project.test = false; });
  const DeliveryAttempt attempt =
      try_once("https://127.0.0.1:" + std::to_string(sink.port()) + "/");
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_NE(attempt.excerpt.find("private"), std::string::npos) << attempt.excerpt;
  EXPECT_EQ(sink.connections(), 0);
  EXPECT_EQ(failed_metric("address_refused"), 1U);
}

TEST_F(DelivererTest, ALiveProjectsUrlMustBeHttps) {
  Sink sink(always_ok);
  outbox_.set_project([](domain::Project& project) { project.test = false; });
  const DeliveryAttempt attempt = try_once(sink.url(), {.allow_private_addresses = true});
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_NE(attempt.excerpt.find("https"), std::string::npos) << attempt.excerpt;
  EXPECT_EQ(sink.connections(), 0);
}

TEST_F(DelivererTest, OtherProtocolsAreRefused) {
  const DeliveryAttempt attempt = try_once("file:///etc/hostname");
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_EQ(attempt.http_status, 0);
}

TEST_F(DelivererTest, AKeyThatCannotBeOpenedFailsTheTry) {
  Sink sink(always_ok);
  outbox_.set_project([](domain::Project& project) { project.callback_rsa_private = "AAAA"; });
  const DeliveryAttempt attempt = try_once(sink.url());
  EXPECT_EQ(attempt.result, AttemptResult::failed);
  EXPECT_NE(attempt.excerpt.find("key"), std::string::npos) << attempt.excerpt;
  EXPECT_TRUE(sink.requests().empty());
}

TEST_F(DelivererTest, ASlowEndpointDelaysNoOther) {
  Gate gate;
  Sink slow([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  Sink quick(always_ok);
  std::vector<RequestId> slow_ids;
  std::vector<RequestId> quick_ids;
  for (int i = 0; i < 60; ++i) slow_ids.push_back(add(slow.url()));
  for (int i = 0; i < 60; ++i) quick_ids.push_back(add(quick.url()));
  start();
  for (const RequestId id : slow_ids) outbox_.tell(id, state::success);
  ASSERT_TRUE(slow.wait_for(16)) << "its slots";
  for (const RequestId id : quick_ids) outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(60));
  EXPECT_EQ(quick.requests().size(), 60U);
  EXPECT_EQ(slow.requests().size(), 16U) << "not more than its slots";
  for (const auto& attempt : outbox_.attempts()) {
    EXPECT_EQ(attempt.result, AttemptResult::delivered);
  }
  gate.open();
  ASSERT_TRUE(outbox_.wait_for_attempts(120));
  EXPECT_EQ(outbox_.waiting(), 0U);
}

TEST_F(DelivererTest, AnotherProjectsScriptAtTheSameHostIsAnotherEndpoint) {
  Gate gate;
  Sink host([&](const SinkRequest& request) {
    if (request.line.starts_with("POST /slow")) gate.wait();
    return http_answer(200);
  });
  std::vector<RequestId> slow_ids;
  std::vector<RequestId> quick_ids;
  for (int i = 0; i < 40; ++i) slow_ids.push_back(add(host.url("/slow")));
  const domain::ProjectId other = outbox_.add_project();
  for (int i = 0; i < 40; ++i) quick_ids.push_back(add(host.url("/quick"), other));
  start();
  tell_all(slow_ids);
  ASSERT_TRUE(host.wait_for(16)) << "all slots of the one";
  tell_all(quick_ids);
  ASSERT_TRUE(outbox_.wait_for_attempts(40)) << "nobody has answered the one";
  EXPECT_TRUE(std::ranges::all_of(quick_ids, [this](RequestId id) { return tried(id); }));
  EXPECT_EQ(host.requests().size(), 16U + 40U);
  gate.open();
  ASSERT_TRUE(outbox_.wait_for_attempts(80));
}

TEST_F(DelivererTest, AnotherProjectsBreakerAtTheSameHostSparesNobodyElse) {
  Sink host([&](const SinkRequest& request) {
    return http_answer(request.line.starts_with("POST /broken") ? 503 : 200);
  });
  std::vector<RequestId> broken_ids;
  for (int i = 0; i < 5; ++i) broken_ids.push_back(add(host.url("/broken")));
  const RequestId good = add(host.url("/good"), outbox_.add_project());
  start();
  tell_all(broken_ids);
  ASSERT_TRUE(outbox_.wait_for_attempts(5)) << "it opens, and the clock stands";
  outbox_.tell(good, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(6));
  EXPECT_EQ(outbox_.attempts().back().result, AttemptResult::delivered);
}

TEST_F(DelivererTest, AThousandSlowHostsOfOneProjectDelayNoOther) {
  Gate gate;
  Sink slow([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  Sink quick(always_ok);
  std::vector<RequestId> slow_ids;
  std::vector<RequestId> quick_ids;
  for (int i = 0; i < 1'000; ++i) {  // libcurl resolves these names by itself, to 127.0.0.1
    slow_ids.push_back(
        add("http://host" + std::to_string(i) + ".localhost:" + std::to_string(slow.port()) + "/"));
  }
  const domain::ProjectId other = outbox_.add_project();
  for (int i = 0; i < 40; ++i) quick_ids.push_back(add(quick.url(), other));
  start();
  tell_all(slow_ids);
  ASSERT_TRUE(slow.wait_for(128)) << "half of all slots";
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.rows_read() >= 1'000; }));
  tell_all(quick_ids);
  ASSERT_TRUE(outbox_.wait_for_attempts(40)) << "nobody has answered the one";
  EXPECT_EQ(quick.requests().size(), 40U);
  EXPECT_EQ(slow.requests().size(), 128U) << "and no more";
  gate.open();
  ASSERT_TRUE(outbox_.wait_for_attempts(1'040));
}

TEST_F(DelivererTest, ASilentEndpointIsProbedAndThenDrained) {
  std::atomic<bool> overloaded{true};
  Sink sink([&](const SinkRequest&) { return http_answer(overloaded ? 503 : 200); });
  std::vector<RequestId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(add(sink.url()));
  DelivererOptions options;
  options.endpoints.tries_per_endpoint = 1;
  auto& deliverer = start(options);
  for (const RequestId id : ids) outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(5));
  EXPECT_EQ(sink.requests().size(), 5U);

  // The clock stands: nothing more is tried, and no failure is counted. The pause over: one probe.
  outbox_.clock().advance(1s);
  deliverer.wake({});
  ASSERT_TRUE(outbox_.wait_for_attempts(6));
  EXPECT_EQ(sink.requests().size(), 6U);
  overloaded = false;
  outbox_.clock().advance(2s);
  deliverer.wake({});
  // The 14 that were not tried yet go out; the six that failed wait for their own time.
  ASSERT_TRUE(outbox_.wait_for_attempts(20));
  EXPECT_EQ(outbox_.waiting(), 6U);
  outbox_.clock().advance(10s);
  deliverer.wake({});
  ASSERT_TRUE(outbox_.wait_for_attempts(26));
  EXPECT_EQ(outbox_.waiting(), 0U);
}

/// More callbacks wait for a dead endpoint than memory keeps ids of. Nobody is woken.
class Backlog : public DelivererTest {
 protected:
  static constexpr std::size_t kCount = 50'000;

  Backlog() {
    const std::string dead = "http://127.0.0.1:" + std::to_string(test::dead_port()) + "/";
    for (std::size_t i = 0; i < kCount; ++i) outbox_.tell(add(dead), state::success);
    outbox_.clock().advance(1s);
  }

  void start_unwoken() {
    DelivererOptions options;
    options.endpoints.waiting_max = 900;  // of them a dead endpoint may take 100
    woken_ = false;
    start(options);
  }
};

TEST_F(Backlog, HidesNobodysCallback) {
  Sink sink(always_ok);
  const RequestId since_before = add(sink.url());
  outbox_.tell(since_before, state::success);
  start_unwoken();
  ASSERT_TRUE(outbox_.wait([&] { return tried(since_before); })) << "the last of the first lap";
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.rows_read() > kCount; }));

  // What falls due later is found without another look at what waits.
  const std::size_t read = outbox_.rows_read();
  const std::size_t scanned = outbox_.rows_scanned();
  const RequestId later = add(sink.url());
  outbox_.clock().advance(1s);
  outbox_.tell(later, state::success);
  ASSERT_TRUE(outbox_.wait([&] { return tried(later); }));
  EXPECT_LT(outbox_.rows_read() - read, 100U);
  EXPECT_LT(outbox_.rows_scanned() - scanned, 100U);
  EXPECT_LT(deliverer_->known(), 200U);
}

TEST_F(Backlog, DelaysNobodysRetry) {
  std::atomic<int> asked{0};
  Sink sink([&](const SinkRequest&) { return http_answer(asked++ == 0 ? 500 : 200); });
  const RequestId id = add(sink.url());
  outbox_.tell(id, state::success);
  start_unwoken();
  ASSERT_TRUE(sink.wait_for(1));
  ASSERT_TRUE(outbox_.wait([&] { return tried(id) && outbox_.rows_read() > kCount; }));
  const std::size_t read = outbox_.rows_read();
  outbox_.clock().advance(11s);
  ASSERT_TRUE(sink.wait_for(2));
  EXPECT_LT(outbox_.rows_read() - read, 100U);
}

TEST_F(DelivererTest, WhatWasTurnedAwayIsDeliveredOnceTheEndpointIsBack) {
  constexpr std::size_t kCount = 3'000;
  std::atomic<bool> overloaded{true};
  Sink sink([&](const SinkRequest&) { return http_answer(overloaded ? 503 : 200); });
  std::vector<RequestId> ids;
  for (std::size_t i = 0; i < kCount; ++i) ids.push_back(add(sink.url()));
  for (const RequestId id : ids) outbox_.tell(id, state::success);
  DelivererOptions options;
  options.endpoints.waiting_max = 4'500;  // a queue of 500
  start(options);
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.rows_read() >= kCount; }));
  overloaded = false;
  outbox_.clock().advance(11s);
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.waiting() == 0; }));
  EXPECT_GE(sink.requests().size(), kCount);
}

TEST_F(DelivererTest, OneTryAtATimeAndInOrderForEachPayment) {
  std::mutex mutex;
  std::set<std::string> in_hand;
  bool overlapped = false;
  Sink sink([&](const SinkRequest& request) {
    protocol::JsonDocument document;
    (void)document.parse(request.body);
    const std::string id(document.root().find("general")->find("request_id")->text());
    {
      const std::lock_guard lock(mutex);
      overlapped = overlapped || !in_hand.insert(id).second;
    }
    std::this_thread::yield();  // others may come in now
    const std::lock_guard lock(mutex);
    in_hand.erase(id);
    return http_answer(200);
  });
  std::vector<RequestId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(add(sink.url()));
  start();
  const domain::State path[] = {state::awaiting_confirm, state::paid, state::different_amount,
                                state::success};
  std::vector<std::thread> tellers;
  for (std::size_t part = 0; part < 4; ++part) {
    tellers.emplace_back([&, part] {
      for (const auto& to : path) {
        for (std::size_t i = part; i < ids.size(); i += 4) outbox_.tell(ids[i], to);
      }
    });
  }
  for (auto& teller : tellers) teller.join();
  ASSERT_TRUE(outbox_.wait_for_attempts(160));

  EXPECT_FALSE(overlapped);
  std::map<std::string, std::string> told;
  protocol::JsonDocument document;
  for (const SinkRequest& request : sink.requests()) {
    ASSERT_TRUE(document.parse(request.body).has_value());
    const auto status = *document.root().find("status");
    const std::string sub(status.find("sub_status")->text());
    told[std::string(document.root().find("general")->find("request_id")->text())] +=
        (sub.empty() ? std::string(status.find("status")->text()) : sub) + " ";
  }
  EXPECT_EQ(told.size(), 40U);
  for (const auto& [id, order] : told) {
    EXPECT_EQ(order, "awaiting_confirm paid different_amount success ") << id;
  }
}

TEST_F(DelivererTest, WhatWasDeliveredIsNotSentAgainWhileItsReportIsRefused) {
  Sink sink(always_ok);
  const RequestId id = add(sink.url());
  auto& deliverer = start();
  outbox_.refuse_reports(true);
  outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.refused() >= 3; }));
  deliverer.wake({id});
  deliverer.wake({});
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.refused() >= 6; }));
  EXPECT_EQ(sink.requests().size(), 1U);
  outbox_.refuse_reports(false);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_EQ(outbox_.waiting(), 0U);
  EXPECT_EQ(sink.requests().size(), 1U);
}

TEST_F(DelivererTest, ReplaySendsNowWhateverTheOrder) {
  std::atomic<int> status{500};
  Sink sink([&](const SinkRequest&) { return http_answer(status); });
  const RequestId id = add(sink.url());
  auto& deliverer = start();
  outbox_.tell(id, state::paid);
  outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  status = 200;
  const DeliveryAttempt replayed = deliverer.replay(id, 2);
  EXPECT_EQ(replayed.result, AttemptResult::delivered);
  EXPECT_TRUE(replayed.replay);
  EXPECT_EQ(replayed.seq, 2);
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  EXPECT_TRUE(outbox_.attempts().back().replay);
  EXPECT_NE(sink.requests().back().body.find("\"success\""), std::string::npos);
  EXPECT_EQ(outbox_.delivery(id).queue.size(), 2U) << "the queue is as it was";

  const DeliveryAttempt none = deliverer.replay(id, 9);
  EXPECT_EQ(none.result, AttemptResult::failed);
  EXPECT_FALSE(none.excerpt.empty());
}

TEST_F(DelivererTest, WhoWaitsForAReplayIsAnsweredWhenReplaysEnd) {
  Gate gate;
  Sink sink([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  const RequestId id = add(sink.url());
  auto& deliverer = start();
  outbox_.tell(id, state::success);
  ASSERT_TRUE(sink.wait_for(1));
  auto waiting = std::async(std::launch::async, [&] { return deliverer.replay(id, 1); });
  ASSERT_TRUE(sink.wait_for(2)) << "the replay is on its way";
  deliverer.end_replays();
  const DeliveryAttempt told = waiting.get();  // nobody has answered the try
  EXPECT_EQ(told.result, AttemptResult::failed);
  EXPECT_TRUE(told.excerpt.starts_with("Kassa is shutting down")) << told.excerpt;
  EXPECT_EQ(deliverer.replay(id, 1).excerpt, told.excerpt);
  gate.open();
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  EXPECT_EQ(outbox_.attempts().back().result, AttemptResult::delivered) << "and is reported";
  EXPECT_EQ(sink.requests().size(), 2U);
}

TEST_F(DelivererTest, FindsInTheStoreWhatNobodyWokeItFor) {
  Sink sink(always_ok);
  std::vector<RequestId> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(add(sink.url()));
  for (const RequestId id : ids) outbox_.tell(id, state::success);
  start({.unread_max = 7});
  ASSERT_TRUE(outbox_.wait_for_attempts(30));
  EXPECT_EQ(outbox_.waiting(), 0U);
  EXPECT_EQ(sink.requests().size(), 30U);
}

TEST_F(DelivererTest, StopLosesNothing) {
  Gate gate;
  Sink sink([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  std::vector<RequestId> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(add(sink.url()));
  auto& deliverer = start({.stop_grace = 20'000ms});
  for (const RequestId id : ids) outbox_.tell(id, state::success);
  ASSERT_TRUE(sink.wait_for(16));
  std::thread stopping([&] { deliverer.stop(); });
  gate.open();
  stopping.join();

  const std::size_t delivered = outbox_.attempts().size();
  EXPECT_GE(delivered, 16U) << "what was on its way is finished and reported";
  EXPECT_EQ(sink.requests().size(), delivered);
  EXPECT_EQ(outbox_.waiting(), 50 - delivered) << "the rest is left to the store";
  EXPECT_EQ(deliverer.replay(ids[0], 1).result, AttemptResult::failed);

  start();
  ASSERT_TRUE(outbox_.wait_for_attempts(50));
  EXPECT_EQ(sink.requests().size(), 50U) << "each once";
}

TEST_F(DelivererTest, StopDoesNotWaitBeyondItsGrace) {
  Gate gate;
  Sink sink([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  const RequestId id = add(sink.url());
  auto& deliverer = start({.stop_grace = 50ms});
  outbox_.tell(id, state::success);
  ASSERT_TRUE(sink.wait_for(1));
  deliverer.stop();
  EXPECT_EQ(outbox_.waiting(), 1U) << "unanswered: it will be sent again";
  EXPECT_TRUE(outbox_.attempts().empty());
  gate.open();
}

/// Several gateways share the store; this is the first of them.
class SharedStore : public DelivererTest {
 protected:
  const domain::GatewayId ours_ = kassa::test::id_of<domain::GatewayId>(1);
  const domain::GatewayId ours_later_ = kassa::test::id_of<domain::GatewayId>(2);
  const domain::GatewayId theirs_ = kassa::test::id_of<domain::GatewayId>(3);

  SharedStore() { outbox_.share(ours_, {ours_, theirs_}); }

  /// Queued, and claimed by that one.
  RequestId tell_under(domain::GatewayId claim, const std::string& url) {
    const RequestId id = add(url);
    outbox_.tell(id, state::success);
    outbox_.give_to(id, claim);
    return id;
  }
  std::uint64_t claimed_metric() {
    return metrics_.counter(ops::Metric::callbacks_claimed).value();
  }
};

TEST_F(SharedStore, WhatItQueuesItTellsUnasked) {
  Sink sink(always_ok);
  const RequestId id = add(sink.url());
  start();
  outbox_.tell(id, state::awaiting_confirm);
  outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  EXPECT_EQ(outbox_.waiting(), 0U);
  EXPECT_EQ(claimed_metric(), 0U);
}

TEST_F(SharedStore, WhatAnotherTellsIsLeftToItWhileItIsAlive) {
  Sink sink(always_ok);
  const RequestId theirs = tell_under(theirs_, sink.url("/theirs"));
  auto& deliverer = start();
  deliverer.wake({theirs});
  deliverer.look_everywhere();
  tell_under(ours_, sink.url("/ours"));
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_FALSE(tried(theirs));

  outbox_.share(ours_, {ours_});  // it is killed
  deliverer.look_everywhere();
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  EXPECT_TRUE(tried(theirs));
  EXPECT_EQ(outbox_.waiting(), 0U);
  EXPECT_EQ(claimed_metric(), 1U);
  EXPECT_EQ(sink.requests().size(), 2U);
}

TEST_F(SharedStore, WhatNobodyTellsIsClaimed) {
  Sink sink(always_ok);
  for (int i = 0; i < 100; ++i) tell_under({}, sink.url());
  start();
  ASSERT_TRUE(outbox_.wait_for_attempts(100));
  EXPECT_EQ(claimed_metric(), 100U);
  EXPECT_EQ(outbox_.waiting(), 0U);
  EXPECT_EQ(sink.requests().size(), 100U) << "each once";
}

TEST_F(SharedStore, WithoutAnUrlItIsClaimedToo) {
  const RequestId id = tell_under({}, "");
  start();
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_EQ(outbox_.attempts().front().result, AttemptResult::no_url);
  EXPECT_EQ(outbox_.delivery(id).state, domain::DeliveryState::idle);
}

TEST_F(SharedStore, AClaimThatTheLoopCanNotTakeIsMadeAgain) {
  Sink sink(always_ok);
  tell_under({}, sink.url());
  outbox_.refuse_reports(true);
  start();
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.refused() >= 2; }));
  EXPECT_TRUE(sink.requests().empty());
  outbox_.refuse_reports(false);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_EQ(outbox_.waiting(), 0U);
}

TEST_F(SharedStore, ARetryIsClaimedAnew) {
  std::atomic<int> asked{0};
  Sink sink([&](const SinkRequest&) { return http_answer(asked++ == 0 ? 500 : 200); });
  const RequestId id = add(sink.url());
  start();
  outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_TRUE(outbox_.delivery(id).claimed_by.is_nil());
  outbox_.clock().advance(11s);
  ASSERT_TRUE(outbox_.wait_for_attempts(2));
  EXPECT_EQ(claimed_metric(), 1U);
  EXPECT_EQ(outbox_.waiting(), 0U);
}

TEST_F(SharedStore, WhoHoldsNoLeaseTellsNothingButReplays) {
  Sink sink(always_ok);
  const RequestId id = tell_under(ours_, sink.url());
  outbox_.share({}, {});
  auto& deliverer = start();
  deliverer.look_everywhere();
  EXPECT_EQ(deliverer.replay(id, 1).result, AttemptResult::delivered);
  EXPECT_EQ(sink.requests().size(), 1U);
  EXPECT_EQ(outbox_.waiting(), 1U);
  outbox_.share(ours_, {ours_});
  deliverer.look_everywhere();
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.waiting() == 0; }));
}

TEST_F(SharedStore, ATryUnderALostLeaseIsBrokenOffAndMovesNothingThatAnotherHasClaimed) {
  Gate gate;
  Sink sink([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  auto& deliverer = start();
  const RequestId id = add(sink.url());
  outbox_.tell(id, state::awaiting_confirm);
  ASSERT_TRUE(sink.wait_for(1));
  outbox_.give_to(id, theirs_);
  outbox_.share(ours_later_, {ours_later_, theirs_});
  deliverer.look_everywhere();  // as when a lease is taken
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  EXPECT_EQ(outbox_.attempts().front().result, AttemptResult::failed);
  EXPECT_EQ(failed_metric("lease_lost"), 1U);
  EXPECT_EQ(outbox_.delivery(id).failed_tries, 0);
  EXPECT_EQ(outbox_.delivery(id).claimed_by, theirs_);
  EXPECT_EQ(outbox_.waiting(), 1U);
  gate.open();
}

TEST_F(SharedStore, ATryUnderALostLeaseThatNobodyHasClaimedIsMadeAgain) {
  Gate gate;
  Sink sink([&](const SinkRequest&) {
    gate.wait();
    return http_answer(200);
  });
  auto& deliverer = start();
  const RequestId id = add(sink.url());
  outbox_.tell(id, state::success);
  ASSERT_TRUE(sink.wait_for(1));
  outbox_.share(ours_later_, {ours_later_, theirs_});
  deliverer.look_everywhere();
  ASSERT_TRUE(outbox_.wait_for_attempts(1));
  gate.open();
  outbox_.clock().advance(11s);
  ASSERT_TRUE(outbox_.wait([&] { return outbox_.waiting() == 0; }));
  EXPECT_EQ(sink.requests().size(), 2U);
}

/// A batch of another's may be committed seconds after the time that its callbacks are due at.
TEST_F(SharedStore, WhatAnotherCommitsLateIsFound) {
  Sink sink(always_ok);
  woken_ = false;
  start();
  outbox_.clock().advance(1s);
  const RequestId early = tell_under(ours_, sink.url());
  ASSERT_TRUE(outbox_.wait([&] { return tried(early); }));
  outbox_.clock().advance(-500ms);
  const RequestId late = tell_under({}, sink.url());
  outbox_.clock().advance(6s);
  ASSERT_TRUE(outbox_.wait([&] { return tried(late); }));
}

class Flood : public DelivererTest,
              public testing::WithParamInterface<domain::CallbackAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(Algorithms, Flood,
                         testing::Values(domain::CallbackAlgorithm::rsa_sha256,
                                         domain::CallbackAlgorithm::hmac_sha512));

TEST_P(Flood, IsDeliveredOverKeptAliveConnections) {
  constexpr int kCount = 1'000;
  Sink sink(always_ok);
  outbox_.set_project([](domain::Project& project) { project.callback_algorithm = GetParam(); });
  std::vector<RequestId> ids;
  for (int i = 0; i < kCount; ++i) ids.push_back(add(sink.url()));
  start();
  const auto started = std::chrono::steady_clock::now();
  for (const RequestId id : ids) outbox_.tell(id, state::success);
  ASSERT_TRUE(outbox_.wait_for_attempts(kCount));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  std::cout << "[ rate     ] " << kCount * 1000 / std::max<std::int64_t>(took.count(), 1)
            << " deliveries/s\n";
  EXPECT_EQ(outbox_.waiting(), 0U);
  EXPECT_EQ(sink.requests().size(), static_cast<std::size_t>(kCount));
  EXPECT_LE(sink.connections(), 32);
}

}  // namespace
}  // namespace kassa::callbacks
