#include "encoding/base64.hpp"

#include <array>

namespace kassa::encoding {
namespace {

constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandardAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::uint8_t kNoDigit = 0xFF;
using Digits = std::array<std::uint8_t, 256>;

constexpr Digits digits_of(std::string_view alphabet) {
  Digits digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}
constexpr Digits kUrlDigits = digits_of(kUrlAlphabet);
constexpr Digits kStandardDigits = digits_of(kStandardAlphabet);

constexpr std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// Drops the padding, or says that it is not what the length asks for.
std::optional<std::string_view> without_padding(std::string_view text) {
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view body = text.substr(0, text.size() - padding);
  if (padding != 0 && (text.size() % 4 != 0)) return std::nullopt;
  if (body.size() % 4 == 1) return std::nullopt;
  return body;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes, Base64 spelling) {
  const bool url = spelling == Base64::kUrl || spelling == Base64::kUrlPadded;
  const bool padded = spelling == Base64::kUrlPadded || spelling == Base64::kStandardPadded;
  const char* const alphabet = (url ? kUrlAlphabet : kStandardAlphabet).data();
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  const auto put = [&](std::uint32_t bits) { *to++ = alphabet[bits & 63U]; };

  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
    put(group >> 18U);
    put(group >> 12U);
    put(group >> 6U);
    put(group);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest != 0) {
    const std::uint32_t group =
        byte_at(bytes, i) << 16U | (rest == 2 ? byte_at(bytes, i + 1) << 8U : 0U);
    put(group >> 18U);
    put(group >> 12U);
    if (rest == 2) put(group >> 6U);
    if (padded)
      for (std::size_t k = rest; k < 3; ++k) *to++ = '=';
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::string to_base64(std::string_view bytes, Base64 spelling) {
  std::string out;
  append_base64(out, bytes, spelling);
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  const auto body = without_padding(text);
  if (!body) return std::nullopt;
  const bool standard = body->find_first_of("+/") != std::string_view::npos;
  const Digits& digits = standard ? kStandardDigits : kUrlDigits;

  std::string out;
  out.reserve(body->size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;  // bits of `bits` that are not yet in `out`
  for (const char c : *body) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6U | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFFU);
    }
  }
  if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::optional<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

}  // namespace kassa::encoding
