// What the subcommands share: where the configuration is, how the desk is reached, how answers are
// printed, and the exit codes: 0 done, 1 refused, 2 wrong usage.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/config.hpp"
#include "protocol/json_document.hpp"

namespace kassa::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitRefused = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitConfig = 78;  // as sysexits.h has it: starting again would help nobody

/// Thrown by a subcommand that was refused; its sentence goes to stderr, the exit code is 1.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Refused because of the configuration, or of what it names; the exit code is 78.
class WrongConfiguration : public Refused {
 public:
  using Refused::Refused;
};

/// Refused, and with --json the answer that says so is printed already.
class Answered : public Refused {
 public:
  using Refused::Refused;
};

/// Thrown for arguments that CLI11 can't judge; the exit code is 2.
class WrongUsage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Refused with all of the problems, unless there are none.
void refuse_if_any(const std::string& what, const std::vector<std::string>& problems);

/// Throws WrongConfiguration with all of the problems, unless there are none.
void refuse_configuration_if_any(const std::vector<std::string>& problems);

class Runtime;

/// A way to the desk, for as many calls as are needed: the local socket of whoever serves the store
/// on this machine, else a Runtime in this process for so long.
class Line {
 public:
  explicit Line(const ops::Config& config, bool deliver = false);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  struct Answer {
    long status = 0;
    std::string body;
  };
  [[nodiscard]] Answer call(const std::string& path, const std::string& body);

 private:
  std::string socket_;
  std::unique_ptr<Runtime> runtime_;  // null: somebody else serves the store
};

class Session {
 public:
  std::string config_path;  // --config, KASSA_CONFIG, else kassa.toml
  bool json = false;        // --json: the answer as the desk gave it

  [[nodiscard]] ops::Config load_config() const;

  /// Calls the desk. Throws Refused with what was wrong.
  [[nodiscard]] std::string call(const std::string& path, const std::string& body) const;
  /// The same for one of several calls.
  [[nodiscard]] std::string call(Line& line, const std::string& path,
                                 const std::string& body) const;

  /// Prints the answer as JSON, or by `print`.
  void show(const std::string& answer,
            const std::function<void(const protocol::JsonValue&)>& print) const;

  /// Adds `--json` and `--config` to a subcommand, and an example to its help.
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& description,
                const std::string& example);
};

/// What an amount may be, in minor units: a check of CLI11.
[[nodiscard]] const CLI::Validator& minor_units();

// One file each.
void add_serve(CLI::App& app, Session& session);
void add_sandbox(CLI::App& app, Session& session);
void add_migrate(CLI::App& app, Session& session);
void add_config(CLI::App& app, Session& session);
void add_version(CLI::App& app, Session& session);
void add_merchant(CLI::App& app, Session& session);
void add_trader(CLI::App& app, Session& session);
void add_project(CLI::App& app, Session& session);
void add_catalog(CLI::App& app, Session& session);
void add_requisites(CLI::App& app, Session& session);
void add_notice(CLI::App& app, Session& session);
void add_payment(CLI::App& app, Session& session);
void add_callback(CLI::App& app, Session& session);
void add_operator(CLI::App& app, Session& session);
void add_settlement(CLI::App& app, Session& session);
void add_ledger(CLI::App& app, Session& session);
void add_resume(CLI::App& app, Session& session);
void add_switch(CLI::App& app, Session& session);
void add_drain(CLI::App& app, Session& session);
void add_log(CLI::App& app, Session& session);
void add_keys(CLI::App& app, Session& session);
void add_project_keys(CLI::App& project, Session& session);
void add_backup(CLI::App& app, Session& session);
void add_restore(CLI::App& app, Session& session);
void add_export(CLI::App& app, Session& session);
void add_import(CLI::App& app, Session& session);
void add_sign(CLI::App& app, Session& session);
void add_verify(CLI::App& app, Session& session);

/// The whole command line; answers the exit code.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace kassa::cli
