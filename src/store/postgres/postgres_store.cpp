#include "store/postgres/postgres_store.hpp"

#include <fmt/format.h>

#include "store/postgres/postgres_database.hpp"
#include "store/postgres/postgres_line.hpp"
#include "store/postgres/postgres_membership.hpp"
#include "store/postgres/postgres_talk.hpp"
#include "store/postgres/postgres_writer.hpp"
#include "store/postgres/schema.hpp"
#include "store/sql_reader.hpp"

namespace kassa::store::postgres {
namespace {

/// A server that commits before the disk has it, or before its standby, is told to wait. A client
/// that is gone is noticed within seconds, and so are the locks it held.
constexpr const char* kEverySession =
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local');"
    "SET client_connection_check_interval = 1000; SET tcp_keepalives_idle = 5;"
    "SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;";

/// No statement timeout: it would also end the wait of a COMMIT for its standby, which is then
/// reported as committed. A gateway that stands still inside a batch loses it, and its locks. Keys
/// are looked up one by one, whatever a plan that was made for an empty table would say.
constexpr const char* kWriterSession =
    "SET lock_timeout = 5000; SET idle_in_transaction_session_timeout = 2000;"
    "SET plan_cache_mode = force_generic_plan; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off; SET enable_seqscan = off; SET jit = off;";

constexpr const char* kMembershipSession = "SET lock_timeout = 2000;";

constexpr const char* kReaderSession =
    "SET default_transaction_read_only = on; SET idle_in_transaction_session_timeout = 10000;"
    "SET jit = off;";

/// Words are not worth a wait for the disk or for a standby.
constexpr const char* kTalkSession =
    "SET application_name = 'kassa talk'; SET synchronous_commit = off; LISTEN kassa;";

std::unique_ptr<Connection> connection_to(const std::string& url, const char* session,
                                          const std::shared_ptr<Outage>& outage) {
  return std::make_unique<Connection>(url, std::string(kEverySession) + session, outage);
}

}  // namespace

PostgresStore::PostgresStore(const StoreOptions& options)
    : url_(options.url),
      read_timeout_(options.read_timeout_ms),
      receipts_(connection_to(url_, "", outage_)) {
  migrate(options);
  receipts_.remove_orphans();
}

bool PostgresStore::exists(const std::string& url) {
  const auto connection = connection_to(url, "", std::make_shared<Outage>());
  connection->open();
  return schema_of(*connection) != 0;
}

void PostgresStore::migrate(const StoreOptions& options) {
  const auto connection = connection_to(url_, "", outage_);
  connection->open();
  const std::int32_t before = schema_of(*connection);
  const std::int32_t newest = newest_schema();
  if (before > newest) {
    throw StoreError(
        StoreError::Kind::failed,
        fmt::format("the store has schema {}, this Kassa knows {}: upgrade Kassa", before, newest));
  }
  if (before == 0 && !options.create) {
    throw StoreError(StoreError::Kind::failed,
                     "there is no store in the PostgreSQL database; `kassa migrate` makes one");
  }
  if (before != 0 && before < newest && !options.migrate) {
    throw StoreError(StoreError::Kind::failed,
                     fmt::format("the store has schema {}, this Kassa needs {}: make a backup and "
                                 "run `kassa migrate`",
                                 before, newest));
  }
  if (before < newest) apply_migrations(*connection);
  migrated_ = {before, newest};
}

std::unique_ptr<Writer> PostgresStore::open_writer() {
  return std::make_unique<PostgresWriter>(connection_to(url_, kWriterSession, outage_));
}

std::unique_ptr<Reader> PostgresStore::open_reader() {
  return std::make_unique<SqlReader>(
      std::make_unique<PostgresDatabase>(connection_to(url_, kReaderSession, outage_)),
      [](Database& db) -> std::unique_ptr<LineSource> {
        return std::make_unique<PostgresLine>(dynamic_cast<PostgresDatabase&>(db).connection());
      },
      read_timeout_);
}

std::unique_ptr<Talk> PostgresStore::open_talk() {
  return std::make_unique<PostgresTalk>(connection_to(url_, kTalkSession, outage_));
}

/// Its failures say nothing of the others' sessions: it gives a server up sooner than they do.
std::unique_ptr<Membership> PostgresStore::open_membership() {
  return std::make_unique<PostgresMembership>(
      connection_to(url_, kMembershipSession, std::make_shared<Outage>()));
}

std::int32_t PostgresStore::schema_version() {
  return migrated_.second;
}

}  // namespace kassa::store::postgres
