// Making a project from the merchant's side: the RSA key pair is made here, only its public half is
// handed over, and all keys are written to files (wire §3.4).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace kassa::cli {

struct NewProjectOptions {
  std::string merchant_id;
  std::string name;
  std::vector<std::string> currencies;
  bool live = false;
  std::filesystem::path keys_dir;
};

struct NewProject {
  std::string project_id;
  std::string answer;  // JSON: ids, and the key files' paths
};

/// Asks the desk; keys are shown by it once and land in files of mode 0600.
[[nodiscard]] NewProject create_project(const Session& session, const NewProjectOptions& options);

/// The same with another way to the desk: the sandbox is its own.
using DeskCaller = std::function<std::string(const std::string& path, const std::string& body)>;
[[nodiscard]] NewProject create_project(const DeskCaller& call, const NewProjectOptions& options);

}  // namespace kassa::cli
