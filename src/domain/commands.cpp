#include "domain/commands.hpp"

#include <type_traits>

namespace kassa::domain {

std::optional<RequestId> subject_of(const Command& command) {
  return std::visit(
      [](const auto& c) -> std::optional<RequestId> {
        using C = std::decay_t<decltype(c)>;
        if constexpr (std::is_same_v<C, ReportDelivery>) {
          return c.attempt.request_id;
        } else if constexpr (requires { c.request_id; } && !std::is_base_of_v<NewPayment, C>) {
          if (c.request_id.is_nil()) return std::nullopt;  // a notice of nobody's
          return c.request_id;
        } else {
          return std::nullopt;
        }
      },
      command);
}

std::string_view name(const Command& command) {
  static constexpr std::string_view names[] = {
      "create_payin",   "choose_method",   "confirm_payin",     "cancel_payin",
      "fire_timer",     "create_payout",   "report_payout",     "show_receiver",
      "add_notice",     "add_receipt",     "show_receipt",      "assign_notice",
      "read_notice",    "resolve_payment", "advance_clock",     "report_delivery",
      "claim_delivery", "change_config",   "import_requisites", "switch_requisites",
      "freeze_payment", "resume_payment",  "create_settlement", "decide_settlement",
      "report_key_use", "reseal"};
  static_assert(std::size(names) == std::variant_size_v<Command>);
  return names[command.index()];
}

}  // namespace kassa::domain
