#include "domain/payout_routing.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "domain/payout_orders.hpp"
#include "domain/simulation.hpp"

namespace kassa::domain {
namespace {

enum class Miss : std::uint8_t {
  off,
  takes_none,
  pool,
  method,
  amount,
  gave_it_back,
  in_hand,
  count
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Miss::count)> kMissNames = {
    "off",
    "take no payouts in this currency",
    "of another pool",
    "other method",
    "outside amount limits",
    "gave it back",
    "have their hands full"};

/// What configuration alone says.
std::optional<Miss> missed_by_settings(const Trader& trader, const Payment& payout) {
  if (!trader.on) return Miss::off;
  if (!has_word(trader.payout_pools, payout.pool)) return Miss::pool;
  if (trader.unlimited) return std::nullopt;
  const auto payouts = trader.payouts.find(payout.currency);
  if (payouts == trader.payouts.end()) return Miss::takes_none;
  if (!has_word(payouts->second.methods, payout.method)) return Miss::method;
  if (payout.amount < payouts->second.amount_min || payout.amount > payouts->second.amount_max) {
    return Miss::amount;
  }
  return std::nullopt;
}

/// Whoever gave it back would give it back again. One who failed may be asked again by an operator.
bool gave_it_back(const WorkingSet& ws, const Payment& payout, TraderId trader) {
  for (std::int32_t number = 1; number <= payout.orders; ++number) {
    const PayoutOrder& order = ws.payout_orders.get({payout.request_id, number});
    if (order.trader_id == trader && order.state == OrderState::handed_back) return true;
  }
  return false;
}

std::optional<Miss> missed_rule(const WorkingSet& ws, const Trader& trader, const Payment& payout) {
  if (const auto miss = missed_by_settings(trader, payout)) return miss;
  if (gave_it_back(ws, payout, trader.id)) return Miss::gave_it_back;
  const PayoutTurn* turn = ws.payout_turns.find(trader.id);
  const bool full = turn != nullptr && turn->in_hand >= trader.payout_in_hand_max;
  if (full && !trader.unlimited) return Miss::in_hand;
  return std::nullopt;
}

/// Nothing of test mode meets live money: a test payout knows its two simulated traders only.
template <class Visit>
void for_each_trader(const Config& config, const Payment& payout, const Visit& visit) {
  if (!payout.clock.is_nil()) {
    for (const TraderId id :
         {simulated_trader(payout.project_id), second_simulated_trader(payout.project_id)}) {
      if (const Trader* trader = config.trader(id)) visit(*trader);
    }
    return;
  }
  for (const auto& [id, trader] : config.traders) {
    if (!trader.test) visit(trader);
  }
}

std::string miss_reason(const std::array<std::int64_t, kMissNames.size()>& missed,
                        std::int64_t by_hand) {
  std::string parts;
  const auto add = [&parts](std::int64_t count, std::string_view what) {
    if (count == 0) return;
    if (!parts.empty()) parts += ", ";
    parts += std::to_string(count) + " " + std::string(what);
  };
  add(by_hand, "could take it by hand");
  for (std::size_t i = 0; i < missed.size(); ++i) add(missed[i], kMissNames[i]);
  return parts.empty() ? "there are no traders" : "traders: " + parts;
}

}  // namespace

void reads_traders(const Payment& payout, const WorkingSet& ws, const Context& ctx, Keys& keys) {
  for (std::int32_t number = 1; number <= payout.orders; ++number) {
    const PayoutOrderId id{payout.request_id, number};
    name_unknown(ws.payout_orders, keys.payout_orders, id);
  }
  for_each_trader(ctx.config, payout, [&](const Trader& trader) {
    if (missed_by_settings(trader, payout)) return;
    name_unknown(ws.payout_turns, keys.payout_turns, trader.id);
  });
}

std::optional<std::string_view> why_not(const WorkingSet& ws, const Trader& trader,
                                        const Payment& payout) {
  if (trader.test == payout.clock.is_nil()) return "the trader is of the other mode";
  const auto miss = missed_rule(ws, trader, payout);
  if (!miss) return std::nullopt;
  return kMissNames[static_cast<std::size_t>(*miss)];
}

TraderChoice choose_trader(const WorkingSet& ws, const Context& ctx, const Payment& payout) {
  std::array<std::int64_t, kMissNames.size()> missed{};
  std::int64_t by_hand = 0;
  std::int64_t fitting = 0;
  std::optional<std::pair<Instant, TraderId>> best;
  Instant last_in_line = Instant::min();
  for_each_trader(ctx.config, payout, [&](const Trader& trader) {
    if (const auto miss = missed_rule(ws, trader, payout)) {
      ++missed[static_cast<std::size_t>(*miss)];
      return;
    }
    if (trader.payout_asks) {
      ++by_hand;
      return;
    }
    ++fitting;
    const PayoutTurn* turn = ws.payout_turns.find(trader.id);
    const std::pair place{turn ? turn->turn_at : Instant{}, trader.id};
    last_in_line = std::max(last_in_line, place.first);
    // Ids decide among equals, so that a rerun of the batch chooses the same.
    if (!best || place < *best) best = place;
  });
  if (!best) return {std::nullopt, miss_reason(missed, by_hand), {}};
  return {best->second,
          "least recently used of " + std::to_string(fitting) + " in pool " + payout.pool,
          last_in_line};
}

}  // namespace kassa::domain
