// What strings must look like (wire §4): patterns where a pattern says it, code where it can't.
#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "domain/check.hpp"
#include "protocol/schema.hpp"

namespace kassa::protocol {
namespace {

// Lengths are limits of their own, so no pattern counts up to 255: RE2 would unroll it.
constexpr std::array kFormats{
    FormatRow{Format::kText, "", "", "a text"},
    FormatRow{Format::kUuid, "", "uuid", "a UUID of 36 characters"},
    FormatRow{Format::kUrl, "", "uri", "an https URL with a host, without spaces"},
    FormatRow{Format::kIp, "", "", "an IPv4 or IPv6 address"},
    FormatRow{Format::kEmail,
              R"(^[^\s@"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}@)"
              R"([\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)"
              R"((\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)+$)",
              "email", "an e-mail address"},
    FormatRow{Format::kCurrency, "^[A-Z]{3}$", "", "three capital letters of ISO 4217"},
    FormatRow{Format::kCountry, "^[A-Z]{2}$", "", "two capital letters of ISO 3166-1"},
    FormatRow{Format::kLanguage, "^[a-z]{2}$", "", "two small letters of ISO 639-1"},
    FormatRow{Format::kPan, "^[0-9]{12,32}$", "", "a card number of 12 to 32 digits"},
    FormatRow{Format::kPhone, "", "", "a phone number as the currency's country writes it"},
    FormatRow{Format::kCardHolder, R"(^[a-zA-Zа-яА-ЯёЁҐґЇїІіЄє0-9\s\-.']+$)", "",
              "letters, digits, spaces, hyphens, dots and apostrophes"},
    FormatRow{Format::kExtraParam, "^[A-Za-z0-9_-]{1,16}$", "",
              "1 to 16 letters, digits, hyphens or underscores"},
    FormatRow{Format::kBankCode, "^[0-9]{12}$", "", "twelve digits"},
    FormatRow{Format::kCustomerType, "^(ftd|trust)$", "", "ftd or trust"},
    FormatRow{Format::kBankSymbol, "", "", "the symbol of a bank of the bank list"},
    FormatRow{Format::kPayerBankSymbol, "", "", "the symbol of a bank of the bank list"},
    FormatRow{Format::kMethod, "", "", "a method that is enabled for the project"},
    FormatRow{Format::kWidgetMethod, "", "", "a widget method that is enabled for the project"},
};
static_assert(std::ranges::is_sorted(kFormats, {}, &FormatRow::format) &&
                  kFormats.size() == static_cast<std::size_t>(Format::kWidgetMethod) + 1,
              "format_row() indexes the table by the format");

// Compiled once, then only read: RE2 is safe for that from any thread.
class CompiledFormats {
 public:
  CompiledFormats() {
    for (const FormatRow& row : kFormats) {
      auto& pattern = patterns_[static_cast<std::size_t>(row.format)];
      if (row.pattern.empty()) continue;
      pattern = std::make_unique<RE2>(re2::StringPiece(row.pattern.data(), row.pattern.size()));
      KASSA_CHECK(pattern->ok(), "a field's pattern is no regular expression");
    }
  }
  [[nodiscard]] bool matches(Format format, std::string_view text) const {
    const auto& pattern = patterns_[static_cast<std::size_t>(format)];
    return pattern == nullptr ||
           RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *pattern);
  }

 private:
  std::array<std::unique_ptr<RE2>, kFormats.size()> patterns_;
};

bool is_ip(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

bool is_port(std::string_view text) {
  constexpr int kPortMax = 65'535;
  int port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || port > kPortMax) return false;
    port = port * 10 + (c - '0');
  }
  return port >= 1 && port <= kPortMax;
}

// A name (any script: an IDN is resolved later) or an address; what a URL can't have in a host, and
// what a resolver must never see, is refused.
bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  return std::ranges::all_of(host, [](unsigned char c) {
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool is_authority(std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    in6_addr address;
    const std::string host(authority.substr(1, close - 1));
    if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return false;
    rest = authority.substr(close + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    if (!is_host(authority.substr(0, colon))) return false;
    rest = authority.substr(colon);
  }
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::ranges::equal(text.substr(0, lower_case.size()), lower_case, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
}

bool is_url(std::string_view text, bool http_allowed) {
  // Control characters could end a header line; a backslash is a slash to browsers only.
  if (std::ranges::any_of(
          text, [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '\\' || c == '"'; }))
    return false;
  if (starts_with_ignoring_case(text, "https://"))
    text.remove_prefix(8);
  else if (http_allowed && starts_with_ignoring_case(text, "http://"))
    text.remove_prefix(7);
  else
    return false;
  return is_authority(text.substr(0, text.find_first_of("/?#")));
}

}  // namespace

const FormatRow& format_row(Format format) {
  return kFormats[static_cast<std::size_t>(format)];
}

bool has_format(Format format, std::string_view text, bool http_allowed) {
  static const CompiledFormats formats;
  switch (format) {
    case Format::kUuid:
      return domain::Uuid::parse(text).has_value();
    case Format::kIp:
      return is_ip(std::string(text));
    case Format::kUrl:
      return is_url(text, http_allowed);
    default:
      return formats.matches(format, text);
  }
}

}  // namespace kassa::protocol
