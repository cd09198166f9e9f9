// What a payer showed: which file it is, and the file itself, in the clear, for a person's eyes.
#include "api/admin/desk.hpp"
#include "domain/details.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

http::Response no_receipt(std::string_view sentence) {
  return error_response({.code = protocol::ErrorCode::kNotFound, .description = sentence});
}

/// The one of that number, the newest without; or the answer that says why not.
std::expected<domain::Receipt, http::Response> find_receipt(Gateway& gateway, Fields& fields) {
  const auto id = find_payment(gateway, fields);
  const auto number = fields.optional_integer("number", 1, domain::kReceiptsMax);
  (void)acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return std::unexpected(std::move(*wrong));
  if (!id) return std::unexpected(no_such_payment());
  const auto all = gateway.readers.borrow()->receipts(*id);
  const auto wanted = static_cast<std::size_t>(number.value_or(std::ssize(all)));
  if (wanted == 0 || wanted > all.size()) {
    return std::unexpected(no_receipt("The payment has no such receipt."));
  }
  return all[wanted - 1];
}

}  // namespace

http::Response show_receipt(Gateway& gateway, Fields& fields) {
  auto receipt = find_receipt(gateway, fields);
  if (!receipt) return std::move(receipt.error());
  const auto notice = gateway.readers.borrow()->notice(receipt->notice_id);
  if (!notice) return no_receipt("The receipt has no notice.");
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("notice_id", receipt->notice_id.text())
      .member("number", std::int64_t{receipt->number})
      .member("kind", domain::name(receipt->kind))
      .member("size", receipt->size)
      .member("state", domain::name(notice->state))
      .end_object();
  return json_response(std::move(out));
}

/// The file's bytes as they came. The note of who looks comes first.
http::Response read_receipt_file(Gateway& gateway, Fields& fields) {
  auto receipt = find_receipt(gateway, fields);
  if (!receipt) return std::move(receipt.error());
  const auto sealed = gateway.store.receipt_files().get(receipt->file);
  if (!sealed) return no_receipt("The receipt's file is missing.");
  domain::ShowReceipt look{.request_id = receipt->request_id, .number = receipt->number};
  look.actor.name = fields.text("as");
  const auto decision = gateway.engine.run(look, engine::Source::desk);
  if (!decision) return refusal_response(decision.error(), std::nullopt, std::nullopt);
  const auto opened =
      gateway.ring.open(domain::kReceiptFilesTable, receipt->file.value.bytes, *sealed);
  if (!opened) return no_receipt("The receipt's file can't be opened with this key ring.");
  http::Response response;
  response.content_type = "application/octet-stream";
  response.body = opened->reveal();
  return response;
}

}  // namespace kassa::api
