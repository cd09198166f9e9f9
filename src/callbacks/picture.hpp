// Makes the picture of a payment that merchants' answers and callbacks are rendered from: opens the
// sealed details, resolves links, names and words.
//
//   Payment ─┬─ as it is now ─────▶ of_payment   answers of the API
//            └─ as of one event ──▶ of_event     callbacks: what was true at the change (wire §9)
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "domain/config.hpp"
#include "domain/details.hpp"
#include "domain/payment.hpp"
#include "domain/requisites.hpp"
#include "ops/key_ring.hpp"
#include "protocol/answers.hpp"

namespace kassa::callbacks {

/// Where merchants and payers reach this installation. A trailing slash is dropped.
struct PublicBases {
  std::string api;   // of confirm_url and reject_url
  std::string page;  // of form_url
};

/// Why a sealed blob could not be opened: a sentence without secrets.
using PictureError = std::string;

/// What the six fields of an answer need: nothing sealed, so that it may be made on the loop's
/// thread.
[[nodiscard]] protocol::PaymentPicture six_of(const domain::Payment& payment);

/// Immutable: any number of threads may use one.
class Pictures {
 public:
  /// `ring` must outlive this.
  Pictures(const ops::KeyRing& ring, PublicBases bases);

  /// The payment as it is now. `requisites` are its own, or nothing. Never throws for a blob that
  /// can't be opened (a key was taken from the ring too early): it is logged, and what it held is
  /// missing from the picture; whom to pay is then not told at all, rather than wrongly.
  [[nodiscard]] protocol::PaymentPicture of_payment(
      const domain::Payment& payment, const std::optional<domain::Requisites>& requisites,
      const domain::Config& config) const;

  /// The payment as it was at `event`; `requisites` are the event's. Here a blob that can't be
  /// opened is an error: a callback that says less than was true must not go out.
  [[nodiscard]] std::expected<protocol::PaymentPicture, PictureError> of_event(
      const domain::Payment& payment, const domain::PaymentDetails& details,
      const domain::PaymentEvent& event, const std::optional<domain::Requisites>& requisites,
      const domain::Config& config) const;

  [[nodiscard]] std::expected<domain::PaymentDetails, PictureError> details(
      const domain::Payment& payment) const;
  [[nodiscard]] std::string form_url(const domain::Payment& payment) const;

 private:
  [[nodiscard]] protocol::PaymentPicture lasting(const domain::Payment& payment,
                                                 const domain::PaymentDetails& details,
                                                 const domain::Config& config) const;
  [[nodiscard]] std::expected<protocol::Recipient, PictureError> recipient(
      const domain::Requisites& requisites) const;

  const ops::KeyRing& ring_;
  PublicBases bases_;
};

/// Whom the change to `state` is told (wire §9): the payment's URL of that kind, else the
/// project's, else nobody (empty).
[[nodiscard]] std::string callback_url(const domain::PaymentDetails& details,
                                       const domain::Project& project, domain::State state);

}  // namespace kassa::callbacks
