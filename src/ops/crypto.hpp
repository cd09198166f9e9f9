// HMAC-SHA256, AES-256-GCM, one AES-256 block and constant-time comparison, over OpenSSL.
//
// Algorithms are fetched once and contexts are kept per thread: fetching by name on every call
// costs more than the cipher itself. All functions are thread-safe. A failure inside OpenSSL that
// no input can cause (out of memory) is a KASSA_CHECK.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kassa::ops {

using Bytes = std::span<const std::uint8_t>;
using Key256 = std::array<std::uint8_t, 32>;
using Digest256 = std::array<std::uint8_t, 32>;
using Block128 = std::array<std::uint8_t, 16>;

inline constexpr std::size_t kGcmNonceBytes = 12;
inline constexpr std::size_t kGcmTagBytes = 16;

[[nodiscard]] inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view chars_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// HMAC-SHA256 over the parts as if they were one text: the caller sees to it that different part
/// lists can't give the same text.
[[nodiscard]] Digest256 hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);

/// Writes ciphertext (as long as `plain`) and the tag to `out`, which must hold both.
void gcm_seal(const Key256& key, Bytes nonce, Bytes aad, Bytes plain, std::uint8_t* out);

/// The plaintext, or nothing when any bit of key, nonce, aad, ciphertext or tag is another.
[[nodiscard]] std::optional<std::string> gcm_open(const Key256& key, Bytes nonce, Bytes aad,
                                                  Bytes ciphertext, Bytes tag);

/// One block, no mode: a permutation of 128-bit values. Never for data of more than one block.
[[nodiscard]] Block128 aes_encrypt_block(const Key256& key, const Block128& block);
[[nodiscard]] Block128 aes_decrypt_block(const Key256& key, const Block128& block);

/// Takes the same time wherever the difference is; false at once when the sizes differ.
[[nodiscard]] bool equal_constant_time(Bytes a, Bytes b);

/// Overwrites memory that held a secret, in a way that no optimiser removes.
void wipe(std::span<std::uint8_t> secret);

}  // namespace kassa::ops
