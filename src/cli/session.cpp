#include "cli/session.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "cli/ownership.hpp"
#include "cli/print.hpp"
#include "cli/runtime.hpp"
#include "domain/money.hpp"
#include "store/store.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

constexpr long kCallTimeoutMs = 120'000;  // a check of the whole ledger

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

Line::Answer call_socket(const std::string& socket, const std::string& path,
                         const std::string& body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "content-type: application/json"), &curl_slist_free_all);
  Line::Answer answer;
  const std::string url = "http://kassa/admin/v1/" + path;
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kCallTimeoutMs);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    throw Refused("the store is owned by a running Kassa, but its socket " + socket +
                  " does not answer: " + curl_easy_strerror(code));
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

/// In the working directory, else where a package puts it.
std::string default_config() {
  const std::string own = "kassa.toml";
  const std::string of_package = "/etc/kassa/kassa.toml";
  // A folder that this user may not look into has none for them: `runuser -u kassa` leaves them in
  // root's.
  std::error_code unreadable;
  const bool has_own = std::filesystem::exists(own, unreadable);
  return !has_own && std::filesystem::exists(of_package, unreadable) ? of_package : own;
}

/// Whether a Kassa of this machine answers there: who serves a store that nobody owns.
bool is_listening(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool listening =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return listening;
}

/// "Some fields are wrong: amount must be …".
std::string sentence_of(const std::string& body) {
  protocol::JsonDocument document;
  if (!document.parse(body)) return printable(body);
  std::string sentence = text_of(document.root(), "status_description");
  if (const auto errors = document.root().find("errors")) {
    for (const auto& error : errors->children()) {
      sentence += "\n  " + text_of(error, "field") + " " + text_of(error, "message");
    }
  }
  return sentence;
}

}  // namespace

void refuse_if_any(const std::string& what, const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string sentence = what;
  for (const auto& problem : problems) sentence += "\n  " + problem;
  throw Refused(sentence);
}

void refuse_configuration_if_any(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string all;
  for (const auto& problem : problems) all += (all.empty() ? "" : "\n  ") + problem;
  throw WrongConfiguration(all);
}

const CLI::Validator& minor_units() {
  static const CLI::Range range(std::int64_t{1}, domain::kAmountMinorMax);
  return range;
}

ops::Config Session::load_config() const {
  std::string path = config_path;
  if (path.empty()) {
    const char* from_environment =
        std::getenv("KASSA_CONFIG");  // NOLINT(concurrency-mt-unsafe): there is one thread yet
    path = from_environment != nullptr ? from_environment : default_config();
  }
  auto environment = ops::process_environment();
  environment.erase("KASSA_CONFIG");
  auto config = ops::load_config(path, environment);
  if (!config) refuse_configuration_if_any(config.error());
  return *config;
}

Line::Line(const ops::Config& config, bool deliver) : socket_(config.admin_socket) {
  const bool is_served =
      store::is_shared(config.store) ? is_listening(socket_) : store::is_owned(config.store);
  if (is_served) return;
  refuse_wrong_user(places_of(config));
  RuntimeOptions options;
  options.deliver = deliver;
  runtime_ = std::make_unique<Runtime>(config, options);
}

Line::~Line() = default;

Line::Answer Line::call(const std::string& path, const std::string& body) {
  if (!runtime_) return call_socket(socket_, path, body);
  const auto response = runtime_->desk().call(path, body);
  return {response.status, response.body};
}

std::string Session::call(const std::string& path, const std::string& body) const {
  Line line(load_config(), /*deliver=*/path == "callback/replay");
  return call(line, path, body);
}

std::string Session::call(Line& line, const std::string& path, const std::string& body) const {
  const Line::Answer answer = line.call(path, body);
  if (answer.status != 200) {
    if (json) std::printf("%s\n", answer.body.c_str());
    throw Answered(sentence_of(answer.body));
  }
  return answer.body;
}

void Session::show(const std::string& answer,
                   const std::function<void(const JsonValue&)>& print) const {
  if (json) {
    std::printf("%s\n", answer.c_str());
    return;
  }
  protocol::JsonDocument document;
  if (!document.parse(answer)) throw Refused("the desk answered something that is not JSON");
  print(document.root());
}

CLI::App* Session::add(CLI::App& parent, const std::string& name, const std::string& description,
                       const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->add_flag("--json", json, "Print the answer as one line of JSON");
  command->add_option("--config", config_path,
                      "The configuration file (default: $KASSA_CONFIG, else kassa.toml, else "
                      "/etc/kassa/kassa.toml)");
  return command;
}

}  // namespace kassa::cli
