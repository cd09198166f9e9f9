#include "store/postgres/postgres_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "store/postgres/dialect.hpp"

namespace kassa::store::postgres {
namespace {

constexpr int kPageMin = 64;
constexpr int kPageMax = 2'048;

/// Bound values are copied: they go out with the first step.
class PostgresStatement : public Prepared {
 public:
  explicit PostgresStatement(Connection& connection) : connection_(connection) {}

  void bind_integer(int /*place*/, std::int64_t value) override { bound_.put_integer(value); }
  void bind_text(int /*place*/, std::string_view value) override { bound_.put_text(value); }
  void bind_text_copy(int /*place*/, std::string&& value) override { bound_.put_text(value); }
  void bind_blob(int /*place*/, std::string_view value) override { bound_.put_blob(value); }
  void bind_null(int /*place*/) override { bound_.put_null(); }

  int changes() override { return answer_ ? static_cast<int>(answer_->changed()) : 0; }
  void reset() noexcept override {
    bound_.clear();
    answer_.reset();
  }

  StoredForm form(int column) const override { return answer_->form(row_, column); }
  std::int64_t integer(int column) const override { return answer_->integer(row_, column); }
  std::string_view text(int column) const override { return answer_->bytes(row_, column); }
  std::string_view blob(int column) const override { return answer_->bytes(row_, column); }

 protected:
  Connection& connection_;
  Parameters bound_;
  std::optional<Answer> answer_;
  int row_ = 0;
};

class WholeAnswer final : public PostgresStatement {
 public:
  WholeAnswer(Connection& connection, const std::string& name, const std::string& sql)
      : PostgresStatement(connection), query_(name, in_dialect(sql)) {}

  bool step() override {
    if (!answer_) {
      answer_ = connection_.run(query_, bound_);
      row_ = -1;
    }
    return ++row_ < answer_->rows();
  }

 private:
  Query query_;
};

/// The cursor ends with its transaction.
class PagedAnswer final : public PostgresStatement {
 public:
  PagedAnswer(Connection& connection, std::string name, const std::string& sql)
      : PostgresStatement(connection), name_(std::move(name)), sql_(in_dialect(sql)) {}

  bool step() override {
    if (!answer_) {
      static std::atomic<std::uint64_t> last{0};
      cursor_ = fmt::format("kassa_{}", ++last);
      connection_.send_once(name_, fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", cursor_, sql_),
                            bound_);
      fetch(kPageMin);
    } else {
      ++row_;
      const bool is_full_page_over = row_ == answer_->rows() && row_ == page_;
      if (is_full_page_over) fetch(std::min(page_ * 2, kPageMax));
    }
    return row_ < answer_->rows();
  }

 private:
  void fetch(int rows) {
    page_ = rows;
    row_ = 0;
    connection_.send_once(name_, fmt::format("FETCH {} FROM {}", rows, cursor_), {});
    answer_ = std::move(connection_.finish().back());
  }

  std::string name_;
  std::string sql_;
  std::string cursor_;
  int page_ = 0;
};

}  // namespace

std::unique_ptr<Prepared> PostgresDatabase::prepare(const std::string& name, const std::string& sql,
                                                    Rows rows) {
  if (rows == Rows::many) return std::make_unique<PagedAnswer>(*connection_, name, sql);
  return std::make_unique<WholeAnswer>(*connection_, name, sql);
}

void PostgresDatabase::begin_snapshot(std::optional<std::chrono::milliseconds> timeout,
                                      std::stop_token stop) {
  connection_->open();
  if (timeout) connection_->set_deadline(std::chrono::steady_clock::now() + *timeout);
  // Who may take for ever may also wait for ever for one answer.
  connection_->set_patience(timeout ? *timeout + std::chrono::seconds(1) : std::chrono::hours(1));
  connection_->set_stop(std::move(stop));
  connection_->send_once("begin reading", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {});
}

void PostgresDatabase::end_snapshot() noexcept {
  connection_->set_stop({});
  connection_->set_deadline(std::nullopt);
  if (!connection_->is_open()) return;
  try {
    connection_->send_once("end reading", "COMMIT", {});
    (void)connection_->finish();
  } catch (...) {
    connection_->close();
  }
}

}  // namespace kassa::store::postgres
