// Traders' words, as long as they have no API of their own: an operator says them in a trader's
// name. And whom a payout goes to, shown to whoever has to make the transfer.
#include "api/admin/desk.hpp"
#include "api/admin/notices.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::ReportPayout;
using Said = ReportPayout::Word;

struct PayoutWord {
  std::string_view name;
  Said word;
};
constexpr PayoutWord kPayoutWords[] = {
    {"take", Said::take},           {"paid", Said::paid},
    {"failed", Said::failed},       {"wrong-requisites", Said::wrong_requisites},
    {"hand-back", Said::hand_back},
};

std::optional<Said> payout_word(std::string_view name) {
  for (const auto& row : kPayoutWords) {
    if (row.name == name) return row.word;
  }
  return std::nullopt;
}

/// The order that the caller means: the one they name, else the one that they see now. It is read
/// before the command is queued, so that the same word sent twice means the same order.
std::int32_t order_of(Gateway& gateway, Fields& fields, domain::RequestId id) {
  if (const auto named = fields.optional_integer("order", 1, 1'000'000)) {
    return static_cast<std::int32_t>(*named);
  }
  const auto view = gateway.readers.borrow()->payment(id);
  return view ? view->payment.orders : 0;
}

http::Response report_payout(Gateway& gateway, Fields& fields, domain::RequestId id, Said word,
                             const domain::Actor& actor) {
  ReportPayout command;
  command.request_id = id;
  command.word = word;
  command.actor = actor;
  if (word == Said::take) {
    command.trader_id = fields.id<domain::TraderId>("trader_id");
  } else {
    command.order = order_of(gateway, fields, id);
  }
  if (word == Said::paid) {
    command.amount = fields.optional_integer("amount", 1, domain::kAmountMinorMax).value_or(0);
  }
  if (auto wrong = wrong_fields(fields)) return *wrong;
  return carry_out(gateway, command, payment_summary);
}

/// Money that the trader sees on requisites of theirs: a notice that names its payin.
http::Response report_money(Gateway& gateway, Fields& fields, const domain::Payment& payin,
                            const domain::Actor& actor) {
  domain::AddNotice command;
  command.request_id = payin.request_id;
  command.currency = payin.currency;
  command.actor = actor;
  const MoneySaid said = read_money(fields, command);
  identify(gateway, payin.request_id.value, said, command);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  return carry_out(gateway, command, notice_summary);
}

}  // namespace

http::Response report_trader(Gateway& gateway, Fields& fields) {
  const auto id = find_payment(gateway, fields);
  const auto word = fields.one_of("word", {"take", "paid", "failed", "wrong-requisites",
                                           "hand-back", "nothing-came", "received"});
  domain::Actor actor{domain::ActorKind::trader, acting_operator(gateway, fields)};
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto view = id ? gateway.readers.borrow()->payment(*id) : std::nullopt;
  if (!view) return no_such_payment();
  actor.note = sealed_note(gateway, fields, *id);
  const bool payout = view->payment.kind == domain::PaymentKind::payout;
  const auto about_payout = payout_word(word);
  if (payout != about_payout.has_value()) {
    fields.bad_format("word", payout ? "is about payins, and this is a payout"
                                     : "is about payouts, and this is a payin");
    return *wrong_fields(fields);
  }
  if (about_payout) {
    return report_payout(gateway, fields, *id, *about_payout, actor);
  }
  if (word == "received") {
    return report_money(gateway, fields, view->payment, actor);
  }
  domain::ResolvePayment command;
  command.request_id = *id;
  command.how = domain::ResolvePayment::How::nothing;
  command.actor = actor;
  return carry_out(gateway, command, payment_summary);
}

http::Response show_receiver(Gateway& gateway, Fields& fields) {
  const auto id = find_payment(gateway, fields);
  domain::ShowReceiver command;
  command.actor.name = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!id) return no_such_payment();
  command.request_id = *id;
  // First the note of who looked, then the look.
  const auto decision = gateway.engine.run(command, engine::Source::desk);
  if (!decision) return refusal_response(decision.error(), std::nullopt, std::nullopt);
  const auto& payout = std::get<domain::PaymentAnswer>(*decision).payment;
  const auto details = gateway.pictures.details(payout);
  if (!details) {
    return error_response(
        {.code = protocol::ErrorCode::kInternalError, .description = details.error()});
  }
  std::string out;
  protocol::JsonWriter(out)
      .begin_object()
      .member("request_id", payout.request_id.text())
      .member("state", domain::text(payout.state))
      .member("order", std::int64_t{payout.orders})
      .member("method", payout.method)
      .member("amount", payout.amount)
      .member("currency", payout.currency.text())
      .member("pan", details->receiver_pan)
      .member("phone", details->receiver_phone)
      .member("bank_code", details->receiver_bank_code)
      .member("card_holder", details->receiver_card_holder)
      .end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api
