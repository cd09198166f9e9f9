#include "api/page/picture.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "encoding/base64.hpp"
#include "encoding/utf8.hpp"
#include "ops/crypto.hpp"

namespace kassa::api {
namespace {

using domain::Picture;

constexpr std::size_t kBytesMax = std::size_t{16} * 1024;
constexpr std::uint32_t kPngPixelsMax = 1024;  // a side: small files unpack to large pictures
constexpr double kSvgUnitsMax = 100'000;
constexpr std::size_t kDigestBytes = 8;
constexpr std::string_view kNoPicture = "must be an SVG or PNG file";

struct Size {
  std::int32_t width = 0;
  std::int32_t height = 0;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// ---- PNG
// -----------------------------------------------------------------------------------------

constexpr std::string_view kPngBegin = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kPngHeadSize = 24;  // the signature, and IHDR as far as width and height

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<unsigned char>(c);
  return value;
}

std::expected<Size, std::string> measure_png(std::string_view file) {
  if (file.size() < kPngHeadSize || file.substr(12, 4) != "IHDR") {
    return std::unexpected(std::string(kNoPicture));
  }
  const std::uint32_t width = big_endian(file.substr(16, 4));
  const std::uint32_t height = big_endian(file.substr(20, 4));
  if (width == 0 || height == 0 || width > kPngPixelsMax || height > kPngPixelsMax) {
    return std::unexpected("must be 1 to " + std::to_string(kPngPixelsMax) + " pixels a side");
  }
  return Size{static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)};
}

// ---- SVG
// -----------------------------------------------------------------------------------------

/// What could do something, or ask for something elsewhere. The page shows the picture as one,
/// where browsers allow none of it; but its address can be opened by itself, and somebody may copy
/// it.
constexpr std::array<std::string_view, 13> kForbidden = {
    "<script",  "<foreignobject",   "<iframe", "<embed",      "<object", "<image",   "<!doctype",
    "<!entity", "<?xml-stylesheet", "@import", "javascript:", "data:",   "<animate",
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// An attribute that begins with "on": onload=, onclick =.
bool has_handler(std::string_view text) {
  for (auto at = text.find("on"); at != std::string_view::npos; at = text.find("on", at + 2)) {
    const bool begins = at > 0 && (is_space(text[at - 1]) || text[at - 1] == '"' ||
                                   text[at - 1] == '\'' || text[at - 1] == '/');
    if (!begins) continue;
    auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at);
    while (end != std::string_view::npos && is_space(text[end])) ++end;
    if (end != std::string_view::npos && end < text.size() && text[end] == '=') return true;
  }
  return false;
}

/// Every href and url( of it must lead to a part of the picture itself: "#…".
bool refers_elsewhere(std::string_view text) {
  const auto leads_out = [text](std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const auto target = text.find_first_not_of(" \t\r\n=\"'(", at + word.size());
      if (target == std::string_view::npos || text[target] != '#') return true;
    }
    return false;
  };
  return leads_out("href") || leads_out("url(");
}

/// The value of an attribute of the first <svg …>.
std::optional<std::string_view> attribute_of(std::string_view tag, std::string_view name) {
  for (auto at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    auto rest = tag.substr(at + name.size());
    const bool begins = at > 0 && is_space(tag[at - 1]);
    if (!begins || rest.size() < 3 || rest[0] != '=' || (rest[1] != '"' && rest[1] != '\''))
      continue;
    const char quote = rest[1];
    rest.remove_prefix(2);
    const auto end = rest.find(quote);
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
  }
  return std::nullopt;
}

/// The numbers of "0 0 320 80".
std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> numbers;
  while (true) {
    while (!text.empty() && (is_space(text.front()) || text.front() == ',')) text.remove_prefix(1);
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{}) return numbers;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

std::expected<Size, std::string> measure_svg(std::string_view file) {
  const std::string text = lower(file);
  const auto begin = text.find("<svg");
  const auto end = text.find('>', begin);
  if (begin == std::string::npos || end == std::string::npos || !encoding::is_valid_utf8(file)) {
    return std::unexpected(std::string(kNoPicture));
  }
  for (const std::string_view word : kForbidden) {
    if (text.find(word) != std::string::npos) {
      return std::unexpected("must be a drawing and nothing else: it has " + std::string(word));
    }
  }
  if (has_handler(text)) return std::unexpected("must have no handlers of events (onload=…)");
  if (refers_elsewhere(text)) return std::unexpected("must not refer to anything outside itself");
  const auto box = attribute_of(std::string_view(text).substr(begin, end - begin), "viewbox");
  const auto numbers = numbers_of(box.value_or(""));
  if (numbers.size() != 4 || !(numbers[2] >= 1) || !(numbers[3] >= 1) ||
      numbers[2] > kSvgUnitsMax || numbers[3] > kSvgUnitsMax) {
    return std::unexpected(R"(must have a viewBox as "0 0 320 80", so that it can be scaled)");
  }
  return Size{static_cast<std::int32_t>(std::lround(numbers[2])),
              static_cast<std::int32_t>(std::lround(numbers[3]))};
}

std::string digest_of(std::string_view file) {
  // The key is no secret: what it names is for everybody.
  const auto digest = ops::hmac_sha256(ops::bytes_of("picture"), {ops::bytes_of(file)});
  return encoding::to_hex(ops::Bytes(digest).first(kDigestBytes));
}

}  // namespace

std::expected<Picture, std::string> measure_picture(std::string_view file) {
  if (file.size() > kBytesMax) {
    return std::unexpected("must not be larger than 16 KiB; it has " + std::to_string(file.size()) +
                           " bytes");
  }
  const bool png = file.starts_with(kPngBegin);
  const auto size = png ? measure_png(file) : measure_svg(file);
  if (!size) return std::unexpected(size.error());
  return Picture{png ? "png" : "svg", size->width, size->height, digest_of(file),
                 encoding::to_base64(file)};
}

std::string setting_of(const Picture& picture) {
  return picture.type + " " + std::to_string(picture.width) + " " + std::to_string(picture.height) +
         " " + picture.digest + " " + picture.content;
}

std::string words_for(const Picture& picture) {
  const std::size_t bytes = picture.content.size() * 3 / 4;
  return picture.type + ", " + std::to_string(picture.width) + " × " +
         std::to_string(picture.height) + ", " + std::to_string(bytes) + " bytes";
}

std::string file_name(const Picture& picture) {
  return picture.is_there() ? picture.digest + "." + picture.type : std::string();
}

}  // namespace kassa::api
