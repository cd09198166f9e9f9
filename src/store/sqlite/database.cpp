#include "store/sqlite/database.hpp"

#include <fmt/format.h>

namespace kassa::store::sqlite {
namespace {

/// How many steps of SQLite's virtual machine pass between two looks at the deadline: about 50 µs.
constexpr int kStepsPerLook = 4'000;

}  // namespace

StoreError::Kind kind_of(int code) {
  using Kind = StoreError::Kind;
  if (code == SQLITE_IOERR_NOMEM) return Kind::failed;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Kind::full;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Kind::fatal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
      return Kind::busy;
    case SQLITE_CONSTRAINT:
      return Kind::constraint;
    default:
      return Kind::failed;
  }
}

Database::Database(const std::string& name, Mode mode, const std::string& setup) {
  sqlite3* opened = nullptr;
  const int flags = (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    (mode == Mode::create_in_memory ? SQLITE_OPEN_CREATE : 0) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (name.starts_with("file:") ? SQLITE_OPEN_URI : 0);
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(code, "open " + name);
  execute("set up " + name, setup);
}

void Database::execute(std::string_view doing, const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, doing);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle()) == 0;
}

void Database::rollback() noexcept {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
  deadline_ = deadline;
  watch_progress();
}

void Database::set_stop(std::stop_token stop) {
  stop_ = std::move(stop);
  watch_progress();
}

void Database::watch_progress() {
  const bool watched = deadline_ || stop_.stop_possible();
  sqlite3_progress_handler(handle(), watched ? kStepsPerLook : 0, &Database::on_progress, this);
}

int Database::on_progress(void* self) {
  const auto& db = *static_cast<const Database*>(self);
  const bool late = db.deadline_ && std::chrono::steady_clock::now() >= *db.deadline_;
  return late || db.stop_.stop_requested() ? 1 : 0;
}

void Database::fail(int code, std::string_view doing) const {
  const char* message = handle_ ? sqlite3_errmsg(handle()) : sqlite3_errstr(code);
  if ((code & 0xff) == SQLITE_INTERRUPT) {
    message = stop_.stop_requested() ? "was stopped" : "took too long";
  }
  throw StoreError(kind_of(code), fmt::format("store: {}: {} (SQLite {})", doing, message, code));
}

Statement::Statement(Database& db, std::string name, const std::string& sql)
    : db_(&db), name_(std::move(name)) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(db.handle(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  handle_.reset(prepared);
  if (code != SQLITE_OK) db.fail(code, "prepare " + name_);
}

void Execution::check(int code) const {
  if (code != SQLITE_OK) statement_.db_->fail(code, statement_.name_);
}

void Execution::put_integer(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.handle_.get(), next_parameter_++, value));
}

void Execution::put_text(std::string_view value) {
  // A null pointer would bind NULL, not the empty text.
  check(sqlite3_bind_text64(statement_.handle_.get(), next_parameter_++,
                            value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
}

void Execution::put_text(std::string&& value) {
  check(sqlite3_bind_text64(statement_.handle_.get(), next_parameter_++, value.data(), value.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Execution::put_blob(std::string_view value) {
  check(sqlite3_bind_blob64(statement_.handle_.get(), next_parameter_++,
                            value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC));
}

void Execution::put_null() {
  check(sqlite3_bind_null(statement_.handle_.get(), next_parameter_++));
}

bool Execution::step() {
  const int code = sqlite3_step(statement_.handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  statement_.db_->fail(code, statement_.name_);
}

int Execution::run() {
  while (step()) {
  }
  return sqlite3_changes(statement_.db_->handle());
}

bool Execution::is_null(int column) const {
  return sqlite3_column_type(statement_.handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Execution::integer(int column) const {
  return sqlite3_column_int64(statement_.handle_.get(), column);
}

std::string_view Execution::text(int column) const {
  sqlite3_stmt* row = statement_.handle_.get();
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

std::string_view Execution::blob(int column) const {
  sqlite3_stmt* row = statement_.handle_.get();
  const auto* data = static_cast<const char*>(sqlite3_column_blob(row, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

}  // namespace kassa::store::sqlite
