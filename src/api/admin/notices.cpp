// What was seen and what became of it: money on requisites, receipts, late words of traders.
#include "api/admin/notices.hpp"

#include <algorithm>

#include "api/admin/desk.hpp"
#include "domain/details.hpp"
#include "engine/number_hash.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::Notice;
using domain::NoticeId;
using domain::NoticeState;
using protocol::JsonWriter;

void write_members(JsonWriter& json, const Notice& n) {
  json.member("notice_id", n.id.text())
      .member("kind", domain::name(n.kind))
      .member("state", domain::name(n.state))
      .member("request_id", n.request_id.is_nil() ? std::string() : n.request_id.text())
      .member("requisites_id", n.requisites_id.is_nil() ? std::string() : n.requisites_id.text())
      .member("amount", n.amount)
      .member("currency", n.currency.text())
      .member("seen_ms", domain::unix_ms(n.seen_at))
      .member("recorded_ms", domain::unix_ms(n.recorded_at))
      .member("by", domain::name(n.by.kind))
      .member("name", n.by.name)
      .member("why", n.reason);
}

/// By id, or by the number itself, which is looked up by its hash and goes no further.
std::optional<domain::Requisites> find_requisites(Gateway& gateway, Fields& fields) {
  if (const auto number = fields.optional_text("number")) {
    const auto reader = gateway.readers.borrow();
    for (const auto& hash : engine::number_hashes(gateway.ring, *number)) {
      if (auto found = reader->requisites_of_number(hash)) return found;
    }
    return std::nullopt;
  }
  const auto id = fields.id<domain::RequisitesId>("requisites_id");
  if (!fields.errors().empty()) return std::nullopt;
  return gateway.readers.borrow()->requisites(id);
}

}  // namespace

NoticeId notice_id_of(Gateway& gateway, const domain::Uuid& place, std::string_view reference) {
  const std::string content = "notice " + place.text() + " " + std::string(reference);
  // Not under the active key: after a rotation the same word would be seen a second time.
  const auto hash = gateway.ring.lasting_hash(ops::bytes_of(content));
  NoticeId id;
  std::copy_n(hash.begin(), id.value.bytes.size(), id.value.bytes.begin());
  // A UUID of version 8: made by ourselves.
  id.value.bytes[6] = static_cast<std::uint8_t>((id.value.bytes[6] & 0x0F) | 0x80);
  id.value.bytes[8] = static_cast<std::uint8_t>((id.value.bytes[8] & 0x3F) | 0x80);
  return id;
}

domain::Sealed seal_notice(Gateway& gateway, NoticeId id,
                           const std::optional<std::string>& reference, const std::string& note) {
  return gateway.ring.seal(domain::kNoticeDetailsTable, id.value.bytes,
                           domain::encode(domain::NoticeDetails{reference.value_or(""), note}));
}

std::string notice_summary(const domain::Answer& answer) {
  const auto& told = std::get<domain::NoticeAnswer>(answer);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_members(json, told.notice);
  if (told.payment) json.member("payment_state", domain::text(told.payment->state));
  json.end_object();
  return out;
}

http::Response add_notice(Gateway& gateway, Fields& fields) {
  domain::AddNotice command;
  command.amount = fields.integer("amount", 1, domain::kAmountMinorMax);
  command.actor = {domain::ActorKind::operator_, fields.text("as")};
  if (const auto at = fields.optional_integer("seen_ms", 0, 4'102'444'800'000)) {
    command.seen_at = domain::instant_of_ms(*at);
  }
  const auto reference = fields.optional_text("reference");
  const auto note = fields.optional_text("note").value_or("");
  domain::Uuid place;
  if (fields.find("request_id") || fields.find("payment_id")) {
    const auto id = find_payment(gateway, fields);
    if (auto wrong = wrong_fields(fields)) return *wrong;
    const auto view = id ? gateway.readers.borrow()->payment(*id) : std::nullopt;
    if (!view) return no_such_payment();
    command.request_id = *id;
    command.currency = view->payment.currency;
    place = id->value;
  } else {
    const auto requisites = find_requisites(gateway, fields);
    if (auto wrong = wrong_fields(fields)) return *wrong;
    if (!requisites) {
      return error_response(
          {.code = protocol::ErrorCode::kNotFound, .description = "There are no such requisites."});
    }
    command.requisites_id = requisites->id;
    command.currency = requisites->currency;
    place = requisites->id.value;
  }
  command.id = reference ? notice_id_of(gateway, place, *reference)
                         : NoticeId{ops::new_uuid_v7(gateway.clock.now())};
  command.details = seal_notice(gateway, command.id, reference, note);
  return carry_out(gateway, command, notice_summary);
}

http::Response list_notices(Gateway& gateway, Fields& fields) {
  store::NoticeFilter filter;
  if (fields.find("state")) {
    const auto word = fields.one_of("state", {"waiting", "attached", "applied", "read"});
    for (const auto state :
         {NoticeState::waiting, NoticeState::attached, NoticeState::applied, NoticeState::read}) {
      if (domain::name(state) == word) filter.state = state;
    }
  }
  filter.request_id = fields.optional_id<domain::RequestId>("request_id");
  const store::Page page = page_of(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto found = gateway.readers.borrow()->notices(filter, page);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("notices").begin_array();
  for (const auto& notice : found.rows) {
    json.begin_object();
    write_members(json, notice);
    json.end_object();
  }
  json.end_array().member("next_cursor", found.next_cursor).end_object();
  return json_response(std::move(out));
}

http::Response show_notice(Gateway& gateway, Fields& fields) {
  const auto id = fields.id<NoticeId>("notice_id");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto notice = gateway.readers.borrow()->notice(id);
  if (!notice) {
    return error_response(
        {.code = protocol::ErrorCode::kNotFound, .description = "There is no notice of this id."});
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_members(json, *notice);
  const auto opened =
      gateway.ring.open(domain::kNoticeDetailsTable, id.value.bytes, notice->details);
  if (opened) {
    if (const auto details = domain::decode_notice_details(opened->reveal())) {
      json.member("reference", details->reference).member("note", details->note);
    }
  }
  json.end_object();
  return json_response(std::move(out));
}

http::Response assign_notice(Gateway& gateway, Fields& fields) {
  domain::AssignNotice command;
  command.id = fields.id<NoticeId>("notice_id");
  const auto id = find_payment(gateway, fields);
  command.actor.name = fields.text("as");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!id) return no_such_payment();
  command.request_id = *id;
  return carry_out(gateway, command, notice_summary);
}

http::Response read_notice(Gateway& gateway, Fields& fields) {
  domain::ReadNotice command;
  command.id = fields.id<NoticeId>("notice_id");
  command.actor.name = fields.text("as");
  command.note = fields.optional_text("note").value_or("");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  return carry_out(gateway, command, notice_summary);
}

}  // namespace kassa::api
