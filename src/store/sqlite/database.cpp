#include "store/sqlite/database.hpp"

#include <fmt/format.h>

namespace kassa::store::sqlite {
namespace {

/// How many steps of SQLite's virtual machine pass between two looks at the deadline: about 50 µs.
constexpr int kStepsPerLook = 4'000;

class PreparedStatement final : public Prepared {
 public:
  PreparedStatement(Database& db, std::string name, const std::string& sql)
      : db_(db), name_(std::move(name)) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(db.handle(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    handle_.reset(prepared);
    if (code != SQLITE_OK) db.fail(code, "prepare " + name_);
  }

  void bind_integer(int place, std::int64_t value) override {
    check(sqlite3_bind_int64(handle_.get(), place, value));
  }
  void bind_text(int place, std::string_view value) override {
    // A null pointer would bind NULL, not the empty text.
    check(sqlite3_bind_text64(handle_.get(), place, value.empty() ? "" : value.data(), value.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
  }
  void bind_text_copy(int place, std::string&& value) override {
    check(sqlite3_bind_text64(handle_.get(), place, value.data(), value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  }
  void bind_blob(int place, std::string_view value) override {
    check(sqlite3_bind_blob64(handle_.get(), place, value.empty() ? "" : value.data(), value.size(),
                              SQLITE_STATIC));
  }
  void bind_null(int place) override { check(sqlite3_bind_null(handle_.get(), place)); }

  bool step() override {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    db_.fail(code, name_);
  }
  int changes() override { return sqlite3_changes(db_.handle()); }
  void reset() noexcept override { sqlite3_reset(handle_.get()); }

  StoredForm form(int column) const override {
    switch (sqlite3_column_type(handle_.get(), column)) {
      case SQLITE_NULL:
        return StoredForm::null;
      case SQLITE_INTEGER:
        return StoredForm::integer;
      case SQLITE_TEXT:
        return StoredForm::text;
      case SQLITE_BLOB:
        return StoredForm::blob;
      default:
        return StoredForm::other;
    }
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(handle_.get(), column);
  }
  std::string_view text(int column) const override {
    return bytes(column, reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column)));
  }
  std::string_view blob(int column) const override {
    return bytes(column, static_cast<const char*>(sqlite3_column_blob(handle_.get(), column)));
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void check(int code) const {
    if (code != SQLITE_OK) db_.fail(code, name_);
  }
  [[nodiscard]] std::string_view bytes(int column, const char* data) const {
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  }

  Database& db_;
  std::string name_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

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

std::unique_ptr<Prepared> Database::prepare(const std::string& name, const std::string& sql,
                                            Rows /*rows*/) {
  return std::make_unique<PreparedStatement>(*this, name, sql);
}

void Database::begin_snapshot(std::optional<std::chrono::milliseconds> timeout,
                              std::stop_token stop) {
  if (timeout) set_deadline(std::chrono::steady_clock::now() + *timeout);
  if (stop.stop_possible()) set_stop(std::move(stop));
  execute("begin reading", "BEGIN");
}

void Database::end_snapshot() noexcept {
  set_deadline(std::nullopt);
  set_stop({});
  rollback();
}

}  // namespace kassa::store::sqlite
