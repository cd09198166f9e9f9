// The states of a payment as merchants see them (wire §8), and nothing about how they change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kassa::domain {

enum class PaymentKind : std::uint8_t { payin = 1, payout = 2, widget = 3 };

enum class Status : std::uint8_t {
  error = 1,
  processing = 2,
  dispute = 3,
  decline = 4,
  success = 5
};

enum class SubStatus : std::uint8_t {
  none = 0,
  new_ = 1,
  requisites = 2,
  awaiting_confirm = 3,
  paid = 4,
  payout_process = 5,
  no_payment = 6,
  different_amount = 7,
  confirm_timeout = 8,
  incorrect_requisites = 9,
  payout_failed = 10,
  payout_timeout = 11,
};

struct State {
  Status status = Status::processing;
  SubStatus sub = SubStatus::none;

  constexpr bool operator==(const State&) const = default;
};

namespace state {
inline constexpr State new_{Status::processing, SubStatus::new_};
inline constexpr State requisites{Status::processing, SubStatus::requisites};
inline constexpr State awaiting_confirm{Status::processing, SubStatus::awaiting_confirm};
inline constexpr State paid{Status::processing, SubStatus::paid};
inline constexpr State payout_process{Status::processing, SubStatus::payout_process};
inline constexpr State no_payment{Status::dispute, SubStatus::no_payment};
inline constexpr State different_amount{Status::dispute, SubStatus::different_amount};
inline constexpr State confirm_timeout{Status::dispute, SubStatus::confirm_timeout};
inline constexpr State incorrect_requisites{Status::dispute, SubStatus::incorrect_requisites};
inline constexpr State payout_failed{Status::dispute, SubStatus::payout_failed};
inline constexpr State payout_timeout{Status::dispute, SubStatus::payout_timeout};
inline constexpr State error{Status::error, SubStatus::none};
inline constexpr State decline{Status::decline, SubStatus::none};
inline constexpr State success{Status::success, SubStatus::none};

/// Every state of a payin, in the order of its life.
inline constexpr State all_of_payin[] = {new_,       requisites,       awaiting_confirm, paid,
                                         no_payment, different_amount, confirm_timeout,  error,
                                         decline,    success};

/// Every state of a payout, in the order of its life.
inline constexpr State all_of_payout[] = {
    new_,  requisites, payout_process, incorrect_requisites, payout_failed, payout_timeout,
    error, decline,    success};
}  // namespace state

/// `success` and `decline` are final; everything else, `error` included, is intermediate.
[[nodiscard]] constexpr bool is_final(State s) {
  return s.status == Status::success || s.status == Status::decline;
}

/// The payer may see whom to pay (wire §5.1: awaiting_confirm and paid, nowhere else).
[[nodiscard]] constexpr bool shows_requisites(State s) {
  return s == state::awaiting_confirm || s == state::paid;
}

[[nodiscard]] constexpr std::string_view wire_name(PaymentKind kind) {
  return kind == PaymentKind::payout ? "payout" : "payin";
}

[[nodiscard]] constexpr std::string_view wire_name(Status status) {
  switch (status) {
    case Status::error:
      return "error";
    case Status::processing:
      return "processing";
    case Status::dispute:
      return "dispute";
    case Status::decline:
      return "decline";
    case Status::success:
      return "success";
  }
  return "error";
}

/// Empty for `none`, which the wire writes as null.
[[nodiscard]] constexpr std::string_view wire_name(SubStatus sub) {
  switch (sub) {
    case SubStatus::none:
      return "";
    case SubStatus::new_:
      return "new";
    case SubStatus::requisites:
      return "requisites";
    case SubStatus::awaiting_confirm:
      return "awaiting_confirm";
    case SubStatus::paid:
      return "paid";
    case SubStatus::payout_process:
      return "payout_process";
    case SubStatus::no_payment:
      return "no_payment";
    case SubStatus::different_amount:
      return "different_amount";
    case SubStatus::confirm_timeout:
      return "confirm_timeout";
    case SubStatus::incorrect_requisites:
      return "incorrect_requisites";
    case SubStatus::payout_failed:
      return "payout_failed";
    case SubStatus::payout_timeout:
      return "payout_timeout";
  }
  return "";
}

/// "processing:paid", "decline": for people (logs, `kassa payment show`, error sentences).
[[nodiscard]] inline std::string text(State s) {
  std::string out(wire_name(s.status));
  if (s.sub != SubStatus::none) out.append(":").append(wire_name(s.sub));
  return out;
}

}  // namespace kassa::domain
