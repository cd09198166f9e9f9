// A PostgreSQL server of the tests' own, in a temporary folder and on a socket there: started by
// the first test that wants one, ended with the process, however that ends.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "unit/ops/temporary_directory.hpp"

namespace kassa::store {

class PostgresCluster {
 public:
  /// The one of this process.
  [[nodiscard]] static PostgresCluster& get();

  PostgresCluster();
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  /// Makes a new, empty database and answers its URL.
  [[nodiscard]] std::string make_database();
  /// The same with a store in it.
  [[nodiscard]] std::string make_store();
  void drop_database(const std::string& url);

  /// Away, and back on the same socket with the same data.
  void stop();
  void start();

 private:
  [[nodiscard]] std::string url_of(const std::string& database) const;
  [[nodiscard]] std::string copy_database(const std::string& from);
  [[nodiscard]] pid_t spawn(const std::vector<std::string>& command) const;

  ops::TemporaryDirectory folder_;
  pid_t server_ = 0;
  int databases_ = 0;
  std::string template_;  // the database that has an empty store
};

}  // namespace kassa::store
