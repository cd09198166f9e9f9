// What gateways tell each other, by PostgreSQL's LISTEN and NOTIFY: a session of its own, since the
// loop's must not be waited for, and a word is not worth a sync. See store/store.hpp.
#pragma once

#include <memory>
#include <string>

#include "store/postgres/connection.hpp"
#include "store/store.hpp"

namespace kassa::store::postgres {

class PostgresTalk final : public Talk {
 public:
  /// A connection that listens.
  explicit PostgresTalk(std::unique_ptr<Connection> connection);
  ~PostgresTalk() override;
  PostgresTalk(const PostgresTalk&) = delete;
  PostgresTalk& operator=(const PostgresTalk&) = delete;

  std::vector<std::string> exchange(const std::vector<std::string>& words,
                                    Clock::time_point until) override;
  void wake() noexcept override;

 private:
  std::unique_ptr<Connection> connection_;
  std::string name_;  // stands before each word: it is how one knows one's own
  int wake_;          // an eventfd
  Query name_query_;
  Query notify_;
};

}  // namespace kassa::store::postgres
