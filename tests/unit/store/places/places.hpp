// Where tests keep a store: one class an engine. A place outlives the store that is open in it, so
// that a test can close the store and open it again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.hpp"
#include "unit/ops/temporary_directory.hpp"

namespace kassa::store {

/// What opening says when it is refused; empty when it isn't.
inline std::string refusal(const StoreOptions& options) {
  try {
    (void)open_store(options);
  } catch (const StoreError& error) {
    return error.what();
  }
  return {};
}

class StorePlace {
 public:
  virtual ~StorePlace() = default;
  /// The store there, which is made if there is none.
  [[nodiscard]] virtual StoreOptions options() const = 0;
  /// Changes rows behind everybody's back, past the checks of the schema, as a disk that lies does;
  /// how many of them the last statement changed. In the SQL of `store/database.hpp`.
  virtual std::int64_t tamper(const std::string& sql) const = 0;

  [[nodiscard]] std::unique_ptr<Store> open() const { return open_store(options()); }
};

class SqlitePlace final : public StorePlace {
 public:
  [[nodiscard]] StoreOptions options() const override {
    return {.url = "sqlite:" + file(), .create = true};
  }
  std::int64_t tamper(const std::string& sql) const override;

  [[nodiscard]] std::string file() const { return (folder_.path() / "kassa.db").string(); }

 private:
  ops::TemporaryDirectory folder_;
};

/// A database of the tests' own server (postgres_cluster.hpp), dropped with the place.
class PostgresPlace final : public StorePlace {
 public:
  PostgresPlace();
  ~PostgresPlace() override;
  PostgresPlace(const PostgresPlace&) = delete;
  PostgresPlace& operator=(const PostgresPlace&) = delete;
  /// One where no store has been made yet.
  [[nodiscard]] static PostgresPlace empty();

  [[nodiscard]] StoreOptions options() const override { return {.url = url_, .create = true}; }
  std::int64_t tamper(const std::string& sql) const override;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  explicit PostgresPlace(std::string url) : url_(std::move(url)) {}

  std::string url_;
};

/// For tests that don't care which engine it is: KASSA_TEST_STORE names it, `sqlite` (so without
/// it) or `postgresql`. `./dev test` runs them with both.
[[nodiscard]] std::unique_ptr<StorePlace> make_any_place();

}  // namespace kassa::store
