// POST /api/v1/test/clock/advance: a test project's clock goes forward (docs/test-mode.md).
#include "api/merchant/endpoints.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {

void advance_test_clock(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const std::string project_id = admitted.project->id.text();
  if (!admitted.project->test) {
    responder.send(
        error_response({.code = protocol::ErrorCode::kNotFound, .project_id = project_id}));
    return;
  }
  const auto request = protocol::parse_clock_advance(admitted.workspace->document);
  if (!request) {
    responder.send(validation_failed(admitted, request.error()));
    return;
  }
  gateway.engine.submit(
      domain::AdvanceClock{admitted.project->id, std::chrono::seconds{request->seconds}},
      engine::Source::api,
      [project_id, responder = std::move(responder)](domain::Decision&& decision) mutable {
        if (!decision) {
          responder.send(refusal_response(decision.error(), project_id, std::nullopt));
          return;
        }
        const auto& answer = std::get<domain::ClockAnswer>(*decision);
        std::string out;
        protocol::JsonWriter(out)
            .begin_object()
            .member("now", domain::unix_seconds(answer.now))
            .member("fired", answer.fired)
            .end_object();
        responder.send(json_response(std::move(out)));
      });
}

}  // namespace kassa::api
