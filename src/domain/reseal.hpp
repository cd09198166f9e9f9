// Sealed again with a newer key of the ring: the same data in another blob. Nothing else of the row
// changes, so it has no event, and whoever changed the blob meanwhile is left alone: `before` must
// still be what is stored.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/details.hpp"
#include "domain/payment.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

/// Every column that holds sealed data. Settings, which may too, are in the configuration, and the
/// files of receipts outside the tables.
enum class SealedPlace : std::uint8_t {
  payment_details,
  requisites_details,
  notice_details,
  notice_note,
  event_note,
  settlement_reference,
  settlement_note,
};
inline constexpr std::array kSealedPlaces{
    SealedPlace::payment_details, SealedPlace::requisites_details,
    SealedPlace::notice_details,  SealedPlace::notice_note,
    SealedPlace::event_note,      SealedPlace::settlement_reference,
    SealedPlace::settlement_note};

/// What the blob is bound to, besides its row's id.
[[nodiscard]] constexpr std::string_view sealed_as(SealedPlace place) {
  switch (place) {
    case SealedPlace::payment_details:
      return kPaymentDetailsTable;
    case SealedPlace::requisites_details:
      return kRequisitesDetailsTable;
    case SealedPlace::notice_details:
      return kNoticeDetailsTable;
    case SealedPlace::notice_note:
      return kNoticeNoteTable;
    case SealedPlace::event_note:
      return kEventNoteTable;
    case SealedPlace::settlement_reference:
      return kSettlementReferenceTable;
    case SealedPlace::settlement_note:
      break;
  }
  return kSettlementNoteTable;
}

struct Resealed {
  SealedPlace place = SealedPlace::payment_details;
  Uuid row_id;
  std::int32_t seq = 0;  // of an event: which of its payment's; else 0
  Sealed before;
  Sealed after;
  std::string number_hash;  // of requisites: what the number is found by from
                            // now on; else empty
};

}  // namespace kassa::domain
