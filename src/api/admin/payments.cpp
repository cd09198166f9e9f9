// One payment's whole life with who and why; lists; and an operator's decisions.
#include <algorithm>

#include "api/admin/desk.hpp"
#include "ops/log.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::Payment;
using domain::RequestId;
using protocol::JsonWriter;

std::int64_t ms(domain::Instant at) {
  return domain::unix_ms(at);
}

void write_summary(JsonWriter& json, const Payment& p) {
  json.member("request_id", p.request_id.text())
      .member("project_id", p.project_id.text())
      .member("payment_id", p.payment_id)
      .member("type", domain::wire_name(p.kind))
      .member("state", domain::text(p.state))
      .member("status_description", p.status_description)
      .member("amount", p.amount)
      .member("old_amount", p.old_amount)
      .member("initial_amount", p.initial_amount)
      .member("currency", p.currency.text())
      .member("method", p.method)
      .member("widget_method", p.widget_method)
      .member("bank_asked", p.bank_symbol)
      .member("mode", p.clock.is_nil() ? "live" : "test")
      .member("created_ms", ms(p.created_at))
      .member("updated_ms", ms(p.updated_at))
      .member("expires_ms", p.kind == domain::PaymentKind::payout ? std::nullopt
                                                                  : std::optional(ms(p.expires_at)))
      .member("frozen", p.frozen);
}

void write_event(JsonWriter& json, const Gateway& gateway, const domain::PaymentEvent& e) {
  const auto note = unsealed(gateway, domain::kEventNoteTable, e.request_id.value, e.actor.note);
  json.begin_object()
      .member("event", std::int64_t{e.seq})
      .member("at_ms", ms(e.at))
      .member("cause", domain::name(e.cause))
      .member("by", domain::name(e.actor.kind))
      .member("name", e.actor.name)
      .member("from", domain::text(e.from))
      .member("to", domain::text(e.to))
      .member("amount", e.amount)
      .member("why", e.reason)
      .member("note", note.value_or(""))
      .member("told", e.callback)
      .end_object();
}

void write_attempt(JsonWriter& json, const domain::DeliveryAttempt& a) {
  std::optional<std::int64_t> number;
  if (a.attempt > 0) number = a.attempt;  // else superseded, which is no try
  json.begin_object()
      .member("event", std::int64_t{a.seq})
      .member("try", number)
      .member("at_ms", ms(a.at))
      .member("result", domain::name(a.result))
      .member("http_status", std::int64_t{a.http_status})
      .member("duration_ms", std::int64_t{a.duration_ms})
      .member("replay", a.replay)
      .member("excerpt", a.excerpt)
      .end_object();
}

template <class Rows, class Write>
void write_list(JsonWriter& json, std::string_view name, const Rows& rows, const Write& write) {
  json.key(name).begin_array();
  for (const auto& row : rows) write(json, row);
  json.end_array();
}

void write_requisites(JsonWriter& json, const std::optional<domain::Requisites>& requisites) {
  json.key("requisites");
  if (!requisites) {
    json.null();
    return;
  }
  json.begin_object()
      .member("requisites_id", requisites->id.text())
      .member("trader_id", requisites->trader_id.text())
      .member("bank", requisites->bank_symbol)
      .member("number", requisites->number_mask)
      .end_object();
}

void write_order(JsonWriter& json, const domain::PayoutOrder& o) {
  json.begin_object()
      .member("order", std::int64_t{o.id.number})
      .member("trader_id", o.trader_id.text())
      .member("state", domain::name(o.state))
      .member("taken_ms", ms(o.taken_at))
      .member("ended_ms", o.ended_at ? std::optional(ms(*o.ended_at)) : std::nullopt)
      .end_object();
}

/// With what file it was, if it was one.
void write_notice(JsonWriter& json, const domain::Notice& n,
                  const std::vector<domain::Receipt>& receipts) {
  const auto receipt = std::ranges::find(receipts, n.id, &domain::Receipt::notice_id);
  json.begin_object();
  if (receipt != receipts.end()) {
    json.member("number", std::int64_t{receipt->number})
        .member("file", domain::name(receipt->kind))
        .member("size", receipt->size);
  }
  json.member("notice_id", n.id.text())
      .member("kind", domain::name(n.kind))
      .member("state", domain::name(n.state))
      .member("amount", n.amount)
      .member("seen_ms", ms(n.seen_at))
      .member("why", n.reason)
      .end_object();
}

/// The newest of them: a payment with more than these has a story of its own.
constexpr std::size_t kNoticesShown = 100;

}  // namespace

std::optional<RequestId> find_payment(Gateway& gateway, Fields& fields) {
  if (fields.find("request_id")) return fields.id<RequestId>("request_id");
  const auto project = fields.id<domain::ProjectId>("project_id");
  const auto payment_id = fields.text("payment_id");
  if (!fields.errors().empty()) return std::nullopt;
  const auto key = gateway.readers.borrow()->payment_key({project, payment_id});
  return key ? std::optional(key->request_id) : std::nullopt;
}

http::Response no_such_payment() {
  return error_response(
      {.code = protocol::ErrorCode::kPaymentNotFound, .description = "There is no such payment."});
}

std::string payment_summary(const domain::Answer& answer) {
  const auto& payment = std::get<domain::PaymentAnswer>(answer).payment;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_summary(json, payment);
  json.end_object();
  return out;
}

void write_transfer(JsonWriter& json, const domain::Transfer& t) {
  const auto account = [](const domain::AccountId& id) {
    return std::string(domain::name(id.kind)) + ":" + id.owner.text();
  };
  json.begin_object()
      .member("seq", t.seq)
      .member("kind", domain::name(t.kind))
      .member("debit", account(t.debit))
      .member("credit", account(t.credit))
      .member("amount", t.amount_minor)
      .member("currency", t.debit.currency.text())
      .member("at_ms", ms(t.at))
      .end_object();
}

http::Response show_payment(Gateway& gateway, Fields& fields) {
  const auto id = find_payment(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!id) return no_such_payment();
  const auto reader = gateway.readers.borrow();
  const auto view = reader->payment(*id);
  if (!view) return no_such_payment();

  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_summary(json, view->payment);
  json.member("settled_amount", view->payment.settled_amount)
      .member("settled_fee", view->payment.settled_fee)
      .member("returned_amount", view->payment.returned_amount)
      .member("pool", view->payment.pool)
      .member("held", view->payment.held)
      .member("unread", std::int64_t{view->payment.unread})
      .member("next_due_ms", view->payment.due_at ? std::optional(ms(*view->payment.due_at))
                                                  : std::optional<std::int64_t>());
  write_requisites(json, view->requisites);
  if (view->payment.kind == domain::PaymentKind::payout) {
    write_list(json, "orders", reader->payout_orders(*id), write_order);
  }
  write_list(json, "notices", reader->notices({{}, id}, {"", kNoticesShown}).rows,
             [receipts = reader->receipts(*id)](JsonWriter& to, const domain::Notice& notice) {
               write_notice(to, notice, receipts);
             });
  write_list(json, "events", reader->events(*id),
             [&gateway](JsonWriter& to, const domain::PaymentEvent& event) {
               write_event(to, gateway, event);
             });
  write_list(json, "transfers", reader->transfers(*id), write_transfer);
  write_list(json, "callback_tries", reader->attempts(*id), write_attempt);
  json.end_object();
  return json_response(std::move(out));
}

http::Response list_payments(Gateway& gateway, Fields& fields) {
  store::PaymentFilter filter;
  filter.project_id = fields.optional_id<domain::ProjectId>("project_id");
  filter.payment_id = fields.optional_text("payment_id");
  if (fields.find("status")) {
    const auto word =
        fields.one_of("status", {"error", "processing", "dispute", "decline", "success"});
    for (const auto status :
         {domain::Status::error, domain::Status::processing, domain::Status::dispute,
          domain::Status::decline, domain::Status::success}) {
      if (domain::wire_name(status) == word) filter.status = status;
    }
  }
  const store::Page page = page_of(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto found = gateway.readers.borrow()->payments(filter, page);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_list(json, "payments", found.rows, [](JsonWriter& to, const Payment& payment) {
    to.begin_object();
    write_summary(to, payment);
    to.end_object();
  });
  json.member("next_cursor", found.next_cursor).end_object();
  return json_response(std::move(out));
}

http::Response resolve_payment(Gateway& gateway, Fields& fields) {
  using How = domain::ResolvePayment::How;
  const auto id = find_payment(gateway, fields);
  const auto how = fields.one_of("how", {"received", "nothing", "receipt", "decline", "retry"});
  domain::ResolvePayment command;
  command.actor.name = acting_operator(gateway, fields);
  if (how == "received") command.amount = fields.integer("amount", 1, domain::kAmountMinorMax);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!id) return no_such_payment();
  command.request_id = *id;
  command.actor.note = sealed_note(gateway, fields, *id);
  command.how = how == "received"  ? How::received
                : how == "nothing" ? How::nothing
                : how == "receipt" ? How::receipt
                : how == "decline" ? How::decline
                                   : How::retry;
  return carry_out(gateway, command, payment_summary);
}

http::Response resume(Gateway& gateway, Fields& fields) {
  const auto id = fields.optional_id<RequestId>("request_id");
  const auto as = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!id) {
    ops::log::warn("desk.resume", {{"by", as}});
    gateway.engine.resume();
    return json_response(R"({"resumed":true})");
  }
  domain::ResumePayment command;
  command.request_id = *id;
  command.actor.name = as;
  return carry_out(gateway, command, payment_summary);
}

}  // namespace kassa::api
