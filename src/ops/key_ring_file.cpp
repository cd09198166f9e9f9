// The key ring's file: how it is read, checked and replaced. What the keys do is in key_ring.cpp.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <system_error>

#include "encoding/base64.hpp"
#include "ops/key_ring.hpp"
#include "ops/random.hpp"

namespace kassa::ops {
namespace {

using Error = KeyRing::Error;
namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::string_view kFileHead =
    "# Kassa's key ring: without it no sealed row can be read. Keep a copy apart from the store "
    "and\n"
    "# its backups, and never in them. Mode 0600.\n";

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> failed(std::string_view doing, const fs::path& path, int code) {
  return std::unexpected(fmt::format("cannot {} key ring {}: {}", doing, path.string(),
                                     std::generic_category().message(code)));
}

bool is_systemd_credential(const fs::path& path) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  return directory != nullptr && *directory != '\0' &&
         path.parent_path().lexically_normal() == fs::path(directory).lexically_normal();
}

std::expected<void, Error> check_mode(int fd, const fs::path& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return failed("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return std::unexpected(fmt::format("key ring {} is not a regular file", path.string()));
  }
  if ((status.st_mode & 077) != 0 && !is_systemd_credential(path)) {
    return std::unexpected(
        fmt::format("key ring {} can be read by others than its owner (mode {:04o}): "
                    "make it private with `chmod 600 {}`, and rotate its keys if it was exposed",
                    path.string(), status.st_mode & 07777, path.string()));
  }
  return {};
}

std::expected<std::string, Error> read_all(int fd, const fs::path& path) {
  std::string text;
  std::array<char, 4096> piece{};
  while (text.size() <= kFileBytesMax) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path, errno);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return std::unexpected(
      fmt::format("key ring {} is longer than {} bytes", path.string(), kFileBytesMax));
}

int sync_directory(const fs::path& file) {
  const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const File directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.fd()) != 0) return errno;
  return 0;
}

/// Writes a file that must not exist yet. 0 or errno.
int write_new(const fs::path& path, std::string_view text) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return errno;
  while (!text.empty()) {
    const ssize_t written = ::write(file.fd(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.fd()) == 0 ? 0 : errno;
}

/// Base64Url of 32 bytes; nothing for anything else.
std::optional<Key256> key_of(const toml::table& table, std::string_view name) {
  const auto text = table[name].value_exact<std::string>();
  const auto raw = text ? encoding::from_base64(*text) : std::nullopt;
  Key256 key{};
  if (!raw || raw->size() != key.size()) return std::nullopt;
  std::memcpy(key.data(), raw->data(), raw->size());
  return key;
}

std::optional<KeyState> state_of(const toml::table& table) {
  const auto word = table["state"].value_exact<std::string>();
  for (const auto state : {KeyState::active, KeyState::next, KeyState::retired, KeyState::hashes}) {
    if (word == name(state)) return state;
  }
  return std::nullopt;
}

struct Entry {
  std::uint32_t id = 0;
  std::int64_t created = 0;
  KeyState state = KeyState::active;
  Key256 secret{};                       // but of `hashes`
  Key256 content{}, page{}, page_mac{};  // of `hashes`
};

std::expected<Entry, Error> parse_entry(const toml::table& table) {
  static const std::set<std::string_view> kKnown{"id",      "created", "secret",  "state",
                                                 "content", "page",    "page_mac"};
  const auto wrong = [&](std::string_view what) {
    return std::unexpected(fmt::format("line {}: {}", table.source().begin.line, what));
  };
  for (const auto& [name, node] : table) {
    if (!kKnown.contains(name.str())) return wrong(fmt::format("unknown key `{}`", name.str()));
  }
  const auto id = table["id"].value_exact<std::int64_t>();
  const auto created = table["created"].value_exact<std::int64_t>();
  const auto state = state_of(table);
  if (!id || *id < 1 || *id > std::numeric_limits<std::uint32_t>::max()) {
    return wrong("`id` must be a number from 1 to 4294967295");
  }
  if (!created || *created < 0) return wrong("`created` must be Unix seconds");
  if (!state) {
    return wrong("`state` must be \"active\", \"next\", \"retired\" or \"hashes\"");
  }
  Entry entry{static_cast<std::uint32_t>(*id), *created, *state, {}, {}, {}, {}};
  if (*state == KeyState::hashes) {
    const auto content = key_of(table, "content");
    const auto page = key_of(table, "page");
    const auto page_mac = key_of(table, "page_mac");
    if (!content || !page || !page_mac) {
      return wrong(
          "`content`, `page` and `page_mac` must each be 32 bytes as "
          "Base64Url");
    }
    entry.content = *content;
    entry.page = *page;
    entry.page_mac = *page_mac;
    return entry;
  }
  const auto secret = key_of(table, "secret");
  if (!secret) {
    return wrong(
        "`secret` must be 32 bytes as Base64Url without padding (43 "
        "characters)");
  }
  entry.secret = *secret;
  return entry;
}

std::expected<toml::table, Error> parse_toml(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    // Not the parser's own sentence: it may quote the line, and the line may be a secret.
    return std::unexpected(fmt::format("line {}: this is not TOML", error.source().begin.line));
  }
}

}  // namespace

std::expected<KeyRing::Keys, Error> KeyRing::parse_keys(std::string_view text) {
  const auto document = parse_toml(text);
  if (!document) return std::unexpected(document.error());
  for (const auto& [name, node] : *document) {
    if (name.str() != "version" && name.str() != "keys") {
      return std::unexpected(
          fmt::format("line {}: unknown key `{}`", node.source().begin.line, name.str()));
    }
  }
  if ((*document)["version"].value_exact<std::int64_t>() != 1) {
    return std::unexpected(Error("`version` must be 1"));
  }
  const toml::array* entries = (*document)["keys"].as_array();
  if (entries == nullptr) return std::unexpected(Error("it has no [[keys]]"));

  Keys keys;
  std::set<std::uint32_t> ids;
  int active = 0;
  int next = 0;
  for (const toml::node& node : *entries) {
    if (!node.is_table()) return std::unexpected(Error("`keys` must be tables: [[keys]]"));
    auto entry = parse_entry(*node.as_table());
    if (!entry) return std::unexpected(entry.error());
    if (!ids.insert(entry->id).second) {
      return std::unexpected(fmt::format("two keys have the id {}", entry->id));
    }
    const bool is_active = entry->state == KeyState::active;
    active += is_active ? 1 : 0;
    next += entry->state == KeyState::next ? 1 : 0;
    Key key(entry->id, entry->created, entry->state, entry->secret);
    if (!key.opens()) {
      key.secret = domain::Secret<Key256>();
      key.seal = key.search = {};
      key.content = entry->content;
      key.page = entry->page;
      key.page_mac = entry->page_mac;
    }
    keys.insert(is_active ? keys.begin() : keys.end(), std::move(key));
    wipe(entry->secret);
  }
  if (active != 1) {
    return std::unexpected(fmt::format("exactly one key must be active, but {} are", active));
  }
  if (next > 1)
    return std::unexpected(fmt::format("at most one key may be next, but {} are", next));
  return keys;
}

std::expected<KeyRing, Error> KeyRing::parse(std::string_view text, const fs::path& path) {
  auto keys = parse_keys(text);
  if (!keys) {
    return std::unexpected(fmt::format("key ring {}: {}", path.string(), keys.error()));
  }
  return KeyRing(std::move(*keys));
}

std::expected<KeyRing, Error> KeyRing::load(const fs::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return failed("open", path, errno);
  // The open file is checked, not the path: the path could be exchanged between the two.
  if (auto mode = check_mode(file.fd(), path); !mode) return std::unexpected(mode.error());
  auto text = read_all(file.fd(), path);
  if (!text) return std::unexpected(text.error());
  auto ring = parse(*text, path);
  wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  return ring;
}

std::expected<KeyRing, Error> KeyRing::create(const fs::path& path, domain::Instant now) {
  Key256 secret{};
  fill_random(secret);
  Keys keys;
  keys.emplace_back(1, domain::unix_seconds(now), KeyState::active, secret);
  wipe(secret);
  KeyRing ring(std::move(keys));
  std::string text = ring.file_text();
  const int written = write_new(path, text);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (written != 0) return failed("create", path, written);
  if (const int synced = sync_directory(path); synced != 0) return failed("sync", path, synced);
  return ring;
}

std::expected<void, Error> KeyRing::save(const fs::path& path) const {
  const fs::path fresh = path.string() + ".new";
  ::unlink(fresh.c_str());  // left by a run that died half-way; it was never the ring
  std::string text = file_text();
  const int written = write_new(fresh, text);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (written != 0) return failed("write", fresh, written);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("replace", path, errno);
  if (const int synced = sync_directory(path); synced != 0) return failed("sync", path, synced);
  return {};
}

std::string KeyRing::file_text() const {
  std::string text(kFileHead);
  text += "version = 1\n";
  const auto base64 = [](const Key256& key) { return encoding::to_base64(chars_of(key)); };
  const auto keys = keys_.load();
  for (const Key& key : *keys) {
    text += fmt::format("\n[[keys]]\nid = {}\ncreated = {}\n", key.id, key.created);
    if (key.opens()) {
      text += fmt::format("secret = \"{}\"\n", base64(key.secret.reveal()));
    } else {
      text += fmt::format("content = \"{}\"\npage = \"{}\"\npage_mac = \"{}\"\n",
                          base64(key.content), base64(key.page), base64(key.page_mac));
    }
    text += fmt::format("state = \"{}\"\n", name(key.state));
  }
  return text;
}

}  // namespace kassa::ops
