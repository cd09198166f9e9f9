#include "api/gateway_talk.hpp"

#include <algorithm>

#include "ops/log.hpp"

namespace kassa::api {
namespace {

namespace log = ops::log;

/// How often payments are named at most, and uses told.
constexpr std::chrono::milliseconds kChangesGap{50};
constexpr std::chrono::milliseconds kUsesGap{1'000};

/// How soon a store that is away is asked again.
constexpr std::chrono::milliseconds kTryAgain{100};

}  // namespace

GatewayTalk::GatewayTalk(Gateway& gateway, PageStreams& streams)
    : gateway_(gateway), streams_(streams), talk_(gateway.store.open_talk()) {
  if (!talk_) return;
  gateway_.rates.projects.count_uses();
  gateway_.rates.addresses.count_uses();
}

GatewayTalk::~GatewayTalk() {
  stop();
}

void GatewayTalk::start() {
  if (talk_) thread_ = std::thread([this] { run(); });
}

void GatewayTalk::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ends_.notify_all();
  if (talk_) talk_->wake();
  if (thread_.joinable()) thread_.join();
}

bool GatewayTalk::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void GatewayTalk::tell_changed(const std::vector<domain::RequestId>& ids) {
  if (!talk_) return;
  {
    const std::lock_guard lock(mutex_);
    const bool was_silent = changed_.empty();
    for (const auto& id : ids) {
      if (changed_.size() <= kChangedMax) changed_.insert(id);
    }
    if (!was_silent) return;
  }
  talk_->wake();
}

void GatewayTalk::run() {
  while (!is_stopping()) {
    try {
      const auto heard = talk_->exchange(words(Clock::now()), next_word());
      if (std::exchange(is_lost_, false)) {
        log::info("gateways.heard_again");
        streams_.look_soon();
      }
      for (const auto& word : heard) hear(word);
    } catch (const std::exception& error) {
      lost(error.what());
      std::unique_lock lock(mutex_);
      ends_.wait_for(lock, kTryAgain, [this] { return stopping_; });
    }
  }
}

/// Said once, not as often as it is tried again.
void GatewayTalk::lost(const std::string& why) {
  if (!std::exchange(is_lost_, true)) log::warn("gateways.not_heard", {{"why", why}});
}

/// What is to be told now.
std::vector<std::string> GatewayTalk::words(Clock::time_point now) {
  std::vector<std::string> words;
  if (now >= changes_told_ + kChangesGap) {
    std::unordered_set<domain::RequestId> changed;
    {
      const std::lock_guard lock(mutex_);
      changed.swap(changed_);
    }
    if (!changed.empty()) {
      words.push_back(word_of_changes({changed.begin(), changed.end()}));
      changes_told_ = now;
    }
  }
  if (now >= uses_told_ + kUsesGap) {
    uses_told_ = now;
    const Uses uses{gateway_.rates.projects.take_uses(), gateway_.rates.addresses.take_uses()};
    if (auto word = word_of_uses(uses, gateway_.ring)) words.push_back(std::move(*word));
  }
  return words;
}

GatewayTalk::Clock::time_point GatewayTalk::next_word() {
  const std::lock_guard lock(mutex_);
  const auto uses = uses_told_ + kUsesGap;
  return changed_.empty() ? uses : std::min(uses, changes_told_ + kChangesGap);
}

void GatewayTalk::hear(std::string_view word) {
  const Heard heard = api::heard(word, gateway_.ring);
  if (!heard.changed.empty()) streams_.wake(heard.changed);
  if (heard.many) streams_.look_soon();
  charge(heard.uses);
}

void GatewayTalk::charge(const Uses& uses) {
  const RateTime now = rate_now(gateway_);
  const domain::ConfigPtr config = gateway_.engine.config();
  for (const Use& use : uses.projects) {
    const auto id = domain::ProjectId::parse(use.key);
    const auto* project = id ? config->project(*id) : nullptr;
    if (project == nullptr) continue;
    gateway_.rates.projects.charge_elsewhere(use.key, project_rate(gateway_, *project), now,
                                             use.count);
  }
  for (const Use& use : uses.addresses) {
    gateway_.rates.addresses.charge_elsewhere(use.key, address_rate(gateway_), now, use.count);
  }
}

}  // namespace kassa::api
