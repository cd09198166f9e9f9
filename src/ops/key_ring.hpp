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
// row or table doesn't open: its place is both in the key and in the associated data. A retired key
// still opens and compares, but nothing new is made with it; it is removed only when no row names
// it.
//
// File format: TOML, mode 0600.
//   version = 1
//   [[keys]]
//   id = 1                  # 1 … 4294967295, unique, stored with everything made by this key
//   created = 1767225600    # Unix seconds
//   secret = "…"            # 32 bytes, Base64Url without padding
//   state = "active"        # exactly one is active, the others "retired"
//
// A KeyRing never changes after it is made, so any number of threads may use one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
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

class KeyRing {
 public:
  /// Every error below is a sentence that names the file and what to do, and never a secret.
  using Error = std::string;

  /// Makes a ring with one active key and writes it to `path`, mode 0600, synced to disk. A file
  /// that exists is never overwritten: losing a ring loses every sealed row.
  [[nodiscard]] static std::expected<KeyRing, Error> create(const std::filesystem::path& path,
                                                            domain::Instant now);

  /// Refuses a file that its group or others can read. A systemd credential (a file in
  /// $CREDENTIALS_DIRECTORY) is exempt: its directory guards it, and its mode shows an ACL.
  [[nodiscard]] static std::expected<KeyRing, Error> load(const std::filesystem::path& path);

  /// The ring with a fresh active key and all the present ones retired.
  [[nodiscard]] KeyRing rotated(domain::Instant now) const;

  /// Replaces `path` in one step: a crash leaves the old ring or the new one, never half.
  [[nodiscard]] std::expected<void, Error> save(const std::filesystem::path& path) const;

  [[nodiscard]] std::uint32_t active_key_id() const { return keys_.front().id; }
  [[nodiscard]] std::vector<std::uint32_t> key_ids() const;  // the active one first

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
    domain::Secret<Key256> secret;
    Key256 seal{}, search{}, content{}, page{}, page_mac{};

    Key(std::uint32_t id, std::int64_t created, const Key256& secret);
  };

  explicit KeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {}

  [[nodiscard]] static std::expected<KeyRing, Error> parse(std::string_view text,
                                                           const std::filesystem::path& path);
  [[nodiscard]] static std::expected<std::vector<Key>, Error> parse_keys(std::string_view text);
  [[nodiscard]] std::string file_text() const;
  [[nodiscard]] const Key* find(std::uint32_t id) const;

  std::vector<Key> keys_;  // the active one first, never empty
};

}  // namespace kassa::ops
