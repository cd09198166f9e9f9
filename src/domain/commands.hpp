// Everything that can change anything, as data; and the two functions that each command has.
//
//   reads(command, ws, ctx, keys)   names rows it needs; called again after each load, until it
//                                   names no more (a payment's row, then what that row refers to)
//   decide(command, ws, ctx)        changes the working set, or refuses
//
// One file a command: create_payin.cpp, choose_method.cpp, confirm_payin.cpp, cancel_payin.cpp,
// fire_timer.cpp, create_payout.cpp, report_payout.cpp, add_notice.cpp, read_notice.cpp,
// add_receipt.cpp, show_receipt.cpp, resolve_payment.cpp, advance_clock.cpp, report_delivery.cpp,
// claim_delivery.cpp, change_config.cpp, import_requisites.cpp, freeze.cpp, keep_keys.cpp. All are
// pure: no I/O, no clock, no randomness of their own.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/outcome.hpp"
#include "domain/working_set.hpp"

namespace kassa::domain {

/// Gaps after each failed try of a callback (wire §9), in seconds, and what depends on them.
struct DeliverySchedule {
  std::vector<std::int64_t> gaps_s{10, 30, 60, 300, 900, 3'600, 10'800, 21'600, 43'200, 86'400};
  std::int64_t jitter_percent = 10;
  std::int32_t supersede_after = 3;  // failed tries of an intermediate callback
};

/// Makes what the domain may not make itself: ids, and the requisites of simulated traders, which
/// need randomness and sealing.
class Minter {
 public:
  virtual ~Minter() = default;
  /// Requisites that fit this test payin, with ids and sealed details filled in.
  [[nodiscard]] virtual Requisites simulated_requisites(const Payment& payin, const Config& config,
                                                        Instant now) = 0;
};

/// What decide is given besides the working set.
struct Context {
  Instant real_now;      // of the live clock, which never goes back
  const Config& config;  // as the batch sees it
  const DeliverySchedule& schedule;
  Minter& minter;
  std::int64_t lane = 1;   // of the writer: where its transfers are numbered
  bool draining = false;   // no new payments: Kassa is about to stop
  GatewayId gateway = {};  // whose the callbacks are that are queued; nil: nobody's yet
};

/// What every create says.
struct NewPayment {
  ProjectId project_id;
  std::string payment_id;
  RequestId request_id;  // fresh; unused when the payment is there already
  ContentHash content;
  /// Of the same content under the ring's other key, while it is being rotated: who is a step ahead
  /// of us, or behind, may have hashed the same call with that.
  std::optional<ContentHash> content_too;
  std::int64_t amount = 0;
  Currency currency;
  std::string method;
  std::string payment_system;
  std::string extra_param;
  std::string customer_type;
  OwnUrls own_urls;
  Sealed details;
};

struct CreatePayin : NewPayment {
  PaymentKind kind = PaymentKind::payin;  // or a widget's
  std::string widget_method;              // of a widget: preselected, with its method
  std::string bank_symbol;
  std::int32_t lifetime_s = 600;
};

struct CreatePayout : NewPayment {};

/// A widget's payer says how they pay (wire §7).
struct ChooseMethod {
  RequestId request_id;
  std::string widget_method;
  std::string bank_symbol;  // empty: any
  Actor actor{ActorKind::payer, {}};
};

struct ConfirmPayin {
  RequestId request_id;
  Actor actor{ActorKind::merchant, {}};
};

struct CancelPayin {
  RequestId request_id;
  Actor actor{ActorKind::merchant, {}};
};

/// A payment has something due: sent by the engine's timer scan.
struct FireTimer {
  RequestId request_id;
  std::optional<Instant> at;  // set while a test clock is advanced: each timer at its own time
};

/// A trader's word on a payout.
struct ReportPayout {
  enum class Word : std::uint8_t {
    take = 1,
    paid = 2,
    failed = 3,
    wrong_requisites = 4,
    hand_back = 5,
  };
  RequestId request_id;
  Word word = Word::paid;
  std::int32_t order = 0;   // which of the payout's orders; of all words but `take`
  TraderId trader_id;       // who takes it; of `take`
  std::int64_t amount = 0;  // of `paid`: what was really paid, 0: all of it
  Actor actor{ActorKind::trader, {}};
};

/// A person asks whom a payout goes to: the payout's life remembers who was shown it.
struct ShowReceiver {
  RequestId request_id;
  Actor actor{ActorKind::operator_, {}};
};

/// Something was seen (domain/notice.hpp). With `request_id` it belongs to that payment; without,
/// requisites, amount and moment say whose money it is.
struct AddNotice {
  NoticeId id;                   // made of what was said by the active key
  std::vector<NoticeId> others;  // what the ring's other keys make of it
  NoticeKind kind = NoticeKind::money;
  RequestId request_id;
  RequisitesId requisites_id;
  Currency currency;
  std::int64_t amount = 0;
  std::optional<Instant> seen_at;  // nothing: now
  Actor actor{ActorKind::trader, {}};
  Sealed details;
};

/// The payer shows a file (domain/receipt.hpp).
struct AddReceipt {
  RequestId request_id;
  NoticeId id;                   // made of the file's hash by the active key
  std::vector<NoticeId> others;  // what retired keys make of it: the file may have come before
  ReceiptKind kind = ReceiptKind::pdf;
  std::int64_t size = 0;  // bytes
  ContentHash content;
  ReceiptFileId file;  // nil: none was kept, as the payment did not seem to take any
  Actor actor{ActorKind::payer, {}};
  Sealed details;
};

/// A person looks at a receipt's file: the payment's life remembers who was shown it.
struct ShowReceipt {
  RequestId request_id;
  std::int32_t number = 0;
  Actor actor{ActorKind::operator_, {}};
};

/// A person says whose a waiting notice is.
struct AssignNotice {
  NoticeId id;
  RequestId request_id;
  Actor actor{ActorKind::operator_, {}};
};
/// A person looked at a notice, and it changes nothing.
struct ReadNotice {
  NoticeId id;
  Actor actor{ActorKind::operator_, {}};
  Sealed note;  // by the notice's id (kNoticeNoteTable)
};

struct ResolvePayment {
  enum class How : std::uint8_t {
    received = 1,  // `amount` is what really came
    nothing = 2,   // nothing came
    decline = 3,
    retry = 4,    // look for requisites again
    receipt = 5,  // the payer showed a receipt for a payin that was not paid in time
  };
  RequestId request_id;
  How how = How::received;
  std::int64_t amount = 0;
  Actor actor{ActorKind::operator_, {}};
};

/// 2106-01-01: dates on the wire end a few weeks later, at 2^32 (wire §4).
inline constexpr Instant kTestClockEnd = instant_of_ms(4'291'747'200'000);

/// A test project's clock goes forward, no further than its end. The engine fires what falls due on
/// the way, one by one in order, as FireTimer commands; deciding this one only moves the clock by
/// the whole.
struct AdvanceClock {
  ProjectId project_id;
  Duration by{};
};

/// What became of one try to tell an event.
struct ReportDelivery {
  DeliveryAttempt attempt;  // `attempt.attempt` is numbered by decide
  GatewayId claim = {};     // under which it was tried
};

/// A gateway takes upon itself to tell what waits of a payment.
struct ClaimDelivery {
  RequestId request_id;
  GatewayId gateway;
};

struct ChangeConfig {
  std::vector<std::pair<SettingId, std::optional<std::string>>> settings;
  std::vector<SettingId> must_be_new;  // refused if one of these exists
  /// Refused if one of these has another value by now.
  std::vector<std::pair<SettingId, std::string>> must_be;
  /// First balances of a new test project: clearing → available.
  struct Deposit {
    ProjectId project_id;
    Money money;
  };
  std::vector<Deposit> deposits;

  /// What these settings make of the configuration of that version: see `prepare`.
  struct Prepared {
    std::int64_t base_version = 0;
    std::expected<ConfigPtr, Refusal> result;
  };
  std::shared_ptr<const Prepared> prepared;
};

/// Building a configuration takes tens of milliseconds where there are thousands of projects, which
/// is nothing for the loop to do. Whoever hands the command over does it before; if another change
/// came first, deciding does it again.
void prepare(ChangeConfig& command, const Config& base);

/// Adds requisites, or switches existing ones on or off.
struct ImportRequisites {
  std::vector<Requisites> requisites;
  /// What their numbers are found by under older keys of the ring: taken, if one of these is.
  std::vector<std::string> older_hashes{};
};
struct SwitchRequisites {
  RequisitesId id;
  bool on = true;
};

/// An invariant would have broken on this payment: nothing touches it until a person looked.
struct FreezePayment {
  RequestId request_id;
  std::string reason;
};
struct ResumePayment {
  RequestId request_id;
  Actor actor{ActorKind::operator_, {}};
};

/// Money across the border, written down: it moves when another operator approves it.
struct CreateSettlement {
  SettlementId id;  // fresh; unused when `key` made one already
  SettlementKind kind = SettlementKind::settlement;
  ProjectId project_id;  // as `kind` asks for; else nil
  TraderId trader_id;    // likewise; of `returned` it is the payout's
  RequestId payout;      // of `returned`, else nil
  std::int64_t amount = 0;
  Currency currency;
  std::string made_by;                     // an operator's name
  std::string key;                         // empty: each call makes one
  ContentHash content;                     // of all that the maker said
  std::optional<ContentHash> content_too;  // as of NewPayment
  Sealed reference;
};

/// The second pair of eyes.
struct DecideSettlement {
  enum class Verdict : std::uint8_t { approve = 1, reject = 2 };
  SettlementId id;
  Verdict verdict = Verdict::approve;
  std::string by;  // an operator's name
  Sealed note;     // why, or empty
};

/// A key set signed a request. Sent at most once a minute for each.
struct ReportKeyUse {
  KeySetId id;
  Instant at;
};

/// Rows whose blobs are sealed with a newer key of the ring.
struct Reseal {
  std::vector<Resealed> rows;
};

using Command =
    std::variant<CreatePayin, ChooseMethod, ConfirmPayin, CancelPayin, FireTimer, CreatePayout,
                 ReportPayout, ShowReceiver, AddNotice, AddReceipt, ShowReceipt, AssignNotice,
                 ReadNotice, ResolvePayment, AdvanceClock, ReportDelivery, ClaimDelivery,
                 ChangeConfig, ImportRequisites, SwitchRequisites, FreezePayment, ResumePayment,
                 CreateSettlement, DecideSettlement, ReportKeyUse, Reseal>;

#define KASSA_DECLARE_COMMAND(Name)                                                      \
  void reads(const Name& command, const WorkingSet& ws, const Context& ctx, Keys& keys); \
  [[nodiscard]] Decision decide(const Name& command, WorkingSet& ws, const Context& ctx)

KASSA_DECLARE_COMMAND(CreatePayin);
KASSA_DECLARE_COMMAND(ChooseMethod);
KASSA_DECLARE_COMMAND(ConfirmPayin);
KASSA_DECLARE_COMMAND(CancelPayin);
KASSA_DECLARE_COMMAND(FireTimer);
KASSA_DECLARE_COMMAND(CreatePayout);
KASSA_DECLARE_COMMAND(ReportPayout);
KASSA_DECLARE_COMMAND(ShowReceiver);
KASSA_DECLARE_COMMAND(AddNotice);
KASSA_DECLARE_COMMAND(AddReceipt);
KASSA_DECLARE_COMMAND(ShowReceipt);
KASSA_DECLARE_COMMAND(AssignNotice);
KASSA_DECLARE_COMMAND(ReadNotice);
KASSA_DECLARE_COMMAND(ResolvePayment);
KASSA_DECLARE_COMMAND(AdvanceClock);
KASSA_DECLARE_COMMAND(ReportDelivery);
KASSA_DECLARE_COMMAND(ClaimDelivery);
KASSA_DECLARE_COMMAND(ChangeConfig);
KASSA_DECLARE_COMMAND(ImportRequisites);
KASSA_DECLARE_COMMAND(SwitchRequisites);
KASSA_DECLARE_COMMAND(FreezePayment);
KASSA_DECLARE_COMMAND(ResumePayment);
KASSA_DECLARE_COMMAND(CreateSettlement);
KASSA_DECLARE_COMMAND(DecideSettlement);
KASSA_DECLARE_COMMAND(ReportKeyUse);
KASSA_DECLARE_COMMAND(Reseal);
#undef KASSA_DECLARE_COMMAND

/// Whether this is the content that was hashed as `earlier`.
template <class Create>
[[nodiscard]] bool has_content(const Create& create, const ContentHash& earlier) {
  return create.content == earlier || create.content_too == earlier;
}

/// The payment that a command is about, if it is about one that exists (freezing, logs).
[[nodiscard]] std::optional<RequestId> subject_of(const Command& command);
[[nodiscard]] std::string_view name(const Command& command);

}  // namespace kassa::domain
