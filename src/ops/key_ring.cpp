#include "ops/key_ring.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "domain/check.hpp"
#include "encoding/base64.hpp"
#include "ops/random.hpp"

// Everything that the keys do. How the file is read and written is in key_ring_file.cpp.
namespace kassa::ops {
namespace {

constexpr std::uint8_t kBlobVersion = 1;
constexpr std::size_t kKeyIdAt = 1;
constexpr std::size_t kNonceAt = 5;
constexpr std::size_t kHeadBytes = kNonceAt + kGcmNonceBytes;
constexpr std::size_t kTokenTagBytes = 4;
constexpr std::size_t kTokenBytes = 16 + kTokenTagBytes;
constexpr std::array<std::uint8_t, 1> kSeparator{};  // ends a name, which has no zero byte itself

Key256 subkey(const Key256& secret, std::string_view purpose) {
  return hmac_sha256(secret, {bytes_of("kassa/"), bytes_of(purpose), bytes_of("/1")});
}

void check_name(std::string_view name) {
  KASSA_CHECK(!name.empty() && name.find('\0') == std::string_view::npos,
              "a table or kind has a name without zero bytes");
}

Key256 row_key(const Key256& seal, std::string_view table, Bytes row_id) {
  return hmac_sha256(seal, {bytes_of(table), kSeparator, row_id});
}

std::string place_of(std::string_view table, Bytes row_id) {
  std::string place;
  place.reserve(table.size() + 1 + row_id.size());
  place.append(table).push_back('\0');
  place.append(reinterpret_cast<const char*>(row_id.data()), row_id.size());
  return place;
}

KeyedHash named_hash(std::uint32_t key_id, const Key256& key, std::string_view kind, Bytes text) {
  return {key_id, hmac_sha256(key, {bytes_of(kind), kSeparator, text})};
}

}  // namespace

std::string_view text_of(OpenError error) {
  switch (error) {
    case OpenError::malformed:
      return "the sealed data is cut short or of an unknown version";
    case OpenError::unknown_key:
      return "the key ring has no key of the id that it was sealed with";
    case OpenError::refused:
      break;
  }
  return "the sealed data was changed, or belongs to another row";
}

std::string_view name(KeyState state) {
  switch (state) {
    case KeyState::active:
      return "active";
    case KeyState::next:
      return "next";
    case KeyState::retired:
      return "retired";
    case KeyState::hashes:
      break;
  }
  return "hashes";
}

KeyRing::Key::Key(std::uint32_t key_id, std::int64_t created_at, KeyState key_state,
                  const Key256& key)
    : id(key_id),
      created(created_at),
      state(key_state),
      secret(key),
      seal(subkey(key, "seal")),
      search(subkey(key, "search")),
      content(subkey(key, "content")),
      page(subkey(key, "page")),
      page_mac(subkey(key, "page-mac")) {}

KeyRing KeyRing::with_next(domain::Instant now) const {
  Keys keys = *keys_.load();
  std::uint32_t id_max = 0;
  for (const Key& key : keys) {
    KASSA_CHECK(key.state != KeyState::next, "a ring has one next key");
    id_max = std::max(id_max, key.id);
  }
  KASSA_CHECK(id_max < std::numeric_limits<std::uint32_t>::max(), "key ids ran out");
  Key256 secret{};
  fill_random(secret);
  keys.emplace_back(id_max + 1, domain::unix_seconds(now), KeyState::next, secret);
  wipe(secret);
  return KeyRing(std::move(keys));
}

KeyRing KeyRing::with_next_active() const {
  Keys keys = *keys_.load();
  const auto next = std::ranges::find(keys, KeyState::next, &Key::state);
  KASSA_CHECK(next != keys.end(), "the ring has no next key");
  keys.front().state = KeyState::retired;
  next->state = KeyState::active;
  std::rotate(keys.begin(), next, next + 1);
  return KeyRing(std::move(keys));
}

KeyRing KeyRing::rotated(domain::Instant now) const {
  return with_next(now).with_next_active();
}

KeyRing KeyRing::without_retired() const {
  Keys keys = *keys_.load();
  for (Key& key : keys) {
    if (key.state != KeyState::retired) continue;
    Key kept;
    kept.id = key.id;
    kept.created = key.created;
    kept.state = KeyState::hashes;
    kept.content = key.content;
    kept.page = key.page;
    kept.page_mac = key.page_mac;
    key = kept;
  }
  return KeyRing(std::move(keys));
}

std::vector<std::uint32_t> KeyRing::key_ids() const {
  std::vector<std::uint32_t> ids;
  for (const KeyInfo& key : keys()) ids.push_back(key.id);
  return ids;
}

std::vector<KeyRing::KeyInfo> KeyRing::keys() const {
  const auto all = keys_.load();
  std::vector<KeyInfo> infos;
  infos.reserve(all->size());
  for (const Key& key : *all) infos.push_back({key.id, key.created, key.state});
  return infos;
}

const KeyRing::Key* KeyRing::find(const Keys& keys, std::uint32_t id) {
  const auto found = std::ranges::find(keys, id, &Key::id);
  return found == keys.end() ? nullptr : &*found;
}

std::string KeyRing::seal(std::string_view table, Bytes row_id, std::string_view plaintext) const {
  check_name(table);
  const auto keys = keys_.load();
  const Key& key = keys->front();
  std::string blob(kHeadBytes + plaintext.size() + kGcmTagBytes, '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(blob.data());
  out[0] = kBlobVersion;
  for (std::size_t i = 0; i < 4; ++i) {
    out[kKeyIdAt + i] = static_cast<std::uint8_t>(key.id >> (8 * (3 - i)));
  }
  fill_random({out + kNonceAt, kGcmNonceBytes});
  gcm_seal(row_key(key.seal, table, row_id), {out + kNonceAt, kGcmNonceBytes},
           bytes_of(place_of(table, row_id)), bytes_of(plaintext), out + kHeadBytes);
  return blob;
}

std::optional<std::uint32_t> KeyRing::key_id_of(std::string_view blob) {
  const Bytes bytes = bytes_of(blob);
  if (bytes.size() < kHeadBytes + kGcmTagBytes || bytes[0] != kBlobVersion) return std::nullopt;
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = (id << 8) | bytes[kKeyIdAt + i];
  return id;
}

std::expected<domain::Secret<std::string>, OpenError> KeyRing::open(std::string_view table,
                                                                    Bytes row_id,
                                                                    std::string_view blob) const {
  check_name(table);
  const auto id = key_id_of(blob);
  if (!id) return std::unexpected(OpenError::malformed);
  const auto keys = keys_.load();
  const Key* key = find(*keys, *id);
  if (key == nullptr || !key->opens()) return std::unexpected(OpenError::unknown_key);
  const Bytes bytes = bytes_of(blob);
  auto plain = gcm_open(row_key(key->seal, table, row_id), bytes.subspan(kNonceAt, kGcmNonceBytes),
                        bytes_of(place_of(table, row_id)),
                        bytes.subspan(kHeadBytes, bytes.size() - kHeadBytes - kGcmTagBytes),
                        bytes.last(kGcmTagBytes));
  if (!plain) return std::unexpected(OpenError::refused);
  return domain::Secret<std::string>(std::move(*plain));
}

KeyedHash KeyRing::search_hash(std::string_view kind, std::string_view text) const {
  check_name(kind);
  const auto keys = keys_.load();
  return named_hash(keys->front().id, keys->front().search, kind, bytes_of(text));
}

std::vector<KeyedHash> KeyRing::search_hashes(std::string_view kind, std::string_view text) const {
  check_name(kind);
  std::vector<KeyedHash> hashes;
  const auto keys = keys_.load();
  for (const Key& key : *keys) {
    if (!key.opens()) continue;
    hashes.push_back(named_hash(key.id, key.search, kind, bytes_of(text)));
  }
  return hashes;
}

KeyedHash KeyRing::content_hash(Bytes content) const {
  const auto keys = keys_.load();
  return {keys->front().id, hmac_sha256(keys->front().content, {content})};
}

std::optional<KeyedHash> KeyRing::content_hash_too(Bytes content) const {
  const auto keys = keys_.load();
  const Key* too = nullptr;
  for (const Key& key : *keys) {
    if (key.state == KeyState::next) too = &key;
    // The one that was active before: retired ones stand in the order of their going.
    if (key.state == KeyState::retired && too == nullptr) too = &key;
  }
  if (too == nullptr) return std::nullopt;
  return KeyedHash{too->id, hmac_sha256(too->content, {content})};
}

std::vector<KeyedHash> KeyRing::content_hashes(Bytes content) const {
  const auto keys = keys_.load();
  std::vector<KeyedHash> hashes;
  hashes.reserve(keys->size());
  for (const Key& key : *keys) hashes.push_back({key.id, hmac_sha256(key.content, {content})});
  return hashes;
}

std::optional<KeyedHash> KeyRing::content_hash_with(std::uint32_t key_id, Bytes content) const {
  const auto keys = keys_.load();
  const Key* key = find(*keys, key_id);
  if (key == nullptr) return std::nullopt;
  return KeyedHash{key_id, hmac_sha256(key->content, {content})};
}

std::string KeyRing::page_token(domain::RequestId request_id) const {
  const auto keys = keys_.load();
  const Key& key = keys->front();
  const Block128 block = aes_encrypt_block(key.page, request_id.value.bytes);
  const Digest256 tag = hmac_sha256(key.page_mac, {block});
  std::array<std::uint8_t, kTokenBytes> token{};
  std::copy(block.begin(), block.end(), token.begin());
  std::copy_n(tag.begin(), kTokenTagBytes, token.begin() + block.size());
  return encoding::to_hex(chars_of(token));
}

std::optional<domain::RequestId> KeyRing::open_page_token(std::string_view token) const {
  // A malformed one goes the way of a forged one, to its end: both take the same time.
  const std::string nobodys(2 * kTokenBytes, '0');
  const auto read = encoding::from_hex(token.size() == nobodys.size() ? token : nobodys);
  const std::string raw = read.value_or(std::string(kTokenBytes, '\0'));
  // In lower case only, as it was given out: one page has one address.
  const bool well_formed = encoding::to_hex(raw) == token;
  const Bytes bytes = bytes_of(raw);
  Block128 block{};
  std::copy_n(bytes.begin(), block.size(), block.begin());
  const auto keys = keys_.load();
  const Key* maker = nullptr;
  for (const Key& key : *keys) {
    const Digest256 tag = hmac_sha256(key.page_mac, {block});
    // In constant time: else a guesser could find the tag byte by byte by timing the answers.
    if (equal_constant_time(Bytes(tag).first(kTokenTagBytes), bytes.last(kTokenTagBytes))) {
      maker = &key;
    }
  }
  if (maker == nullptr || !well_formed) return std::nullopt;
  return domain::RequestId{domain::Uuid{aes_decrypt_block(maker->page, block)}};
}

}  // namespace kassa::ops
