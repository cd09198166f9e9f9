#include "store/postgres/postgres_membership.hpp"

namespace kassa::store::postgres {
namespace {

using domain::GatewayId;

constexpr const char* kJoin =
    "INSERT INTO gateways (gateway_id, lease_until, label) "
    "VALUES ($1, now() + $2 * interval '1 millisecond', $3)";

constexpr const char* kRenew =
    "UPDATE gateways SET lease_until = now() + $2 * interval '1 millisecond' WHERE gateway_id = $1";

/// One that is being renewed, or taken away by somebody else, is left to them: nobody waits.
constexpr const char* kEndOthers =
    "DELETE FROM gateways WHERE gateway_id IN (SELECT gateway_id FROM gateways "
    "WHERE lease_until < now() FOR UPDATE SKIP LOCKED)";

constexpr const char* kAlive = "SELECT gateway_id FROM gateways ORDER BY gateway_id";

constexpr const char* kLeave = "DELETE FROM gateways WHERE gateway_id = $1";

/// A server that is silent for so long is asked anew: the lease would not be held much longer.
constexpr std::chrono::milliseconds kPatience{2'000};

Parameters parameters_of(GatewayId id) {
  Parameters parameters;
  write_value<Codec<GatewayId>>(parameters, id);
  return parameters;
}

}  // namespace

PostgresMembership::PostgresMembership(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      join_("join the gateways", kJoin),
      renew_("renew a lease", kRenew),
      end_others_("end leases", kEndOthers),
      alive_("look who is there", kAlive),
      leave_("leave the gateways", kLeave) {
  connection_->set_patience(kPatience);
}

void PostgresMembership::join(GatewayId id, const std::string& label,
                              std::chrono::milliseconds lease) {
  connection_->open();
  Parameters parameters = parameters_of(id);
  parameters.put_integer(lease.count());
  parameters.put_text(label);
  (void)connection_->run(join_, parameters);
}

/// One transaction: sent together, ended by their being finished.
std::optional<std::vector<GatewayId>> PostgresMembership::renew(GatewayId id,
                                                                std::chrono::milliseconds lease) {
  connection_->open();
  Parameters parameters = parameters_of(id);
  parameters.put_integer(lease.count());
  connection_->send(renew_, parameters);
  connection_->send(end_others_, {});
  connection_->send(alive_, {});
  const auto answers = connection_->finish();
  if (answers[0].changed() == 0) return std::nullopt;
  std::vector<GatewayId> alive;
  for (int i = 0; i < answers[2].rows(); ++i) {
    AnswerRow row(answers[2], i);
    alive.push_back(read_value<GatewayId>(row, 0));
  }
  return alive;
}

void PostgresMembership::leave(GatewayId id) {
  connection_->open();
  (void)connection_->run(leave_, parameters_of(id));
}

}  // namespace kassa::store::postgres
