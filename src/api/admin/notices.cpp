// What was seen and what became of it: money on requisites, receipts, late words of traders.
#include "api/admin/notices.hpp"

#include <ranges>

#include "api/admin/desk.hpp"
#include "domain/details.hpp"
#include "engine/number_hash.hpp"
#include "ops/crypto.hpp"
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
    // The active key's last: a row that is hashed anew meanwhile is found by one or the other.
    const auto hashes = engine::number_hashes(gateway.ring, engine::normalized_number(*number));
    for (const auto& hash : std::views::reverse(hashes)) {
      if (auto found = reader->requisites_of_number(hash)) return found;
    }
    return std::nullopt;
  }
  const auto id = fields.id<domain::RequisitesId>("requisites_id");
  if (!fields.errors().empty()) return std::nullopt;
  return gateway.readers.borrow()->requisites(id);
}

}  // namespace

MoneySaid read_money(Fields& fields, domain::AddNotice& notice) {
  notice.amount = fields.integer("amount", 1, domain::kAmountMinorMax);
  if (const auto at = fields.optional_integer("seen_ms", 0, kUnixSecondsMax * 1000)) {
    notice.seen_at = domain::instant_of_ms(*at);
  }
  MoneySaid said{fields.optional_text("reference"), fields.optional_text("note").value_or("")};
  if (said.reference && (said.reference->empty() || said.reference->contains('\n'))) {
    fields.bad_format("reference", "must be one line that is not empty");
  }
  return said;
}

void identify(Gateway& gateway, const domain::Uuid& place, const MoneySaid& said,
              domain::AddNotice& notice) {
  std::string content = "notice " + place.text() + " ";
  if (said.reference) {
    content += *said.reference;
  } else {
    // No reference begins with a line's end.
    content += "\n" + std::to_string(notice.amount);
    if (notice.seen_at) content += " at " + std::to_string(domain::unix_ms(*notice.seen_at));
  }
  const auto hashes = gateway.ring.content_hashes(ops::bytes_of(content));
  notice.id = {domain::make_uuid_v8(hashes.front().digest)};
  for (const auto& hash : hashes | std::views::drop(1)) {
    notice.others.push_back({domain::make_uuid_v8(hash.digest)});
  }
  notice.details = gateway.ring.seal(
      domain::kNoticeDetailsTable, notice.id.value.bytes,
      domain::encode(domain::NoticeDetails{said.reference.value_or(""), said.note}));
}

std::string notice_summary(const domain::Answer& answer) {
  const auto& told = std::get<domain::NoticeAnswer>(answer);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_members(json, told.notice);
  if (told.payment) json.member("payment_state", domain::text(told.payment->state));
  json.member("repeated", told.repeated);
  json.end_object();
  return out;
}

http::Response add_notice(Gateway& gateway, Fields& fields) {
  domain::AddNotice command;
  const MoneySaid said = read_money(fields, command);
  command.actor = {domain::ActorKind::operator_, acting_operator(gateway, fields)};
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
    if (!command.seen_at) {
      fields.bad_format("seen_ms",
                        "must say when the money came: it tells one payer from the next");
    }
    if (auto wrong = wrong_fields(fields)) return *wrong;
    if (!requisites) {
      return error_response(
          {.code = protocol::ErrorCode::kNotFound, .description = "There are no such requisites."});
    }
    command.requisites_id = requisites->id;
    command.currency = requisites->currency;
    place = requisites->id.value;
  }
  identify(gateway, place, said, command);
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
  if (const auto opened =
          unsealed(gateway, domain::kNoticeDetailsTable, id.value, notice->details)) {
    if (const auto details = domain::decode_notice_details(*opened)) {
      json.member("reference", details->reference).member("note", details->note);
    }
  }
  if (const auto note = unsealed(gateway, domain::kNoticeNoteTable, id.value, notice->note)) {
    json.member("read_note", *note);
  }
  json.end_object();
  return json_response(std::move(out));
}

http::Response assign_notice(Gateway& gateway, Fields& fields) {
  domain::AssignNotice command;
  command.id = fields.id<NoticeId>("notice_id");
  const auto id = find_payment(gateway, fields);
  command.actor.name = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!id) return no_such_payment();
  command.request_id = *id;
  return carry_out(gateway, command, notice_summary);
}

http::Response read_notice(Gateway& gateway, Fields& fields) {
  domain::ReadNotice command;
  command.id = fields.id<NoticeId>("notice_id");
  command.actor.name = acting_operator(gateway, fields);
  const auto note = fields.optional_text("note").value_or("");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!note.empty()) {
    command.note = gateway.ring.seal(domain::kNoticeNoteTable, command.id.value.bytes, note);
  }
  return carry_out(gateway, command, notice_summary);
}

}  // namespace kassa::api
