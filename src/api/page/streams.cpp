#include "api/page/streams.hpp"

#include <algorithm>
#include <span>

#include "api/page/frame.hpp"
#include "api/page/page_state.hpp"
#include "ops/log.hpp"

namespace kassa::api {
namespace {

/// How often open pages are looked up where others may change payments: at least, and at most.
constexpr std::chrono::milliseconds kLookEvery{1'000};
constexpr std::chrono::milliseconds kLookGap{250};

/// Payments that are looked up at once.
constexpr std::size_t kLookPage = 500;

/// Of all connections, what payers' open pages may take: merchants' requests need the rest.
constexpr std::size_t kShareOfConnections = 60;  // per cent

StreamLimits limits_of(const ops::Config& settings) {
  StreamLimits limits;
  const auto connections = static_cast<std::size_t>(settings.http.connections_max);
  limits.max = std::min(limits.max, connections * kShareOfConnections / 100);
  return limits;
}

/// How long a page waits before it connects again: not the same for all, or a restart would bring
/// them back in one moment.
std::int64_t retry_ms(domain::RequestId id) {
  constexpr std::int64_t kShortest = 2'000;
  constexpr std::int64_t kStep = 16;  // times 0 … 255
  return kShortest + kStep * id.value.bytes[15];
}

std::string event_of(const PageState& state) {
  return "retry: " + std::to_string(retry_ms(state.request_id)) +
         "\nevent: state\nid: " + std::to_string(state.version) +
         "\ndata: " + render_page_state(state) + "\n\n";
}

http::Response full(StreamPlaces::Full why) {
  using protocol::ErrorCode;
  if (why == StreamPlaces::Full::all) {
    return error_response({.code = ErrorCode::kUnavailable,
                           .description = "Too many pages are open; ask for the state instead."});
  }
  return error_response({.code = ErrorCode::kRateLimited,
                         .description = "This page is open too often; ask for the state instead."});
}

}  // namespace

/// Dies with its stream; a place that was taken is given back then.
struct StreamPlaces::Guest {
  std::shared_ptr<StreamPlaces> places;
  domain::RequestId id;
  std::string address;
  std::uint64_t number = 0;  // 0: has no place

  Guest(std::shared_ptr<StreamPlaces> its_places, domain::RequestId its_id, std::string its_address)
      : places(std::move(its_places)), id(its_id), address(std::move(its_address)) {}
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() {
    if (number != 0) places->give_back(*this);
  }
};

std::optional<StreamPlaces::Full> StreamPlaces::full(domain::RequestId id,
                                                     const std::string& address) const {
  if (count_ >= limits_.max) return Full::all;
  const auto of_payment = by_payment_.find(id);
  if (of_payment != by_payment_.end() && of_payment->second.size() >= limits_.of_payment_max) {
    return Full::payment;
  }
  const auto of_address = by_address_.find(address);
  if (of_address != by_address_.end() && of_address->second >= limits_.of_address_max) {
    return Full::address;
  }
  return std::nullopt;
}

std::expected<std::shared_ptr<http::EventStream>, StreamPlaces::Full> StreamPlaces::take(
    domain::RequestId id, const std::string& address) {
  // Before the lock, and so destroyed behind it: a guest who goes needs the lock.
  const auto guest = std::make_shared<Guest>(shared_from_this(), id, address);
  auto stream = std::make_shared<http::EventStream>(guest);
  const std::lock_guard lock(mutex_);
  if (const auto why = full(id, address)) return std::unexpected(*why);
  guest->number = ++last_number_;
  by_payment_[id].push_back({guest->number, stream, 0});
  ++by_address_[address];
  ++count_;
  return stream;
}

void StreamPlaces::give_back(const Guest& guest) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_payment_.find(guest.id); found != by_payment_.end()) {
    std::erase_if(found->second, [&](const Place& p) { return p.number == guest.number; });
    if (found->second.empty()) by_payment_.erase(found);
  }
  if (const auto found = by_address_.find(guest.address);
      found != by_address_.end() && --found->second == 0) {
    by_address_.erase(found);
  }
  --count_;
}

void StreamPlaces::tell(domain::RequestId id, std::int32_t version, const std::string& text,
                        const http::EventStream* only) {
  // Outlives the lock: the last owner of a stream gives its place back, which needs the lock.
  std::vector<std::shared_ptr<http::EventStream>> held;
  const std::lock_guard lock(mutex_);
  const auto found = by_payment_.find(id);
  if (found == by_payment_.end()) return;
  for (Place& place : found->second) {
    auto stream = place.stream.lock();
    if (!stream) continue;
    held.push_back(stream);
    if (version <= place.version || (only != nullptr && stream.get() != only)) continue;
    place.version = version;
    stream->publish(text);
  }
}

std::vector<domain::RequestId> StreamPlaces::watched(const std::vector<domain::RequestId>& ids) {
  std::vector<domain::RequestId> found;
  if (count() == 0) return found;
  const std::lock_guard lock(mutex_);
  std::ranges::copy_if(ids, std::back_inserter(found),
                       [&](domain::RequestId id) { return by_payment_.contains(id); });
  return found;
}

std::unordered_map<domain::RequestId, std::int32_t> StreamPlaces::shown() {
  std::unordered_map<domain::RequestId, std::int32_t> versions;
  const std::lock_guard lock(mutex_);
  versions.reserve(by_payment_.size());
  for (const auto& [id, places] : by_payment_) {
    if (places.empty()) continue;
    versions[id] = std::ranges::min(places, {}, &Place::version).version;
  }
  return versions;
}

PageStreams::PageStreams(Gateway& gateway)
    : gateway_(gateway),
      places_(std::make_shared<StreamPlaces>(limits_of(gateway.settings))),
      thread_([this] { run(); }) {}

PageStreams::~PageStreams() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  thread_.join();
}

http::Response PageStreams::open(domain::RequestId id, const std::string& address) {
  auto stream = places_->take(id, address);
  if (!stream) return full(stream.error());
  const auto state = read_page_state(gateway_, id);
  if (!state) return no_page();
  places_->tell(id, state->version, event_of(*state), stream->get());
  http::Response response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers = private_headers();
  response.headers.emplace_back("x-accel-buffering", "no");  // nginx would hold events back
  response.stream = std::move(*stream);
  return response;
}

void PageStreams::wake(const std::vector<domain::RequestId>& changed) {
  const auto watched = places_->watched(changed);
  if (watched.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    changed_.insert(watched.begin(), watched.end());
  }
  news_.notify_one();
}

void PageStreams::look_soon() {
  if (places_->count() == 0) return;
  {
    const std::lock_guard lock(mutex_);
    look_asked_ = true;
  }
  news_.notify_one();
}

/// When open pages are to be looked up; where nobody else writes, never.
PageStreams::Clock::time_point PageStreams::next_look() const {
  if (!gateway_.store.is_shared()) return Clock::time_point::max();
  return looked_at_ + (look_asked_ ? kLookGap : kLookEvery);
}

void PageStreams::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto has_news = [this] {
      return stopping_ || !changed_.empty() || Clock::now() >= next_look();
    };
    while (!has_news()) {
      if (gateway_.store.is_shared()) {
        news_.wait_until(lock, next_look());
      } else {
        news_.wait(lock);
      }
    }
    if (stopping_) return;
    const auto changed = std::exchange(changed_, {});
    const bool looks = Clock::now() >= next_look();
    if (looks) look_asked_ = false;
    lock.unlock();
    for (const domain::RequestId id : changed) tell(id);
    if (looks) look();
    lock.lock();
  }
}

void PageStreams::tell(domain::RequestId id) {
  try {
    if (const auto state = read_page_state(gateway_, id)) {
      places_->tell(id, state->version, event_of(*state));
    }
  } catch (const std::exception& error) {
    // The page asks again by itself.
    ops::log::error("page.not_told", {{"request_id", id}, {"why", error.what()}});
  }
}

/// Tells the pages whose payment has gone on without a word.
void PageStreams::look() {
  looked_at_ = Clock::now();
  if (places_->count() == 0) return;
  const auto shown = places_->shown();
  std::vector<domain::RequestId> ids;
  ids.reserve(shown.size());
  for (const auto& [id, version] : shown) ids.push_back(id);
  try {
    for (std::size_t from = 0; from < ids.size(); from += kLookPage) {
      const auto page = std::span(ids).subspan(from, std::min(kLookPage, ids.size() - from));
      const auto stored = gateway_.readers.borrow()->last_events({page.begin(), page.end()});
      for (const auto& event : stored) {
        if (event.seq > shown.at(event.request_id)) tell(event.request_id);
      }
    }
    looks_fail_ = false;
  } catch (const std::exception& error) {
    // Once: a store that is away is away for a while.
    if (!looks_fail_) ops::log::warn("pages.not_looked_up", {{"why", error.what()}});
    looks_fail_ = true;
  }
}

}  // namespace kassa::api
