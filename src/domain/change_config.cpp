// Merchants, projects, keys, traders, currencies, banks: settings are put or deleted, and the whole
// configuration that results must build, or nothing changes.
#include "domain/postings.hpp"

namespace kassa::domain {
namespace {

AccountId available_of(const ChangeConfig::Deposit& deposit) {
  return {AccountKind::available, deposit.project_id.value, deposit.money.currency};
}

std::string text(const SettingId& id) {
  return id.kind + " " + id.id + " " + id.name;
}

/// The id of a project or trader whose mode would change, if there is one: test money would become
/// live money, or the other way round.
std::optional<SettingId> changed_mode(const Config& before, const Config& after) {
  for (const auto& [id, project] : before.projects) {
    const Project* now = after.project(id);
    if (now != nullptr && now->test != project.test) return SettingId{"project", id.text(), "mode"};
  }
  for (const auto& [id, trader] : before.traders) {
    const Trader* now = after.trader(id);
    if (now != nullptr && now->test != trader.test) return SettingId{"trader", id.text(), "mode"};
  }
  return std::nullopt;
}

}  // namespace

void reads(const ChangeConfig& command, const WorkingSet& ws, const Context&, Keys& keys) {
  for (const auto& deposit : command.deposits) {
    if (!ws.accounts.knows(available_of(deposit))) keys.accounts.push_back(available_of(deposit));
  }
}

Decision decide(const ChangeConfig& command, WorkingSet& ws, const Context& ctx) {
  auto settings = ctx.config.settings;
  for (const auto& id : command.must_be_new) {
    if (settings.contains(id)) {
      return std::unexpected(
          Refusal{RefusalCode::validation_failed, text(id) + " exists already.", {}, false});
    }
  }
  for (const auto& [id, value] : command.settings) {
    if (value) {
      settings[id] = *value;
    } else {
      settings.erase(id);
    }
  }
  auto built = build_config(std::move(settings), ctx.config.version + 1);
  if (!built) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   text(built.error().id) + ": " + built.error().message,
                                   {},
                                   false});
  }
  if (const auto mode = changed_mode(ctx.config, *built)) {
    return std::unexpected(Refusal{
        RefusalCode::validation_failed, text(*mode) + ": is fixed from the start.", {}, false});
  }
  ws.change_config(command.settings, std::make_shared<const Config>(std::move(*built)));
  for (const auto& deposit : command.deposits) {
    Transfer transfer;
    transfer.lane = ctx.lane;
    transfer.kind = TransferKind::deposit;
    transfer.debit = {AccountKind::clearing, deposit.project_id.value, deposit.money.currency};
    transfer.credit = available_of(deposit);
    transfer.amount_minor = deposit.money.minor;
    transfer.at = ctx.real_now;
    if (auto posted = post(ws, ctx, std::move(transfer)); !posted) {
      return std::unexpected(posted.error());
    }
  }
  return Done{};
}

}  // namespace kassa::domain
