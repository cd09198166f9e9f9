// Money across the border: written down by one operator, decided by another. The reference and the
// note may name people, so they are sealed as they come in, and only `show` opens them.
#include <algorithm>

#include "api/admin/desk.hpp"
#include "domain/details.hpp"
#include "encoding/utf8.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::CreateSettlement;
using domain::DecideSettlement;
using domain::Settlement;
using domain::SettlementId;
using domain::SettlementKind;
using domain::SettlementStatus;
using protocol::JsonWriter;

constexpr std::size_t kTextCodePointsMax = 255;
constexpr std::size_t kKeyMax = 64;

ops::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// One line for people: what could move a terminal's cursor is refused.
void require_line(Fields& fields, std::string_view name, const std::string& text) {
  if (encoding::count_code_points(text) > kTextCodePointsMax) {
    fields.bad_format(name, "must be at most 255 characters");
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      fields.bad_format(name, "must be one line without control characters");
      return;
    }
  }
}

/// A key stands in the store in the clear, so its form leaves no room for a name or a sentence.
std::string read_key(Fields& fields) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
  std::string key = fields.optional_text("id").value_or("");
  if (key.size() > kKeyMax || key.find_first_not_of(kAllowed) != std::string::npos) {
    fields.bad_format("id", "must be at most 64 letters, digits, dots, colons, hyphens and _");
  }
  return key;
}

SettlementKind read_kind(Fields& fields) {
  std::vector<std::string_view> names(domain::kSettlementKinds.size());
  std::ranges::transform(domain::kSettlementKinds, names.begin(),
                         [](SettlementKind kind) { return domain::name(kind); });
  const std::string word = fields.one_of("kind", names);
  for (const auto kind : domain::kSettlementKinds) {
    if (domain::name(kind) == word) return kind;
  }
  return SettlementKind::settlement;
}

/// All that a maker says, so that the same key with another word is told from the same call again.
std::string fingerprint(const CreateSettlement& command, const std::string& reference) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("kind", domain::name(command.kind))
      .member("project_id", command.project_id.text())
      .member("trader_id", command.trader_id.text())
      .member("payout", command.payout.text())
      .member("amount", command.amount)
      .member("currency", command.currency.text())
      .member("made_by", command.made_by)
      .member("reference", reference)
      .end_object();
  return out;
}

/// Under the ring key that an earlier create of this key was hashed with, if that was another one.
void hash_content(Gateway& gateway, const std::string& key, const std::string& content,
                  CreateSettlement& command) {
  auto hash = gateway.ring.content_hash(bytes_of(content));
  if (const auto too = gateway.ring.content_hash_too(bytes_of(content))) {
    command.content_too.push_back({too->key_id, too->digest});
  }
  if (!key.empty() && gateway.ring.key_ids().size() > 1) {
    const auto earlier = gateway.readers.borrow()->settlement_key(key);
    if (earlier && earlier->content.key_id != hash.key_id) {
      const auto again = gateway.ring.content_hash_with(earlier->content.key_id, bytes_of(content));
      if (again) hash = *again;
    }
  }
  command.content = {hash.key_id, hash.digest};
}

template <class AnyId>
AnyId id_or_nil(Fields& fields, std::string_view name) {
  return fields.optional_id<AnyId>(name).value_or(AnyId{});
}

template <class AnyId>
void write_id(JsonWriter& json, std::string_view name, const AnyId& id) {
  json.member(name, id.is_nil() ? std::nullopt : std::optional(id.text()));
}

/// The name of the project or trader that it is for.
std::string owner_name(const domain::Config& config, const Settlement& settlement) {
  if (domain::is_for_trader(settlement.kind)) {
    const auto* trader = config.trader(settlement.trader_id);
    return trader ? trader->name : std::string();
  }
  const auto* project = config.project(settlement.project_id);
  return project ? project->name : std::string();
}

void write_settlement(JsonWriter& json, const domain::Config& config, const Settlement& s) {
  json.member("settlement_id", s.id.text())
      .member("kind", domain::name(s.kind))
      .member("status", domain::name(s.status));
  write_id(json, "project_id", s.project_id);
  write_id(json, "trader_id", s.trader_id);
  write_id(json, "request_id", s.payout);
  json.member("name", owner_name(config, s))
      .member("amount", s.amount)
      .member("currency", s.currency.text())
      .member("number", std::int64_t{s.number})
      .member("made_by", s.made_by)
      .member("made_ms", domain::unix_ms(s.made_at))
      .member("decided_by", s.decided_by.empty() ? std::nullopt : std::optional(s.decided_by))
      .member("decided_ms", s.decided_at ? std::optional(domain::unix_ms(*s.decided_at))
                                         : std::optional<std::int64_t>());
}

http::Response answer(Gateway& gateway, domain::Command command) {
  return carry_out(gateway, std::move(command), [&](const domain::Answer& answered) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    write_settlement(json, *gateway.engine.config(),
                     std::get<domain::SettlementAnswer>(answered).settlement);
    json.end_object();
    return out;
  });
}

http::Response decide_settlement(Gateway& gateway, Fields& fields,
                                 DecideSettlement::Verdict verdict) {
  DecideSettlement command;
  command.id = fields.id<SettlementId>("settlement_id");
  command.verdict = verdict;
  command.by = fields.text("as");
  const std::string note = fields.optional_text("note").value_or("");
  require_line(fields, "note", note);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!note.empty()) {
    command.note = gateway.ring.seal(domain::kSettlementNoteTable, command.id.value.bytes, note);
  }
  return answer(gateway, std::move(command));
}

/// A sealed text in the clear; null where there is none, or where the ring has lost its key.
}  // namespace

http::Response create_settlement(Gateway& gateway, Fields& fields) {
  CreateSettlement command;
  command.kind = read_kind(fields);
  command.project_id = id_or_nil<domain::ProjectId>(fields, "project_id");
  command.trader_id = id_or_nil<domain::TraderId>(fields, "trader_id");
  command.payout = id_or_nil<domain::RequestId>(fields, "request_id");
  command.amount = fields.integer("amount", 1, domain::kAmountMinorMax);
  const std::string code = fields.text("currency");
  const auto currency = domain::Currency::parse(code);
  if (!currency && !code.empty()) fields.bad_format("currency", "must be a currency code");
  const std::string reference = fields.text("reference");
  require_line(fields, "reference", reference);
  command.made_by = fields.text("as");
  command.key = read_key(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  command.currency = *currency;
  command.id = SettlementId{ops::new_uuid_v7(gateway.clock.now())};
  hash_content(gateway, command.key, fingerprint(command, reference), command);
  command.reference =
      gateway.ring.seal(domain::kSettlementReferenceTable, command.id.value.bytes, reference);
  return answer(gateway, std::move(command));
}

http::Response approve_settlement(Gateway& gateway, Fields& fields) {
  return decide_settlement(gateway, fields, DecideSettlement::Verdict::approve);
}

http::Response reject_settlement(Gateway& gateway, Fields& fields) {
  return decide_settlement(gateway, fields, DecideSettlement::Verdict::reject);
}

http::Response list_settlements(Gateway& gateway, Fields& fields) {
  store::SettlementFilter filter;
  if (fields.find("status")) {
    const auto word = fields.one_of("status", {"pending", "approved", "rejected"});
    for (const auto status :
         {SettlementStatus::pending, SettlementStatus::approved, SettlementStatus::rejected}) {
      if (domain::name(status) == word) filter.status = status;
    }
  }
  filter.project_id = fields.optional_id<domain::ProjectId>("project_id");
  filter.trader_id = fields.optional_id<domain::TraderId>("trader_id");
  filter.payout = fields.optional_id<domain::RequestId>("request_id");
  const store::Page page = page_of(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto config = gateway.engine.config();
  const auto found = gateway.readers.borrow()->settlements(filter, page);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("settlements").begin_array();
  for (const auto& settlement : found.rows) {
    json.begin_object();
    write_settlement(json, *config, settlement);
    json.end_object();
  }
  json.end_array().member("next_cursor", found.next_cursor).end_object();
  return json_response(std::move(out));
}

http::Response show_settlement(Gateway& gateway, Fields& fields) {
  const auto id = fields.id<SettlementId>("settlement_id");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto reader = gateway.readers.borrow();
  const auto settlement = reader->settlement(id);
  if (!settlement) {
    return error_response({.code = protocol::ErrorCode::kNotFound,
                           .description = "There is no settlement of this id."});
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_settlement(json, *gateway.engine.config(), *settlement);
  json.member("reference",
              unsealed(gateway, domain::kSettlementReferenceTable, id.value, settlement->reference))
      .member("note", unsealed(gateway, domain::kSettlementNoteTable, id.value, settlement->note));
  json.key("transfers").begin_array();
  for (const auto& transfer : reader->transfers(domain::RequestId{id.value})) {
    write_transfer(json, transfer);
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api
