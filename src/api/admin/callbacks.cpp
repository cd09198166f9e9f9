// Callbacks as operators see them: what was told, what waits, what was given up; and telling one
// again.
#include "api/admin/desk.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using protocol::JsonWriter;

std::string_view standing(const store::CallbackView& view) {
  if (view.waiting) return "waiting";
  return view.last_attempt ? domain::name(view.last_attempt->result) : "waiting";
}

void write(JsonWriter& json, const store::CallbackView& view) {
  json.begin_object()
      .member("request_id", view.event.request_id.text())
      .member("event", std::int64_t{view.event.seq})
      .member("state", domain::text(view.event.to))
      .member("at_ms", domain::unix_ms(view.event.at))
      .member("standing", standing(view))
      .member("tries", std::int64_t{view.tries});
  if (view.last_attempt) {
    json.member("last_try_ms", domain::unix_ms(view.last_attempt->at))
        .member("http_status", std::int64_t{view.last_attempt->http_status})
        .member("excerpt", view.last_attempt->excerpt);
  }
  json.end_object();
}

}  // namespace

http::Response list_callbacks(Gateway& gateway, Fields& fields) {
  const auto id = fields.optional_id<domain::RequestId>("request_id");
  const store::Page page = page_of(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto found = gateway.readers.borrow()->callbacks(id, page);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("callbacks").begin_array();
  for (const auto& view : found.rows) write(json, view);
  json.end_array().member("next_cursor", found.next_cursor).end_object();
  return json_response(std::move(out));
}

http::Response replay_callback(Gateway& gateway, Fields& fields) {
  const auto id = fields.id<domain::RequestId>("request_id");
  const auto seq = fields.integer("event", 1, 1'000'000'000);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto event = gateway.readers.borrow()->event(id, static_cast<std::int32_t>(seq));
  if (!event || !event->callback) {
    return error_response({.code = protocol::ErrorCode::kNotFound,
                           .description = "This payment has no such event that is told."});
  }
  const domain::DeliveryAttempt attempt = gateway.deliverer.replay(id, event->seq);
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("request_id", id.text())
      .member("event", std::int64_t{event->seq})
      .member("result", domain::name(attempt.result))
      .member("http_status", std::int64_t{attempt.http_status})
      .member("duration_ms", std::int64_t{attempt.duration_ms})
      .member("excerpt", attempt.excerpt)
      .end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api
