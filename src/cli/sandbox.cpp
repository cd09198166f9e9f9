// kassa sandbox: everything on, in one folder, with a demo merchant and a KZT+TJS test project.
//
// The folder holds kassa.toml, the key ring, the store, the socket and the demo's keys; started
// again on it, the sandbox goes on with the same data. `--demo` shows one payin on the terminal
// first.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "api/page/brand_settings.hpp"
#include "cli/demo.hpp"
#include "cli/demo_shop.hpp"
#include "cli/files.hpp"
#include "cli/new_project.hpp"
#include "cli/print.hpp"
#include "cli/runtime.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "domain/config.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string dir = "var/sandbox";
  std::string listen = "127.0.0.1:8080";
  std::string store;
  bool demo = false;
  std::optional<std::uint16_t> shop_port;  // none: no shop
};

constexpr std::uint16_t kShopPort = 8081;

/// What the demo merchant's developer needs; kept in DIR/sandbox.json.
struct DemoProject {
  std::string merchant_id;
  std::string keys;  // the answer of project creation: ids and paths
};

/// A port that nobody listens on, for `--listen HOST:0`: links need it before the server starts.
std::uint16_t free_port(const std::string& host) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) throw Refused("no socket: " + std::generic_category().message(errno));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    ::close(probe);
    throw WrongUsage("--listen with port 0 takes an IPv4 address");
  }
  socklen_t size = sizeof address;
  const bool bound =
      ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(probe);
  if (!bound) throw Refused("no free port on " + host);
  return ntohs(address.sin_port);
}

std::string toml_string(const std::string& text) {
  return json_text(text);
}

/// The sandbox's configuration, written where the other commands find it.
std::string config_text(const Options& options, const fs::path& dir, const std::string& listen) {
  const std::string base = "http://" + listen;
  const std::string store =
      options.store.empty() ? "sqlite:" + (dir / "kassa.db").string() : options.store;
  return "# Made by `kassa sandbox`, anew at each start.\n"
         "listen = " +
         toml_string(listen) +
         "\n"
         "store = " +
         toml_string(store) +
         "\n"
         "key_ring = " +
         toml_string((dir / "key-ring.toml").string()) +
         "\n"
         "admin_socket = " +
         toml_string((dir / "admin.sock").string()) +
         "\n"
         "public_api_base = " +
         toml_string(base) +
         "\n"
         "public_page_base = " +
         toml_string(base + "/pay") +
         "\n"
         "migrate_on_start = true\n"
         "\n[security]\n"
         "auth_hints = true\n"
         "bad_signatures_per_second = 0\n"
         "\n[limits]\n"
         "project_per_second = 100000\n"
         "address_per_second = 0\n"
         "\n[callbacks]\n"
         "allow_private_addresses = true\n"
         "\n[log]\n"
         "level = \"warn\"\n"
         "file = " +
         toml_string((dir / "kassa.log").string()) + "\n";
}

std::string make_merchant(Runtime& runtime) {
  const auto made = runtime.desk().call("merchant/create", R"({"name":"Demo merchant"})");
  protocol::JsonDocument document;
  if (made.status != 200 || !document.parse(made.body)) throw Refused(made.body);
  return text_of(document.root(), "merchant_id");
}

/// The demo project, made on the first start.
DemoProject demo_project(Runtime& runtime, const fs::path& dir) {
  const fs::path file = dir / "sandbox.json";
  DemoProject project;
  protocol::JsonDocument document;
  if (fs::exists(file)) {
    const std::string text = read_file(file);
    if (!document.parse(text))
      throw Refused(file.string() + " is not JSON; remove " + dir.string());
    project.merchant_id = text_of(document.root(), "merchant_id");
    const auto keys = document.root().find("keys");
    project.keys = keys ? std::string(keys->text()) : "";
    return project;
  }
  project.merchant_id = make_merchant(runtime);
  const auto call = [&runtime](const std::string& path, const std::string& body) {
    const auto response = runtime.desk().call(path, body);
    if (response.status != 200) throw Refused(response.body);
    return response.body;
  };
  (void)call("operator/add", R"({"name":"demo"})");
  project.keys = create_project(DeskCaller(call), {.merchant_id = project.merchant_id,
                                                   .name = "Demo shop",
                                                   .currencies = {"KZT", "TJS"},
                                                   .live = false,
                                                   .keys_dir = dir / "keys"})
                     .answer;
  replace_file(file,
               "{\"merchant_id\":" + json_text(project.merchant_id) +
                   ",\"keys\":" + json_text(project.keys) + "}\n",
               0600);
  return project;
}

/// What the shop needs of its project: a look, once, and its origin, whichever that is now.
void set_up_project(Runtime& runtime, const std::string& project_id, const DemoShop& shop) {
  const auto call = [&runtime](const std::string& path, const std::string& body) {
    auto response = runtime.desk().call(path, body);
    if (response.status != 200) throw Refused(response.body);
    return std::move(response.body);
  };
  const std::string project = "{\"project_id\":" + json_text(project_id);
  protocol::JsonDocument shown;
  if (!shown.parse(call("project/show", project + "}"))) throw Refused("the project is unreadable");
  const auto settings = shown.root().find("settings");
  auto known = domain::words_of(settings ? text_of(*settings, "page.origins") : "");
  if (!domain::has_word(known, shop.url())) {
    // Of starts on other ports the oldest make room.
    if (known.size() >= api::kPageOriginsMax) known.erase(known.begin());
    known.push_back(shop.url());
  }
  std::string origins;
  for (const auto& origin : known) origins += (origins.empty() ? "" : " ") + origin;
  std::string body = project + ",\"settings\":{\"page.origins\":" + json_text(origins);
  if (!settings || text_of(*settings, "brand.name").empty()) {
    for (const auto& [name, value] : DemoShop::brand()) {
      body += "," + json_text(name) + ":" + json_text(value);
    }
  }
  (void)call("project/set", body + "}}");
}

/// Where its metrics are: of the same address, or of one of their own.
std::string metrics_url(const ops::Config& config, const Runtime& runtime) {
  if (!config.metrics_listen) return config.public_api_base + "/metrics";
  return "http://" + config.metrics_listen->host + ":" + std::to_string(runtime.watch_port()) +
         "/metrics";
}

std::string ready_line(const DemoProject& project, const std::string& base,
                       const std::string& metrics, const std::string& shop_url) {
  protocol::JsonDocument document;
  if (!document.parse(project.keys)) throw Refused("the demo project's keys are unreadable");
  const auto keys = document.root();
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("base_url", base)
      .member("metrics_url", metrics)
      .member("merchant_id", project.merchant_id);
  for (const auto name : {"project_id", "private_key", "public_key", "hmac_key",
                          "callback_public_key", "callback_hmac_key"}) {
    json.member(name, text_of(keys, name));
  }
  if (!shop_url.empty()) json.member("shop_url", shop_url);
  json.end_object();
  return out;
}

/// The shop, where one is wanted; by the keys that its developer has.
std::unique_ptr<DemoShop> open_shop(Runtime& runtime, const ops::Config& config,
                                    const DemoProject& project, const Options& options) {
  if (!options.shop_port) return nullptr;
  protocol::JsonDocument document;
  if (!document.parse(project.keys)) throw Refused("the demo project's keys are unreadable");
  const auto keys = document.root();
  const std::string project_id = text_of(keys, "project_id");
  auto shop = std::make_unique<DemoShop>(
      DemoShopOptions{.base_url = config.public_api_base,
                      .page_base = config.public_page_base,
                      .project_id = project_id,
                      .private_key = text_of(keys, "private_key"),
                      .callback_public_key = text_of(keys, "callback_public_key"),
                      .port = *options.shop_port});
  set_up_project(runtime, project_id, *shop);
  return shop;
}

void print_welcome(const protocol::JsonValue& ready, const Options& options) {
  std::printf("\nThe sandbox is up.\n\n");
  if (const std::string shop = text_of(ready, "shop_url"); !shop.empty()) {
    std::printf("A shop to try it as a payer does, from the basket to the thanks:\n\n  %s\n\n",
                shop.c_str());
  }
  print_members(ready, {"base_url", "metrics_url", "merchant_id", "project_id", "private_key",
                        "public_key", "hmac_key", "callback_public_key", "callback_hmac_key"});
  std::printf(
      "\nTry, in another terminal:\n"
      "  export KASSA_CONFIG=%s PATH=%s:$PATH\n"
      "  kassa payment list\n"
      "  kassa payment resolve REQUEST_ID --decline --as demo\n"
      "  kassa project show %s\n"
      "  kassa ledger check\n"
      "  curl -s %s\n"
      "\nRead the API in a browser: %s/docs\n"
      "\nAmounts ending in 901 to 907 meet the other ends of a payin (docs/test-mode.md).\n"
      "Ctrl-C ends it; the data stays in %s.\n",
      fs::absolute(options.dir + "/kassa.toml").c_str(),
      fs::read_symlink("/proc/self/exe").parent_path().c_str(),
      text_of(ready, "project_id").c_str(), text_of(ready, "metrics_url").c_str(),
      text_of(ready, "base_url").c_str(), options.dir.c_str());
  (void)std::fflush(stdout);
}

void run_sandbox(const Session& session, const Options& options) {
  const StopSignals signals;
  auto address = ops::ListenAddress::parse(options.listen);
  if (!address) throw WrongUsage("--listen takes HOST:PORT");
  const fs::path dir = fs::absolute(options.dir);
  fs::create_directories(dir);
  if (address->port == 0) address->port = free_port(address->host);
  const std::string listen = address->host + ":" + std::to_string(address->port);
  const fs::path config_file = dir / "kassa.toml";
  replace_file(config_file, config_text(options, dir, listen), 0600);
  auto environment = ops::process_environment();
  environment.erase("KASSA_CONFIG");
  const auto config = ops::load_config(config_file, environment);
  if (!config) throw Refused(config.error().front());
  if (const auto log = ops::log::start(config->log); !log) throw Refused(log.error());

  Runtime runtime(*config, {.create = true, .migrate = true, .serve = true});
  const DemoProject project = demo_project(runtime, dir);
  const auto shop = open_shop(runtime, *config, project, options);
  const std::string ready =
      ready_line(project, config->public_api_base, metrics_url(*config, runtime),
                 shop ? shop->url() : std::string());
  protocol::JsonDocument document;
  if (!document.parse(ready)) throw Refused("the ready line is not JSON");
  if (session.json) {
    std::printf("%s\n", ready.c_str());
    (void)std::fflush(stdout);
  }
  if (options.demo) {
    run_demo({.base_url = text_of(document.root(), "base_url"),
              .project_id = text_of(document.root(), "project_id"),
              .private_key = text_of(document.root(), "private_key"),
              .callback_public_key = text_of(document.root(), "callback_public_key")});
  }
  if (!session.json) print_welcome(document.root(), options);
  while (signals.wait() == SIGHUP) {
  }
  runtime.stop();
}

}  // namespace

void add_sandbox(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      session.add(app, "sandbox", "Everything on, in one folder, with a demo merchant",
                  "kassa sandbox --dir var/sandbox --listen 127.0.0.1:8080");
  command->add_option("--dir", options->dir, "Where everything is kept (var/sandbox)");
  command->add_option("--listen", options->listen, "HOST:PORT; port 0 takes any (127.0.0.1:8080)");
  command->add_option("--store", options->store,
                      "Another store than DIR/kassa.db: sqlite:PATH or postgresql://…");
  command->add_flag("--demo", options->demo,
                    "Show one payin from request to success first, and open the shop");
  command->add_option("--shop", options->shop_port,
                      "A demo shop on that port of 127.0.0.1; 0, or one that is taken: any (8081)");
  command->callback([&session, options] {
    if (options->demo && !options->shop_port) options->shop_port = kShopPort;
    run_sandbox(session, *options);
  });
}

}  // namespace kassa::cli
