// The contract tests' fixture: a fresh store of each engine for every test.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "unit/store/places/places.hpp"

namespace kassa::store {

/// One for each engine.
struct MakePlace {
  const char* engine;
  std::unique_ptr<StorePlace> (*make)();
};
template <class Place>
std::unique_ptr<StorePlace> make_place() {
  return std::make_unique<Place>();
}

/// A store that is open, with its writer and one reader.
class OpenStore {
 public:
  explicit OpenStore(StorePlace& place)
      : store(place.open()), writer(store->open_writer()), reader(store->open_reader()) {}

  /// One batch: loads the keys, lets `change` change the rows, applies and commits.
  void batch(const domain::Keys& keys, const std::function<void(domain::WorkingSet&)>& change,
             std::int64_t lane = 1) const {
    domain::WorkingSet ws;
    writer->begin();
    writer->load(keys, ws);
    change(ws);
    writer->apply(ws, lane, domain::instant_of_ms(0));
    writer->commit();
  }
  void batch(const std::function<void(domain::WorkingSet&)>& change) const { batch({}, change); }

  std::unique_ptr<Store> store;  // destroyed last
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Reader> reader;
};

/// A fresh store of each engine for every test.
class StoreContract : public testing::TestWithParam<MakePlace> {
 protected:
  /// Closes it and opens what is on disk.
  void reopen() {
    open_.reset();
    open_ = std::make_unique<OpenStore>(*place_);
  }
  [[nodiscard]] const StorePlace& place() const { return *place_; }
  [[nodiscard]] const OpenStore& open() const { return *open_; }
  [[nodiscard]] Writer& writer() const { return *open_->writer; }
  [[nodiscard]] Reader& reader() const { return *open_->reader; }

 private:
  std::unique_ptr<StorePlace> place_ = GetParam().make();
  std::unique_ptr<OpenStore> open_ = std::make_unique<OpenStore>(*place_);
};

[[nodiscard]] inline std::string engine_of(const testing::TestParamInfo<MakePlace>& place) {
  return place.param.engine;
}

#define KASSA_INSTANTIATE_STORES(Suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(Engines, Suite,                                                       \
                           testing::Values(MakePlace{"sqlite", &make_place<SqlitePlace>},        \
                                           MakePlace{"postgresql", &make_place<PostgresPlace>}), \
                           &engine_of)

}  // namespace kassa::store
