// The gateways that share a PostgreSQL store: a row each, with the end of its lease by the server's
// clock.
#pragma once

#include <memory>

#include "store/postgres/connection.hpp"

namespace kassa::store::postgres {

class PostgresMembership final : public Membership {
 public:
  explicit PostgresMembership(std::unique_ptr<Connection> connection);

  void join(domain::GatewayId id, const std::string& label,
            std::chrono::milliseconds lease) override;
  std::optional<std::vector<domain::GatewayId>> renew(domain::GatewayId id,
                                                      std::chrono::milliseconds lease) override;
  void leave(domain::GatewayId id) override;

 private:
  std::unique_ptr<Connection> connection_;
  Query join_;
  Query renew_;
  Query end_others_;
  Query alive_;
  Query leave_;
};

}  // namespace kassa::store::postgres
