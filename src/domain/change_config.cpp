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

/// The configuration that results, or why it may not.
std::expected<ConfigPtr, Refusal> changed(const ChangeConfig& command, const Config& base) {
  const auto refused = [](std::string why) {
    return std::unexpected(Refusal{RefusalCode::validation_failed, std::move(why), {}, false});
  };
  auto settings = base.settings;
  for (const auto& id : command.must_be_new) {
    if (settings.contains(id)) return refused(text(id) + " exists already.");
  }
  for (const auto& [id, value] : command.must_be) {
    const auto now = settings.find(id);
    if (now == settings.end() || now->second != value) {
      return std::unexpected(
          Refusal{RefusalCode::conflict, text(id) + " was changed meanwhile.", {}, false});
    }
  }
  for (const auto& [id, value] : command.settings) {
    if (value) {
      settings[id] = *value;
    } else {
      settings.erase(id);
    }
  }
  auto built = build_config(std::move(settings), base.version + 1);
  if (!built) return refused(text(built.error().id) + ": " + built.error().message);
  if (const auto mode = changed_mode(base, *built)) {
    return refused(text(*mode) + ": is fixed from the start.");
  }
  return std::make_shared<const Config>(std::move(*built));
}

}  // namespace

void prepare(ChangeConfig& command, const Config& base) {
  command.prepared = std::make_shared<const ChangeConfig::Prepared>(
      ChangeConfig::Prepared{base.version, changed(command, base)});
}

void reads(const ChangeConfig& command, const WorkingSet& ws, const Context&, Keys& keys) {
  for (const auto& deposit : command.deposits) {
    if (!ws.accounts.knows(available_of(deposit))) keys.accounts.push_back(available_of(deposit));
  }
}

Decision decide(const ChangeConfig& command, WorkingSet& ws, const Context& ctx) {
  const auto& prepared = command.prepared;
  const bool holds = prepared && prepared->base_version == ctx.config.version;
  const auto config = holds ? prepared->result : changed(command, ctx.config);
  if (!config) return std::unexpected(config.error());
  ws.change_config(command.settings, *config);
  for (const auto& deposit : command.deposits) {
    Transfer transfer;
    transfer.lane = ctx.lane;
    transfer.kind = TransferKind::deposit;
    transfer.debit = {AccountKind::clearing, deposit.project_id.value, deposit.money.currency};
    transfer.credit = available_of(deposit);
    transfer.amount_minor = deposit.money.minor;
    transfer.at = ctx.real_now;
    if (auto posted = post(ws, ctx, transfer); !posted) {
      return std::unexpected(posted.error());
    }
  }
  return Done{};
}

}  // namespace kassa::domain
