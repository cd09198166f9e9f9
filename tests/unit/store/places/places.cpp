#include "unit/store/places/places.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "store/postgres/connection.hpp"
#include "store/postgres/dialect.hpp"
#include "store/sqlite/connection.hpp"
#include "unit/store/places/postgres_cluster.hpp"

namespace kassa::store {
namespace {

constexpr const char* kDropChecks = R"sql(
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT conrelid::regclass AS of_table, conname FROM pg_constraint
               WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.of_table, found.conname);
  END LOOP;
END
$$
)sql";

}  // namespace

std::int64_t SqlitePlace::tamper(const std::string& sql) const {
  sqlite::Database db = sqlite::open_connection(file(), sqlite::Database::Mode::read_write);
  db.execute("tamper", "PRAGMA ignore_check_constraints = ON;" + sql);
  return sqlite3_changes(db.handle());
}

PostgresPlace::PostgresPlace() : url_(PostgresCluster::get().make_store()) {}

PostgresPlace::~PostgresPlace() {
  PostgresCluster::get().drop_database(url_);
}

PostgresPlace PostgresPlace::empty() {
  return PostgresPlace(PostgresCluster::get().make_database());
}

std::int64_t PostgresPlace::tamper(const std::string& sql) const {
  postgres::Connection connection(url_, "", std::make_shared<postgres::Outage>());
  connection.open();
  connection.execute("drop the checks", kDropChecks);
  connection.send_once("tamper", postgres::in_dialect(sql), {});
  return connection.finish().back().changed();
}

std::unique_ptr<StorePlace> make_any_place() {
  const char* name = std::getenv("KASSA_TEST_STORE");
  const std::string_view engine = name == nullptr ? "sqlite" : name;
  if (engine == "sqlite") return std::make_unique<SqlitePlace>();
  if (engine == "postgresql") return std::make_unique<PostgresPlace>();
  throw std::runtime_error("KASSA_TEST_STORE must be sqlite or postgresql");
}

}  // namespace kassa::store
