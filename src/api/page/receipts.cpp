#include "api/page/receipts.hpp"

#include <ranges>

#include "api/page/receipt_file.hpp"
#include "domain/details.hpp"
#include "http/form_file.hpp"
#include "ops/log.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::NoticeId;
using domain::ReceiptFileId;
using protocol::ErrorCode;

constexpr std::size_t kUploadsMax = 8;
constexpr std::string_view kTryAgain = "The file could not be kept; send it again.";

http::Response refused(ErrorCode code, std::string_view sentence) {
  return error_response({.code = code, .description = sentence});
}

bool is_raw(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type == "application/pdf" || type == "image/jpeg" || type == "image/png" ||
         type == "application/octet-stream";  // a browser that doesn't know: the bytes tell
}

/// One file, one id: what the same bytes come to again.
NoticeId id_of(const ops::KeyedHash& hash) {
  return {domain::make_uuid_v8(hash.digest)};
}

/// Sealed with the key that is the active one when the file lies there, however long the disk took:
/// a rotation of the ring looks for files by their rows, and this has none yet.
void put_sealed(store::ReceiptFiles& files, const ops::KeyRing& ring, ReceiptFileId place,
                std::string_view file) {
  std::string sealed;
  do {
    sealed = ring.seal(domain::kReceiptFilesTable, place.value.bytes, file);
    files.put(place, sealed);
  } while (ops::KeyRing::key_id_of(sealed) != ring.active_key_id());
}

std::string body_of(const domain::ReceiptAnswer& answer) {
  const std::string_view sub = domain::wire_name(answer.payment.state.sub);
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("number", std::int64_t{answer.receipt.number})
      .member("kind", domain::name(answer.receipt.kind))
      .member("size", answer.receipt.size)
      .member("created", answer.created)
      .member("status", domain::wire_name(answer.payment.state.status))
      .member("sub_status", sub.empty() ? std::nullopt : std::optional(sub))
      .end_object();
  return out;
}

}  // namespace

Receipts::Receipts(Gateway& gateway)
    : gateway_(gateway),
      slots_(std::make_shared<http::BodySlots>(kUploadsMax)),
      jobs_(/*threads=*/1, kUploadsMax, [this](Job& job) { carry_out(job); }) {}

void Receipts::take(const Upload& upload, Answer&& answer) {
  Job job{upload, std::move(answer)};
  if (jobs_.add(job)) return;
  job.answer(refused(ErrorCode::kUnavailable, kTryAgain));
}

void Receipts::carry_out(Job& job) {
  http::Response response;
  try {
    response = keep(job.upload);
  } catch (const std::exception& error) {
    ops::log::error("receipt.failed", {{"why", error.what()}});
    response = refused(ErrorCode::kUnavailable, kTryAgain);
  }
  job.answer(std::move(response));
}

http::Response Receipts::keep(const Upload& upload) {
  if (is_raw(upload.content_type)) return keep_file(upload.request_id, upload.body);
  if (!http::is_form_with_files(upload.content_type)) {
    return refused(ErrorCode::kUnsupportedMediaType,
                   "The content-type must be application/pdf, image/jpeg, image/png, "
                   "application/octet-stream or "
                   "multipart/form-data with one file.");
  }
  const auto file = http::read_form_file(upload.content_type, upload.body);
  if (!file) return refused(ErrorCode::kValidationFailed, "The form must have one file.");
  return keep_file(upload.request_id, file->content);
}

/// The file is on disk before its row is, and goes again unless the row names it.
http::Response Receipts::keep_file(domain::RequestId id, std::string_view file) {
  if (std::cmp_greater(file.size(), domain::kReceiptBytesMax)) {
    return refused(ErrorCode::kBodyTooLarge, "The file is larger than 10 MiB.");
  }
  const auto kind = receipt_kind_of(file);
  if (!kind) {
    return refused(ErrorCode::kUnsupportedMediaType, "The file is no PDF, JPEG or PNG.");
  }
  domain::AddReceipt command;
  command.request_id = id;
  command.kind = *kind;
  command.size = static_cast<std::int64_t>(file.size());
  const auto hashes = gateway_.ring.content_hashes(ops::bytes_of(file));
  command.content = {hashes.front().key_id, hashes.front().digest};
  command.id = id_of(hashes.front());
  for (const auto& hash : hashes | std::views::drop(1)) command.others.push_back(id_of(hash));
  const NoticeId notice = command.id;
  const auto reader = gateway_.readers.borrow();
  const auto view = reader->payment(id);
  // What will be refused, or is there already, is not worth a file; the engine decides all the
  // same.
  const bool worth_a_file = view && domain::takes_receipts(view->payment) &&
                            view->payment.receipts < domain::kReceiptsMax &&
                            !reader->receipt(notice) && !view->payment.frozen;
  store::ReceiptFiles& files = gateway_.store.receipt_files();
  const ReceiptFileId place{ops::random_uuid_v4()};
  if (worth_a_file) {
    put_sealed(files, gateway_.ring, place, file);
    command.file = place;
  }
  command.details = gateway_.ring.seal(domain::kNoticeDetailsTable, command.id.value.bytes,
                                       domain::encode(domain::NoticeDetails{}));
  const auto decision = gateway_.engine.run(std::move(command), engine::Source::api);
  if (worth_a_file) {
    const auto row = reader->receipt(notice);
    if (!row || row->file != place) files.remove(place);
  }
  if (!decision) return refusal_response(decision.error(), std::nullopt, std::nullopt, id);
  return json_response(body_of(std::get<domain::ReceiptAnswer>(*decision)));
}

}  // namespace kassa::api
