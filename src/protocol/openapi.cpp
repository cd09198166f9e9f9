#include "protocol/openapi.hpp"

#include <algorithm>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "domain/states.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/openapi_catalog.hpp"
#include "protocol/schema.hpp"

namespace kassa::protocol {
namespace {

constexpr std::string_view kComponents = "#/components/schemas/";

std::string_view last_part(std::string_view path) {
  const auto dot = path.find('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}
bool is_below(std::string_view path, std::string_view object) {
  return path.size() > object.size() && path.starts_with(object) && path[object.size()] == '.';
}
bool is_top(std::string_view path) {
  return !path.contains('.');
}

void write_ref(JsonWriter& json, std::string_view name) {
  json.begin_object().member("$ref", std::string(kComponents) + std::string(name)).end_object();
}

// ── requests ─────────────────────────────────────────────────────────────────────────────────────
void write_scalar_rule(JsonWriter& json, const FieldRule& rule) {
  const bool is_string = rule.type == FieldType::kString;
  json.begin_object().member("type", is_string ? "string" : "integer");
  json.member("description", rule.description);
  if (!is_string) {
    json.member("minimum", rule.min).member("maximum", rule.max);
  } else {
    const FormatRow& format = format_row(rule.format);
    json.member("minLength", rule.min).member("maxLength", rule.max);
    // \s, \p{…} and friends mean the same to ECMAScript with the flag u, which 3.1 asks for.
    if (!format.pattern.empty()) json.member("pattern", format.pattern);
    if (!format.openapi_format.empty()) json.member("format", format.openapi_format);
  }
  if (rule.path == "payment.lifetime") json.member("default", kLifetimeSecondsDefault);
  json.end_object();
}

// The properties whose paths are at this level: all top ones, or those below `object`.
template <class Rule, class Fits, class Write>
void write_properties(JsonWriter& json, std::span<const Rule> rules, const Fits& fits,
                      const Write& write) {
  json.key("properties").begin_object();
  for (const Rule& rule : rules) {
    if (!fits(rule.path)) continue;
    json.key(last_part(rule.path));
    write(rule);
  }
  json.end_object();
}

template <class Fits>
void write_required(JsonWriter& json, std::span<const FieldRule> rules, const Fits& fits) {
  json.key("required").begin_array();
  for (const FieldRule& rule : rules)
    if (fits(rule.path) && rule.presence == Presence::kRequired) json.value(last_part(rule.path));
  json.end_array();
}

void write_object_rule(JsonWriter& json, std::span<const FieldRule> rules,
                       const FieldRule& object) {
  const auto fits = [&](std::string_view path) { return is_below(path, object.path); };
  json.begin_object().member("type", "object").member("description", object.description);
  write_required(json, rules, fits);
  write_properties(json, rules, fits,
                   [&](const FieldRule& rule) { write_scalar_rule(json, rule); });
  json.end_object();
}

void write_request_example(JsonWriter& json, std::span<const FieldRule> rules) {
  const auto write_value = [&](const FieldRule& rule) {
    json.key(last_part(rule.path));
    if (rule.type == FieldType::kInteger)
      json.raw(rule.example);
    else
      json.value(rule.example);
  };
  json.begin_object();
  for (const FieldRule& rule : rules) {
    if (!is_top(rule.path)) continue;
    if (rule.type != FieldType::kObject) {
      write_value(rule);
      continue;
    }
    json.key(rule.path).begin_object();
    for (const FieldRule& field : rules)
      if (is_below(field.path, rule.path) && !field.example.empty()) write_value(field);
    json.end_object();
  }
  json.end_object();
}

void write_request_schema(JsonWriter& json, const RequestSchema& schema) {
  json.key(schema.name).begin_object().member("type", "object");
  json.member("description", schema.description);
  write_required(json, schema.fields, is_top);
  write_properties(json, schema.fields, is_top, [&](const FieldRule& rule) {
    if (rule.type == FieldType::kObject)
      write_object_rule(json, schema.fields, rule);
    else
      write_scalar_rule(json, rule);
  });
  json.key("examples").begin_array();
  write_request_example(json, schema.fields);
  json.end_array().end_object();
}

// ── answers ──────────────────────────────────────────────────────────────────────────────────────
void write_type(JsonWriter& json, std::string_view type, bool nullable) {
  json.key("type");
  if (nullable)
    json.begin_array().value(type).value("null").end_array();
  else
    json.value(type);
}

void write_states(JsonWriter& json, bool sub_states) {
  json.key("enum").begin_array();
  if (sub_states) {
    for (int sub = 1; sub <= static_cast<int>(domain::SubStatus::payout_timeout); ++sub)
      json.value(domain::wire_name(static_cast<domain::SubStatus>(sub)));
    json.null();
  } else {
    for (int status = 1; status <= static_cast<int>(domain::Status::success); ++status)
      json.value(domain::wire_name(static_cast<domain::Status>(status)));
  }
  json.end_array();
}

void write_answer_fields(JsonWriter& json, std::span<const AnswerField> fields,
                         std::string_view object);

void write_answer_field(JsonWriter& json, std::span<const AnswerField> fields,
                        const AnswerField& field) {
  json.begin_object();
  switch (field.type) {
    case AnswerType::kString:
      write_type(json, "string", field.nullable);
      break;
    case AnswerType::kInteger:
      write_type(json, "integer", field.nullable);
      break;
    case AnswerType::kStatus:
    case AnswerType::kSubStatus:
      write_type(json, "string", field.nullable);
      write_states(json, field.type == AnswerType::kSubStatus);
      break;
    case AnswerType::kObject:
      write_type(json, "object", field.nullable);
      write_answer_fields(json, fields, field.path);
      break;
    case AnswerType::kObjects:
      json.member("type", "array").key("items").begin_object().member("type", "object");
      write_answer_fields(json, fields, field.path);
      json.end_object();
      break;
    case AnswerType::kStrings:
      json.member("type", "array")
          .key("items")
          .begin_object()
          .member("type", "string")
          .end_object();
      break;
    case AnswerType::kDisplayData:
      json.member("type", "array").key("items");
      write_ref(json, "DisplayItem");
      break;
  }
  json.member("description", field.description).end_object();
}

// `object` empty: the top level.
void write_answer_fields(JsonWriter& json, std::span<const AnswerField> fields,
                         std::string_view object) {
  const auto fits = [&](std::string_view path) {
    return object.empty() ? is_top(path) : is_below(path, object);
  };
  write_properties(json, fields, fits,
                   [&](const AnswerField& field) { write_answer_field(json, fields, field); });
}

void write_answer_schema(JsonWriter& json, const AnswerSchema& schema) {
  json.key(schema.name).begin_object().member("type", "object");
  json.member("description", schema.description);
  write_answer_fields(json, schema.fields, {});
  json.end_object();
}

void write_display_item(JsonWriter& json) {
  json.key("DisplayItem")
      .raw(R"({"type":"object","properties":{"type":{"type":"string","const":"add_info"},)"
           R"("title":{"type":"string","enum":["recipient_card_holder","recipient_pan",)"
           R"("recipient_phone","lifetime","valid_until","amount","currency","bank_name",)"
           R"("bank_country","confirm_url","reject_url"]},"data":{"type":["string","integer"]}}})");
}

// ── errors ───────────────────────────────────────────────────────────────────────────────────────
void write_names(JsonWriter& json, const auto& names) {
  json.key("enum").begin_array();
  for (const std::string_view name : names) json.value(name);
  json.end_array();
}

void write_error_schema(JsonWriter& json) {
  std::vector<std::string_view> codes;
  codes.reserve(std::size(kErrors));
  for (const ErrorRow& row : kErrors) codes.push_back(row.name);
  json.key("Error").begin_object().member("type", "object").key("properties").begin_object();
  json.key("status").raw(R"({"type":"string","const":"error"})");
  json.key("sub_status").raw(R"({"type":"null"})");
  json.key("status_description").raw(R"({"type":"string","description":"One sentence."})");
  for (const char* id : {"request_id", "project_id", "payment_id"})
    json.key(id).raw(R"({"type":["string","null"]})");
  json.key("code").begin_object().member("type", "string");
  write_names(json, codes);
  json.end_object();
  json.key("retryable")
      .raw(R"({"type":"boolean",)"
           R"("description":"The same call may be repeated, and may work then."})");
  json.key("errors").begin_object().member("type", "array").key("items").begin_object();
  json.member("type", "object").key("properties").begin_object();
  json.key("field").raw(R"({"type":"string","examples":["payment.amount"]})");
  json.key("code").begin_object().member("type", "string");
  write_names(json, kFieldErrorNames);
  json.end_object();
  json.key("message").raw(R"({"type":"string"})");
  json.end_object().end_object().end_object();
  json.key("current").raw(
      R"({"type":"object","description":"Of a 409: where the payment stands.","properties":)"
      R"({"status":{"type":"string"},"sub_status":{"type":["string","null"]}}})");
  json.key("reason").begin_object().member("type", "string");
  json.member("description", "Of a 401 in test mode: why.");
  write_names(json, kUnauthorizedReasonNames);
  json.end_object();
  json.key("debug").raw(
      R"({"type":"object","description":"Of a 401 in test mode: what we computed, to compare )"
      R"(with yours.","properties":{"canonical":{"type":"string"},"message":{"type":"string"},)"
      R"("sha256":{"type":"string"}}})");
  json.end_object().end_object();
}

void write_error_responses(JsonWriter& json, const Endpoint& endpoint) {
  std::map<int, std::string> codes_by_status;
  const auto add = [&](std::span<const ErrorCode> codes) {
    for (const ErrorCode code : codes) {
      const ErrorRow& row = error_row(code);
      auto& text = codes_by_status[row.http_status];
      if (!text.empty()) text += " · ";
      text += std::string(row.name) + ": " + std::string(row.sentence);
    }
  };
  add(common_errors());
  add(endpoint.errors);
  for (const auto& [status, text] : codes_by_status) {
    json.key(std::to_string(status)).begin_object().member("description", text);
    if (status == 429 || status == 503)
      json.key("headers").raw(
          R"({"retry-after":{"description":"Seconds.","schema":{"type":"integer"}}})");
    json.key("content").begin_object().key("application/json").begin_object().key("schema");
    write_ref(json, "Error");
    json.end_object().end_object().end_object();
  }
}

// ── paths ────────────────────────────────────────────────────────────────────────────────────────
void write_json_content(JsonWriter& json, std::string_view schema) {
  json.key("content").begin_object().key("application/json").begin_object().key("schema");
  write_ref(json, schema);
  json.end_object().end_object();
}

void write_endpoint(JsonWriter& json, const Endpoint& endpoint) {
  json.key(endpoint.path).begin_object().key("post").begin_object();
  json.member("operationId", endpoint.operation).member("summary", endpoint.summary);
  json.key("tags").begin_array().value(endpoint.group).end_array();
  json.key("parameters").raw(R"([{"$ref":"#/components/parameters/Algorithm"}])");
  json.key("requestBody").begin_object().member("required", true);
  write_json_content(json, endpoint.request->name);
  json.end_object();
  json.key("responses").begin_object().key("200").begin_object().member("description", "Done.");
  write_json_content(json, endpoint.answer);
  json.end_object();
  write_error_responses(json, endpoint);
  json.end_object().end_object().end_object();
}

void write_callback(JsonWriter& json, const Callback& callback) {
  json.key(callback.name).begin_object().key("post").begin_object();
  json.member("operationId", callback.name).member("summary", callback.summary);
  json.key("security").begin_array().end_array();
  json.key("parameters").begin_array();
  for (const char* name : {"x-access-timestamp", "x-access-merchant-id", "x-access-signature",
                           "x-access-merchant-algorithm"})
    json.begin_object()
        .member("name", name)
        .member("in", "header")
        .member("required", true)
        .key("schema")
        .raw(R"({"type":"string"})")
        .end_object();
  json.end_array().key("requestBody").begin_object();
  write_json_content(json, callback.body);
  json.end_object();
  json.key("responses")
      .raw(R"({"2XX":{)"
           R"("description":"Taken. Anything else, or ten seconds of silence, is tried again."}})");
  json.end_object().end_object();
}

void write_security(JsonWriter& json) {
  struct Header {
    std::string_view scheme;
    std::string_view name;
    std::string_view description;
  };
  constexpr std::array kHeaders{
      Header{"timestamp", "x-access-timestamp", "Unix seconds, ten digits, within 300 s of now."},
      Header{"merchantId", "x-access-merchant-id", "The project's id, or its merchant's."},
      Header{"token", "x-access-token",
             "The project's public key: unpadded Base64Url of its SPKI DER."},
      Header{"signature", "x-access-signature",
             "Base64Url of the signature over the body's canonical form and the timestamp."}};
  json.key("securitySchemes").begin_object();
  for (const Header& header : kHeaders)
    json.key(header.scheme)
        .begin_object()
        .member("type", "apiKey")
        .member("in", "header")
        .member("name", header.name)
        .member("description", header.description)
        .end_object();
  json.end_object();
  json.key("parameters")
      .raw(R"({"Algorithm":{"name":"x-access-merchant-algorithm","in":"header","required":false,)"
           R"("description":"How the request is signed; absent means RSA-SHA256.",)"
           R"("schema":{"type":"string","enum":["RSA-SHA256","HMAC-SHA512"],)"
           R"("default":"RSA-SHA256"}}})");
}

void write_components(JsonWriter& json) {
  json.key("components").begin_object().key("schemas").begin_object();
  for (const RequestSchema* schema : request_schemas()) write_request_schema(json, *schema);
  for (const AnswerSchema& schema : answer_schemas()) write_answer_schema(json, schema);
  write_display_item(json);
  write_error_schema(json);
  json.end_object();
  write_security(json);
  json.end_object();
}

/// In Markdown, as OpenAPI has it.
constexpr std::string_view kDescription =
    "Bank transfers between people. Every call is a signed POST of JSON; every success is 200; "
    "every error has one shape.\n\n"
    "A request is signed over N, the canonical form of its body: a line `key:key:value` for every "
    "leaf (`null` is `None`, `true` is `1`, `false` is `0`), sorted and joined by `;`. M is N in "
    "Base64Url without padding with `x-access-timestamp` behind it. `x-access-signature` is the "
    "Base64Url of RSASSA-PKCS1-v1_5 with SHA-256 over the 32 bytes of SHA-256 of M, or, with "
    "`x-access-merchant-algorithm: HMAC-SHA512`, of HMAC-SHA512 over M. `x-access-merchant-id` is "
    "the project's id, `x-access-token` its public key: Base64Url of the SPKI DER.";

}  // namespace

std::string openapi_document(std::string_view api_base, std::string_view version,
                             std::span<const std::string_view> served) {
  const auto is_served = [&](std::string_view path) {
    return std::ranges::find(served, path) != served.end();
  };
  std::string document;
  JsonWriter json(document);
  json.begin_object().member("openapi", "3.1.0").key("info").begin_object();
  json.member("title", "Kassa merchant API").member("version", version);
  json.member("description", kDescription);
  json.end_object();
  json.key("servers").begin_array().begin_object().member("url", api_base).end_object().end_array();
  json.key("security").raw(R"([{"timestamp":[],"merchantId":[],"token":[],"signature":[]}])");
  json.key("paths").begin_object();
  for (const Endpoint& endpoint : endpoints()) {
    if (is_served(endpoint.path)) write_endpoint(json, endpoint);
  }
  json.end_object();
  json.key("webhooks").begin_object();
  for (const Callback& callback : callbacks()) {
    if (is_served(callback.told_about)) write_callback(json, callback);
  }
  json.end_object();
  write_components(json);
  json.end_object();
  return document;
}

}  // namespace kassa::protocol
