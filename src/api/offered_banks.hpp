// Banks that requisites could be given of now, remembered for a moment: to find out may cost some
// milliseconds of an I/O thread, and every open page of a widget asks. Thread-safe; holds an entry
// for each pool, currency and method that was asked about, which configuration bounds.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "domain/money.hpp"
#include "domain/time.hpp"

namespace kassa::api {

class OfferedBanks {
 public:
  using Banks = std::set<std::string, std::less<>>;
  using Key = std::tuple<std::string, domain::Currency, std::string>;  // pool, currency, method

  /// What `ask` answered for this key a moment ago; else it is asked, by this thread.
  template <class Ask>
  [[nodiscard]] std::shared_ptr<const Banks> get(const Key& key, domain::Instant now,
                                                 const Ask& ask) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = known_.find(key);
      const bool fresh = found != known_.end() && now >= found->second.first &&
                         now - found->second.first < kKeptFor;
      if (fresh) return found->second.second;
    }
    auto banks = std::make_shared<const Banks>(ask());
    const std::lock_guard lock(mutex_);
    known_[key] = {now, banks};
    return banks;
  }

 private:
  static constexpr domain::Duration kKeptFor{2'000};

  std::mutex mutex_;
  std::map<Key, std::pair<domain::Instant, std::shared_ptr<const Banks>>> known_;
};

}  // namespace kassa::api
