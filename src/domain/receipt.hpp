// A file that the payer showed: what came is a notice (domain/notice.hpp), and this row says what
// the file is. Its content lies sealed outside the payment tables (store::ReceiptFiles).
//
//   the file's keyed hash ──▶ the notice's id      so one file is one receipt, of one payment
//   a random id ────────────▶ the content's place  so that two uploads never share a place
#pragma once

#include <cstdint>
#include <string_view>

#include "domain/payment.hpp"

namespace kassa::domain {

using ReceiptFileId = Id<struct ReceiptFileTag>;

/// What its bytes are, whatever they are called.
enum class ReceiptKind : std::uint8_t { pdf = 1, jpeg = 2, png = 3 };
[[nodiscard]] constexpr std::string_view name(ReceiptKind kind) {
  switch (kind) {
    case ReceiptKind::pdf:
      return "pdf";
    case ReceiptKind::jpeg:
      return "jpeg";
    case ReceiptKind::png:
      return "png";
  }
  return "unknown";
}

inline constexpr std::int64_t kReceiptBytesMax = std::int64_t{10} * 1024 * 1024;
inline constexpr std::int32_t kReceiptsMax = 5;  // of one payment

struct Receipt {
  NoticeId notice_id;
  RequestId request_id;
  std::int32_t number = 0;  // 1 … kReceiptsMax, of its payment
  ReceiptKind kind = ReceiptKind::pdf;
  std::int64_t size = 0;  // bytes
  ContentHash content;
  ReceiptFileId file;
  Instant created_at;

  [[nodiscard]] const NoticeId& key() const { return notice_id; }
};

/// Where a receipt can still matter: a payin whose payer was told whom to pay, and whose money was
/// not found. A declined one is read by whoever decides an appeal.
[[nodiscard]] inline bool takes_receipts(const Payment& payment) {
  if (payment.kind == PaymentKind::payout || payment.requisites_id.is_nil()) return false;
  return payment.state == state::awaiting_confirm || payment.state == state::paid ||
         payment.state == state::no_payment || payment.state == state::confirm_timeout ||
         payment.state == state::different_amount || payment.state == state::decline;
}

}  // namespace kassa::domain
