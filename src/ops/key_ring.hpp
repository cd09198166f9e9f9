// The key ring: the secrets of one installation, kept in a file beside the store and never in it.
//
//   ring key (32 random bytes, one active, any number retired)
//      │  HMAC-SHA256(ring key, "kassa/<purpose>/1")
//      ├─ seal ────── HMAC-SHA256(seal, table ‖ 0 ‖ row id) ─▶ AES-256-GCM of one row's blob
//      ├─ search ──── keyed hash of what somebody searches (card, phone)
//      ├─ content ─── keyed hash of a create's content (wire §10.2)
//      ├─ page ────── AES-256 of one request id, the unguessable part of form_url
//      └─ page-mac ── its 4-byte tag
//
// Hazards. Random 96-bit nonces under one key run out after 2^32 rows, which is days of load: so
// each row has a key of its own, and a row is resealed a handful of times. A blob copied to another
// row or table doesn't open: its place is both in the key and in the associated data.
//
// A key's life: next ─▶ active ─▶ retired ─▶ hashes. The next one opens and compares already, but
// nothing is made with it yet: whoever shares the store must know it first, and a call that is
// hashed with either of the two is still the same call. A retired one opens and compares, and
// nothing new is made with it. When no row is sealed with it any more, its secret is thrown away,
// and only what can't be made anew stays: the content key (hashes are kept for ever, wire §10.2)
// and the page keys (links that were given out).
//
// File format: TOML, mode 0600.
//   version = 1
//   [[keys]]
//   id = 1                  # 1 … 4294967295, unique, stored with everything made by this key
//   created = 1767225600    # Unix seconds
//   secret = "…"            # 32 bytes, Base64Url without padding; where the state is "hashes":
//                           # content, page and page_mac instead
//   state = "active"        # exactly one is active, at most one "next"; "retired", "hashes"
//
// Any number of threads may use one: `adopt` puts other keys in the place of all of them, and a
// call that is under way goes on with those that it began with.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/secret.hpp"
#include "domain/time.hpp"
#include "domain/uuid.hpp"
#include "ops/crypto.hpp"

namespace kassa::ops {

/// A hash and the ring key that made it: without the id it couldn't be compared after a rotation.
struct KeyedHash {
  std::uint32_t key_id = 0;
  Digest256 digest{};

  bool operator==(const KeyedHash&) const = default;
};

enum class OpenError {
  malformed,    // too short, or of a version that this program doesn't know
  unknown_key,  // the ring has no key of that id
  refused,      // changed, or sealed for another row or table
};
[[nodiscard]] std::string_view text_of(OpenError error);

enum class KeyState : std::uint8_t { active, next, retired, hashes };
[[nodiscard]] std::string_view name(KeyState state);

class KeyRing {
 public:
  /// A key, as it may be told.
  struct KeyInfo {
    std::uint32_t id = 0;
    std::int64_t created_s = 0;
    KeyState state = KeyState::active;
  };

  KeyRing(const KeyRing& other) : keys_(other.keys_.load()) {}
  KeyRing& operator=(const KeyRing& other) {
    if (this != &other) keys_.store(other.keys_.load());
    return *this;
  }
  ~KeyRing() = default;

  /// Every error below is a sentence that names the file and what to do, and never a secret.
  using Error = std::string;

  /// Makes a ring with one active key and writes it to `path`, mode 0600, synced to disk. A file
  /// that exists is never overwritten: losing a ring loses every sealed row.
  [[nodiscard]] static std::expected<KeyRing, Error> create(const std::filesystem::path& path,
                                                            domain::Instant now);

  /// Refuses a file that its group or others can read. A systemd credential (a file in
  /// $CREDENTIALS_DIRECTORY) is exempt: its directory guards it, and its mode shows an ACL.
  [[nodiscard]] static std::expected<KeyRing, Error> load(const std::filesystem::path& path);

  /// The ring with a fresh next key; there must be none yet.
  [[nodiscard]] KeyRing with_next(domain::Instant now) const;
  /// The ring whose next key is the active one, and the present one retired.
  [[nodiscard]] KeyRing with_next_active() const;
  /// Both steps at once: for who shares the ring with nobody.
  [[nodiscard]] KeyRing rotated(domain::Instant now) const;
  /// The ring whose retired keys have lost their secrets. What is sealed with one is lost with it.
  [[nodiscard]] KeyRing without_retired() const;

  /// From now on these keys, also for calls by other threads.
  void adopt(const KeyRing& other) { keys_.store(other.keys_.load()); }

  /// Replaces `path` in one step: a crash leaves the old ring or the new one, never half.
  [[nodiscard]] std::expected<void, Error> save(const std::filesystem::path& path) const;

  [[nodiscard]] std::uint32_t active_key_id() const { return keys_.load()->front().id; }
  [[nodiscard]] std::vector<std::uint32_t> key_ids() const;  // the active one first
  [[nodiscard]] std::vector<KeyInfo> keys() const;           // likewise

  /// Blob: version (1 byte, 1), key id (4, big-endian), nonce (12), ciphertext, tag (16).
  /// `row_id` is the row's key in its raw form: 16 bytes of a UUID, or a text. About 2 µs.
  [[nodiscard]] std::string seal(std::string_view table, Bytes row_id,
                                 std::string_view plaintext) const;
  [[nodiscard]] std::expected<domain::Secret<std::string>, OpenError> open(
      std::string_view table, Bytes row_id, std::string_view blob) const;

  /// The key id in a blob's head, for `kassa keys rotate`; nothing when it is malformed.
  [[nodiscard]] static std::optional<std::uint32_t> key_id_of(std::string_view blob);

  /// `kind` separates the hashes of a phone from those of a card with the same digits.
  [[nodiscard]] KeyedHash search_hash(std::string_view kind, std::string_view text) const;
  /// One hash for each key of the ring, the active one's first: a search asks for any of them.
  [[nodiscard]] std::vector<KeyedHash> search_hashes(std::string_view kind,
                                                     std::string_view text) const;

  [[nodiscard]] KeyedHash content_hash(Bytes content) const;
  /// Under the key that is active a step of a rotation earlier or later; nothing when no rotation
  /// is under way. Without it the same call, hashed before and after the step, would be two.
  [[nodiscard]] std::optional<KeyedHash> content_hash_too(Bytes content) const;
  /// One hash for each key of the ring, the active one's first: what the same content may be known
  /// by, whenever it came.
  [[nodiscard]] std::vector<KeyedHash> content_hashes(Bytes content) const;
  /// With the key that an earlier hash names; nothing when the ring no longer has it.
  [[nodiscard]] std::optional<KeyedHash> content_hash_with(std::uint32_t key_id,
                                                           Bytes content) const;

  /// 40 lower-case hex digits: the encrypted request id and 4 bytes of HMAC over that.
  ///
  /// The secret is the cipher, not the tag: whoever doesn't have the key can't tell which 128 bits
  /// decrypt to an existing id, among 2^74 random ones a millisecond. The tag only keeps guesses
  /// and typing errors away from the store (one in 2^32 gets past, and then finds nothing). After a
  /// rotation a payment's token is another one; those already given out go on opening.
  [[nodiscard]] std::string page_token(domain::RequestId request_id) const;
  [[nodiscard]] std::optional<domain::RequestId> open_page_token(std::string_view token) const;

 private:
  struct Key {
    std::uint32_t id = 0;
    std::int64_t created = 0;  // Unix seconds
    KeyState state = KeyState::active;
    domain::Secret<Key256> secret;  // none in the state `hashes`, nor seal and search
    Key256 seal{}, search{}, content{}, page{}, page_mac{};

    Key() = default;
    Key(std::uint32_t id, std::int64_t created, KeyState state, const Key256& secret);
    [[nodiscard]] bool opens() const { return state != KeyState::hashes; }
  };
  using Keys = std::vector<Key>;  // the active one first, never empty

  explicit KeyRing(Keys keys) : keys_(std::make_shared<const Keys>(std::move(keys))) {}

  [[nodiscard]] static std::expected<KeyRing, Error> parse(std::string_view text,
                                                           const std::filesystem::path& path);
  [[nodiscard]] static std::expected<Keys, Error> parse_keys(std::string_view text);
  [[nodiscard]] std::string file_text() const;
  [[nodiscard]] static const Key* find(const Keys& keys, std::uint32_t id);

  std::atomic<std::shared_ptr<const Keys>> keys_;
};

}  // namespace kassa::ops
