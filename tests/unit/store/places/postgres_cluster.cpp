#include "unit/store/places/postgres_cluster.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "store/postgres/connection.hpp"

namespace kassa::store {
namespace {

const std::filesystem::path kPrograms = "/usr/lib/postgresql/15/bin";

/// PostgreSQL refuses to run as root.
const passwd* other_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr) throw std::runtime_error("there is no user postgres; see ./dev");
  return user;
}

bool answers(const std::string& url) {
  postgres::Connection connection(url, "", std::make_shared<postgres::Outage>());
  try {
    connection.open();
    return true;
  } catch (const StoreError&) {
    return false;
  }
}

/// "kassa_1" of "postgresql:///kassa_1?host=…".
std::string name_of(const std::string& url) {
  const auto from = std::string("postgresql:///").size();
  return url.substr(from, url.find('?') - from);
}

void execute(const std::string& url, const std::string& sql) {
  postgres::Connection connection(url, "", std::make_shared<postgres::Outage>());
  connection.open();
  connection.execute("the test's own", sql);
}

}  // namespace

PostgresCluster& PostgresCluster::get() {
  static PostgresCluster cluster;
  return cluster;
}

PostgresCluster::PostgresCluster() {
  if (const passwd* user = other_user()) {
    if (::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("can't give the cluster's folder away");
    }
  }
  int status = 0;
  const pid_t made = spawn({"initdb", "-D", (folder_.path() / "data").string(), "-U", "kassa", "-A",
                            "trust", "-E", "UTF8", "--no-locale", "--no-sync"});
  if (::waitpid(made, &status, 0) != made || status != 0) {
    throw std::runtime_error("initdb failed; is postgresql-15 installed? See ./dev");
  }
  start();
}

PostgresCluster::~PostgresCluster() {
  stop();
}

void PostgresCluster::start() {
  server_ = spawn({"postgres", "-D", (folder_.path() / "data").string(), "-k",
                   folder_.path().string(), "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                   "shared_buffers=64MB", "-c", "max_connections=100"});
  // Until it answers, or has ended; a refused connection takes no time.
  while (!answers(url_of("postgres"))) {
    if (::waitpid(server_, nullptr, WNOHANG) != 0) throw std::runtime_error("PostgreSQL ended");
  }
}

void PostgresCluster::stop() {
  if (server_ == 0) return;
  ::kill(server_, SIGINT);  // at once: whoever is connected is thrown out
  ::waitpid(server_, nullptr, 0);
  server_ = 0;
}

/// A child that ends when this process does.
pid_t PostgresCluster::spawn(const std::vector<std::string>& command) const {
  const passwd* user = other_user();
  const std::string program = (kPrograms / command.front()).string();
  const std::string log = (folder_.path() / "log").string();
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
                          ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(program.c_str(), arguments.data());
  ::_exit(127);
}

std::string PostgresCluster::url_of(const std::string& database) const {
  return fmt::format("postgresql:///{}?host={}&user=kassa", database, folder_.path().string());
}

std::string PostgresCluster::make_database() {
  return copy_database("template0");
}

/// The schema is made once, and copied from then on.
std::string PostgresCluster::make_store() {
  if (template_.empty()) {
    const std::string url = make_database();
    (void)open_store({.url = url, .create = true});
    template_ = name_of(url);
  }
  return copy_database(template_);
}

std::string PostgresCluster::copy_database(const std::string& from) {
  const std::string name = fmt::format("kassa_{}", ++databases_);
  execute(url_of("postgres"), fmt::format("CREATE DATABASE {} TEMPLATE {}", name, from));
  return url_of(name);
}

void PostgresCluster::drop_database(const std::string& url) {
  execute(url_of("postgres"), "DROP DATABASE " + name_of(url) + " WITH (FORCE)");
}

}  // namespace kassa::store
