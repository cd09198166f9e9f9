#include "ops/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>
#include <variant>

#include <toml++/toml.h>

namespace kassa::ops {
namespace {

using std::chrono::seconds;

constexpr std::string_view kPrefix = "KASSA_";
constexpr std::int64_t kDay = 24 * 60 * 60;

/// Where a key's value goes; its type says what the key takes.
using Target = std::variant<bool*, std::int64_t*, std::string*, seconds*, ListenAddress*,
                            std::optional<ListenAddress>*, log::Level*, log::Format*,
                            std::vector<seconds>*, std::vector<AddressRange>*>;

struct Option {
  std::string_view key;
  Target target;
  std::int64_t min = 0;  // of numbers and seconds, and of each element of a list of them
  std::int64_t max = 0;
};

/// Every key of the file, once.
std::vector<Option> options_of(Config& c) {
  return {
      {"listen", &c.listen},
      {"metrics_listen", &c.metrics_listen},
      {"store", &c.store},
      {"key_ring", &c.key_ring},
      {"admin_socket", &c.admin_socket},
      {"public_api_base", &c.public_api_base},
      {"public_page_base", &c.public_page_base},
      {"migrate_on_start", &c.migrate_on_start},
      {"http.threads", &c.http.threads, 1, 256},
      {"http.connections_max", &c.http.connections_max, 1, 1'000'000},
      {"http.head_bytes_max", &c.http.head_bytes_max, 1024, 1024 * 1024},
      {"http.head_fields_max", &c.http.head_fields_max, 10, 1000},
      {"http.body_bytes_max", &c.http.body_bytes_max, 1024, 16 * 1024 * 1024},
      {"http.head_timeout_s", &c.http.head_timeout, 1, 3600},
      {"http.body_timeout_s", &c.http.body_timeout, 1, 3600},
      {"http.idle_timeout_s", &c.http.idle_timeout, 1, 3600},
      {"http.answer_timeout_s", &c.http.answer_timeout, 1, 3600},
      {"http.write_timeout_s", &c.http.write_timeout, 1, 3600},
      {"tls.certificate", &c.tls.certificate},
      {"tls.key", &c.tls.key},
      {"engine.queue_max", &c.engine.queue_max, 1, 1'000'000},
      {"engine.batch_max", &c.engine.batch_max, 1, 10'000},
      {"engine.wait_max_s", &c.engine.wait_max, 1, 60},
      {"security.auth_hints", &c.security.auth_hints},
      {"security.clock_tolerance_s", &c.security.clock_tolerance, 1, kDay},
      {"security.bad_signatures_per_second", &c.security.bad_signatures_per_second, 0, 1'000'000},
      {"security.trusted_proxies", &c.security.trusted_proxies},
      {"limits.project_per_second", &c.limits.project_per_second, 0, 1'000'000},
      {"limits.project_burst", &c.limits.project_burst, 1, 10'000'000},
      {"limits.address_per_second", &c.limits.address_per_second, 0, 1'000'000},
      {"limits.address_burst", &c.limits.address_burst, 1, 10'000'000},
      {"callbacks.allow_private_addresses", &c.callbacks.allow_private_addresses},
      {"callbacks.workers", &c.callbacks.workers, 1, 64},
      {"callbacks.schedule_s", &c.callbacks.schedule, 1, 30 * kDay},
      {"log.level", &c.log.level},
      {"log.format", &c.log.format},
      {"log.file", &c.log.file},
  };
}

// One `set` per type: each takes a TOML node, and answers what the key should have been when it
// isn't that. Nothing is converted: 1 is not true, and "5" is not 5.
using Refusal = std::optional<std::string>;

std::string range_text(std::string_view what, const Option& option) {
  return fmt::format("must be {} from {} to {}", what, option.min, option.max);
}

Refusal set(bool& out, const toml::node& node, const Option&) {
  const auto value = node.value_exact<bool>();
  if (!value) return "must be true or false";
  out = *value;
  return std::nullopt;
}

Refusal set(std::int64_t& out, const toml::node& node, const Option& option) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < option.min || *value > option.max) {
    return range_text("a whole number", option);
  }
  out = *value;
  return std::nullopt;
}

Refusal set(seconds& out, const toml::node& node, const Option& option) {
  std::int64_t value = 0;
  if (set(value, node, option)) return range_text("whole seconds", option);
  out = seconds(value);
  return std::nullopt;
}

Refusal set(std::string& out, const toml::node& node, const Option&) {
  auto value = node.value_exact<std::string>();
  if (!value || value->find('\0') != std::string::npos) return "must be a text";
  out = std::move(*value);
  return std::nullopt;
}

Refusal set(ListenAddress& out, const toml::node& node, const Option&) {
  const auto text = node.value_exact<std::string>();
  const auto value = text ? ListenAddress::parse(*text) : std::nullopt;
  if (!value) return "must be \"HOST:PORT\", such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
  out = *value;
  return std::nullopt;
}

Refusal set(std::optional<ListenAddress>& out, const toml::node& node, const Option& option) {
  if (node.value_exact<std::string>() == "") {
    out.reset();
    return std::nullopt;
  }
  ListenAddress address;
  if (auto refusal = set(address, node, option)) return *refusal + ", or \"\" for none";
  out = address;
  return std::nullopt;
}

Refusal set(log::Level& out, const toml::node& node, const Option&) {
  const auto value = log::parse_level(node.value_exact<std::string_view>().value_or(""));
  if (!value) return "must be \"debug\", \"info\", \"warn\" or \"error\"";
  out = *value;
  return std::nullopt;
}

Refusal set(log::Format& out, const toml::node& node, const Option&) {
  const auto value = log::parse_format(node.value_exact<std::string_view>().value_or(""));
  if (!value) return "must be \"text\" or \"json\"";
  out = *value;
  return std::nullopt;
}

Refusal set(std::vector<seconds>& out, const toml::node& node, const Option& option) {
  std::string refusal = range_text("a list of whole seconds, each", option);
  const toml::array* list = node.as_array();
  if (list == nullptr || list->size() > 100) return refusal;
  std::vector<seconds> values(list->size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (set(values[i], *list->get(i), option)) return refusal;
  }
  out = std::move(values);
  return std::nullopt;
}

Refusal set(std::vector<AddressRange>& out, const toml::node& node, const Option&) {
  std::string refusal = "must be a list of addresses or ranges, such as [\"10.0.0.0/8\"]";
  const toml::array* list = node.as_array();
  if (list == nullptr) return refusal;
  std::vector<AddressRange> values;
  for (const toml::node& element : *list) {
    const auto text = element.value_exact<std::string_view>();
    const auto range = text ? AddressRange::parse(*text) : std::nullopt;
    if (!range) return refusal;
    values.push_back(*range);
  }
  out = std::move(values);
  return std::nullopt;
}

Refusal assign(const Option& option, const toml::node& node) {
  return std::visit([&](auto* target) { return set(*target, node, option); }, option.target);
}

const Option* find(const std::vector<Option>& options, std::string_view key) {
  const auto found = std::ranges::find(options, key, &Option::key);
  return found == options.end() ? nullptr : &*found;
}

bool is_section(const std::vector<Option>& options, std::string_view key) {
  const std::string start = std::string(key) + ".";
  return std::ranges::any_of(options, [&](const Option& o) { return o.key.starts_with(start); });
}

void read_table(const toml::table& table, const std::string& above, std::string_view file,
                const std::vector<Option>& options, ConfigErrors& errors) {
  for (const auto& [name, node] : table) {
    const std::string key = above + std::string(name.str());
    const auto line = name.source().begin.line;
    if (const Option* option = find(options, key)) {
      if (auto refusal = assign(*option, node)) {
        errors.push_back(fmt::format("{}:{}: `{}` {}", file, line, key, *refusal));
      }
    } else if (node.is_table() && is_section(options, key)) {
      read_table(*node.as_table(), key + ".", file, options, errors);
    } else if (is_section(options, key)) {
      errors.push_back(fmt::format("{}:{}: `{}` must be a section: [{}]", file, line, key, key));
    } else {
      errors.push_back(fmt::format("{}:{}: unknown key `{}`", file, line, key));
    }
  }
}

toml::array split_list(std::string_view text) {
  toml::array list;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    list.push_back(std::string(item));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return list;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A variable has no types, so its text becomes the node that the key's type asks for; text that
// can't stays a text and is refused by `set` with the same sentence as in the file.
Refusal assign_text(const Option& option, const std::string& text) {
  const auto as_number = [&](const std::string& word) -> std::unique_ptr<toml::node> {
    if (const auto number = whole_number(word)) {
      return std::make_unique<toml::value<std::int64_t>>(*number);
    }
    return std::make_unique<toml::value<std::string>>(word);
  };
  if (std::holds_alternative<bool*>(option.target) && (text == "true" || text == "false")) {
    return assign(option, toml::value<bool>(text == "true"));
  }
  if (std::holds_alternative<std::int64_t*>(option.target) ||
      std::holds_alternative<seconds*>(option.target)) {
    return assign(option, *as_number(text));
  }
  if (std::holds_alternative<std::vector<AddressRange>*>(option.target)) {
    return assign(option, split_list(text));
  }
  if (std::holds_alternative<std::vector<seconds>*>(option.target)) {
    toml::array numbers;
    for (const toml::node& word : split_list(text)) {
      const auto number = whole_number(**word.as_string());
      if (!number) return assign(option, toml::value<std::string>(text));
      numbers.push_back(*number);
    }
    return assign(option, numbers);
  }
  return assign(option, toml::value<std::string>(text));
}

/// KASSA_HTTP__BODY_TIMEOUT_S → http.body_timeout_s
std::string key_of_variable(std::string_view variable) {
  std::string key;
  for (std::size_t i = kPrefix.size(); i < variable.size(); ++i) {
    const char c = variable[i];
    if (c == '_' && i + 1 < variable.size() && variable[i + 1] == '_') {
      key.push_back('.');
      ++i;
    } else {
      key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
  }
  return key;
}

bool set_by_kubernetes(std::string_view variable) {
  return variable == "KASSA_PORT" || variable.starts_with("KASSA_PORT_") ||
         variable.starts_with("KASSA_SERVICE_");
}

void read_environment(const Environment& environment, const std::vector<Option>& options,
                      ConfigErrors& errors) {
  for (const auto& [variable, text] : environment) {
    if (!variable.starts_with(kPrefix) || set_by_kubernetes(variable)) continue;
    const std::string key = key_of_variable(variable);
    const Option* option = find(options, key);
    if (option == nullptr) {
      errors.push_back(fmt::format("environment: {} names no key (`{}`)", variable, key));
    } else if (auto refusal = assign_text(*option, text)) {
      errors.push_back(fmt::format("environment: {} (`{}`) {}", variable, key, *refusal));
    }
  }
}

bool is_base_url(std::string_view url) {
  const auto scheme = url.starts_with("https://")  ? std::string_view("https://")
                      : url.starts_with("http://") ? std::string_view("http://")
                                                   : std::string_view();
  if (scheme.empty() || url.size() == scheme.size()) return false;
  return !url.ends_with('/') && url.find_first_of(" ?#\"'<>\\") == std::string_view::npos &&
         std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = whole_number(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address without brackets: which colon ends it?
  }
  if (host.empty()) return std::nullopt;
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::vector<std::string> Config::check() const {
  std::vector<std::string> problems;
  const auto require = [&](bool ok, std::string problem) {
    if (!ok) problems.push_back(std::move(problem));
  };
  const bool is_file = store.starts_with("sqlite:") && store.size() > 7;
  const bool is_server = store.starts_with("postgresql://") || store.starts_with("postgres://");
  require(is_file || is_server,
          "`store` must be \"sqlite:PATH\", such as \"sqlite:var/kassa.db\", or "
          "\"postgresql://…\"");
  require(!metrics_listen || metrics_listen->port == 0 || *metrics_listen != listen,
          "`metrics_listen` must be another address than `listen`");
  require(!key_ring.empty(), "`key_ring` must name a file");
  // sockaddr_un: a longer path would be cut off, and the socket made somewhere else.
  require(admin_socket.size() <= 107, "`admin_socket` must be at most 107 bytes long");
  require(is_base_url(public_api_base),
          "`public_api_base` must be an http or https URL without a slash at its end");
  require(is_base_url(public_page_base),
          "`public_page_base` must be an http or https URL without a slash at its end");
  require(tls.certificate.empty() == tls.key.empty(),
          "`tls.certificate` and `tls.key` go together: name both files, or neither");
  require(engine.batch_max <= engine.queue_max,
          fmt::format("`engine.batch_max` ({}) must not exceed `engine.queue_max` ({})",
                      engine.batch_max, engine.queue_max));
  require(engine.wait_max < http.answer_timeout,
          "`engine.wait_max_s` must be less than `http.answer_timeout_s`, or a command could be "
          "decided after its caller was told that it wasn't");
  require(!callbacks.schedule.empty(), "`callbacks.schedule_s` must name at least one gap");
  return problems;
}

Environment process_environment() {
  Environment out;
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view pair(*at);
    const auto equals = pair.find('=');
    if (!pair.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return out;
}

std::expected<Config, ConfigErrors> parse_config(std::string_view text, std::string_view name,
                                                 const Environment& environment) {
  Config config;
  ConfigErrors errors;
  const auto options = options_of(config);
  try {
    read_table(toml::parse(text), "", name, options, errors);
  } catch (const toml::parse_error& error) {
    errors.push_back(
        fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
  read_environment(environment, options, errors);
  if (errors.empty()) errors = config.check();
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return config;
}

std::expected<Config, ConfigErrors> load_config(const std::filesystem::path& path,
                                                const Environment& environment) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return std::unexpected(ConfigErrors{
        fmt::format("cannot read {}: {}", path.string(), std::generic_category().message(errno))});
  }
  return parse_config(text.str(), path.string(), environment);
}

std::vector<std::string> config_keys() {
  Config config;
  std::vector<std::string> keys;
  for (const Option& option : options_of(config)) keys.emplace_back(option.key);
  return keys;
}

}  // namespace kassa::ops
