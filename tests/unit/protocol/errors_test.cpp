#include "protocol/errors.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocol/json_writer.hpp"
#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {
namespace {

TEST(Errors, HaveTheShapeOfTheWire) {
  EXPECT_EQ(render_error({.code = ErrorCode::kPaymentNotFound}),
            R"({"status":"error","sub_status":null,"status_description":)"
            R"("The project has no payment of this kind with this payment_id.",)"
            R"("request_id":null,"project_id":null,"payment_id":null,)"
            R"("code":"payment_not_found","retryable":false,"errors":[]})");
}

TEST(Errors, CarryFieldsTheStateAndTheReason) {
  const std::vector<FieldError> fields{
      {"payment.amount", FieldErrorCode::kOutOfRange, "payment.amount must be from 1 to 2."}};
  EXPECT_EQ(render_error({.code = ErrorCode::kValidationFailed,
                          .description = "No.",
                          .project_id = "P",
                          .payment_id = "a\"b",
                          .errors = fields}),
            R"({"status":"error","sub_status":null,"status_description":"No.","request_id":null,)"
            R"("project_id":"P","payment_id":"a\"b","code":"validation_failed","retryable":false,)"
            R"("errors":[{"field":"payment.amount","code":"out_of_range",)"
            R"("message":"payment.amount must be from 1 to 2."}]})");

  const auto conflict =
      test::parsed(render_error({.code = ErrorCode::kTransitionNotAllowed,
                                 .request_id = "R",
                                 .current = ErrorReport::Current{"success", std::nullopt}}));
  EXPECT_EQ(conflict.root().find("current")->find("status")->text(), "success");
  EXPECT_EQ(conflict.root().find("current")->find("sub_status")->kind(), JsonKind::kNull);

  const SignedText text{"a:1", "YTox1706182847", sha256("YTox1706182847")};
  const auto hint = test::parsed(render_error({.code = ErrorCode::kUnauthorized,
                                               .reason = UnauthorizedReason::kBadSignature,
                                               .debug = &text}));
  EXPECT_EQ(hint.root().find("reason")->text(), "bad_signature");
  EXPECT_EQ(hint.root().find("debug")->find("canonical")->text(), "a:1");
  EXPECT_EQ(hint.root().find("debug")->find("message")->text(), "YTox1706182847");
  EXPECT_EQ(hint.root().find("debug")->find("sha256")->text(), text.sha256_hex());
}

TEST(Errors, AreRetryableExactlyWhereTheSameCallMayWorkLater) {
  std::set<std::string_view> names;
  for (const ErrorRow& row : kErrors) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.retryable, row.http_status == 429 || row.http_status >= 500) << row.name;
    EXPECT_EQ(row.retry_after, row.http_status == 429 || row.http_status == 503) << row.name;
    EXPECT_EQ(&error_row(row.code), &row);
  }
}

TEST(JsonWriter, EscapesAsJavaScriptDoes) {
  std::string out;
  append_json_string(out, "a/\"\\\b\f\n\r\t\x01\x1f\x7f ж😀");
  EXPECT_EQ(out, "\"a/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f ж😀\"");
}

TEST(JsonWriter, PutsTheCommas) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("a", 1)
      .key("b")
      .begin_array()
      .value(true)
      .null()
      .begin_object()
      .end_object()
      .value("x")
      .end_array()
      .member("c", std::optional<std::string>())
      .member("d", std::optional<std::int64_t>(-9'007'199'254'740'993))
      .key("e")
      .raw("{\"f\":0}")
      .end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[true,null,{},"x"],"c":null,"d":-9007199254740993,"e":{"f":0}})");
}

TEST(JsonWriter, IsReadBackByTheParser) {
  std::string every_ascii;
  for (char c = 1; c < 127; ++c) every_ascii += c;
  std::string out;
  JsonWriter(out).begin_object().member("k", every_ascii).end_object();
  EXPECT_EQ(test::parsed(out).root().find("k")->text(), every_ascii);
}

}  // namespace
}  // namespace kassa::protocol
