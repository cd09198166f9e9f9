#include "protocol/openapi.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include <set>
#include <string>

#include "protocol/openapi_catalog.hpp"
#include "protocol/requests.hpp"
#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {
namespace {

std::vector<std::string_view> all_paths() {
  std::vector<std::string_view> paths;
  for (const Endpoint& endpoint : endpoints()) paths.push_back(endpoint.path);
  return paths;
}

void collect_refs(const JsonValue& value, std::set<std::string>& refs) {
  for (const auto child : value.children()) {
    if (child.key() == "$ref") refs.emplace(child.text());
    collect_refs(child, refs);
  }
}

JsonValue at(JsonValue value, std::initializer_list<std::string_view> path) {
  for (const auto key : path) {
    const auto found = value.find(key);
    if (!found) throw std::runtime_error("no " + std::string(key));
    value = *found;
  }
  return value;
}

TEST(OpenApi, IsJsonWhoseReferencesAllExist) {
  const auto document = test::parsed(openapi_document("https://api.example", "1.2.3", all_paths()));
  EXPECT_EQ(at(document.root(), {"openapi"}).text(), "3.1.0");
  EXPECT_EQ(at(document.root(), {"info", "version"}).text(), "1.2.3");
  std::set<std::string> refs;
  collect_refs(document.root(), refs);
  EXPECT_GE(refs.size(), 19U);
  for (const std::string& ref : refs) {
    JsonValue value = document.root();
    for (std::size_t from = 2; from < ref.size();) {
      const auto slash = std::min(ref.find('/', from), ref.size());
      const auto next = value.find(ref.substr(from, slash - from));
      ASSERT_TRUE(next.has_value()) << ref;
      value = *next;
      from = slash + 1;
    }
  }
}

TEST(OpenApi, SaysWhatTheValidatorChecks) {
  const auto document = test::parsed(openapi_document("https://api.example", "1", all_paths()));
  const auto payin = at(document.root(), {"components", "schemas", "PayinRequest"});
  const auto amount = at(payin, {"properties", "payment", "properties", "amount"});
  EXPECT_EQ(at(amount, {"type"}).text(), "integer");
  EXPECT_EQ(at(amount, {"minimum"}).integer(), 1);
  EXPECT_EQ(at(amount, {"maximum"}).integer(), 10'000'000'000'000);
  std::set<std::string_view> required;
  for (const auto name : at(payin, {"required"}).children()) required.insert(name.text());
  EXPECT_EQ(required, (std::set<std::string_view>{"general", "payment", "sender", "customer"}));
}

TEST(OpenApi, HasEveryEndpointWithItsErrors) {
  const auto document = test::parsed(openapi_document("https://api.example", "1", all_paths()));
  for (const Endpoint& endpoint : endpoints()) {
    const auto responses = at(document.root(), {"paths", endpoint.path, "post", "responses"});
    for (const char* status : {"200", "400", "401", "403", "413", "415", "422", "429", "503"})
      EXPECT_TRUE(responses.find(status).has_value()) << endpoint.path << status;
  }
  EXPECT_NE(at(document.root(),
               {"paths", "/api/v1/payment/p2p/payin", "post", "responses", "409", "description"})
                .text()
                .find("payment_id_conflict"),
            std::string_view::npos);
}

// Prints the examples as a body, so that what the documentation shows is what the validator takes.
class AllowAll : public ValidationContext {
 public:
  [[nodiscard]] bool currency_enabled(domain::Currency) const override { return true; }
  [[nodiscard]] bool method_enabled(Operation, domain::Currency, std::string_view) const override {
    return true;
  }
  [[nodiscard]] bool bank_known(std::string_view) const override { return true; }
  [[nodiscard]] bool phone_allowed(domain::Currency, std::string_view) const override {
    return true;
  }
  [[nodiscard]] BankCodeRule bank_code_rule(domain::Currency, std::string_view) const override {
    return BankCodeRule::kOptional;
  }
  [[nodiscard]] bool http_urls_allowed() const override { return false; }
};

std::string json_of(const JsonValue& value) {
  std::string out;
  switch (value.kind()) {
    case JsonKind::kObject:
      for (const auto child : value.children())
        out += (out.empty() ? "{\"" : ",\"") + std::string(child.key()) + "\":" + json_of(child);
      return out.empty() ? "{}" : out + "}";
    case JsonKind::kString:
      return "\"" + std::string(value.text()) + "\"";
    default:
      return std::string(value.text());
  }
}

TEST(OpenApi, ShowsExamplesThatTheValidatorTakes) {
  const auto document = test::parsed(openapi_document("https://api.example", "1", all_paths()));
  const auto example = [&](std::string_view schema) {
    const auto examples = at(document.root(), {"components", "schemas", schema, "examples"});
    return test::parsed(json_of(*examples.children().begin()));
  };
  const AllowAll context;
  EXPECT_TRUE(parse_payin(example("PayinRequest"), context).has_value());
  EXPECT_TRUE(parse_widget(example("WidgetRequest"), context).has_value());
  EXPECT_TRUE(parse_payout(example("PayoutRequest"), context).has_value());
  EXPECT_TRUE(parse_payment_ref(example("PaymentRef")).has_value());
  EXPECT_TRUE(parse_project_ref(example("ProjectRef")).has_value());
  EXPECT_TRUE(parse_bank_list(example("BankListRequest")).has_value());
  EXPECT_TRUE(parse_clock_advance(example("ClockAdvanceRequest")).has_value());
}

}  // namespace

TEST(OpenApi, NamesNoEndpointThatIsNotServed) {
  const std::vector<std::string_view> served{"/api/v1/payment/p2p/payin"};
  const std::string document = openapi_document("https://api.example", "1", served);
  EXPECT_NE(document.find("\"/api/v1/payment/p2p/payin\""), std::string::npos);
  EXPECT_EQ(document.find("/api/v1/payment/p2p/payout"), std::string::npos);
  EXPECT_EQ(document.find("payoutChanged"), std::string::npos);
}

}  // namespace kassa::protocol
