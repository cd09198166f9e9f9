#include "api/page/receipt_file.hpp"

#include <cstdint>

namespace kassa::api {
namespace {

using domain::ReceiptKind;
using namespace std::string_view_literals;

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "%PDF-1.7" at the first byte that says anything (banks put empty lines or a mark of UTF-8 before
/// it; anything else could be a program), "%%EOF" near the last.
bool is_pdf(std::string_view bytes) {
  constexpr std::size_t kHeadBytes = 1024;
  constexpr std::size_t kTailBytes = 1024;
  if (bytes.starts_with("\xef\xbb\xbf"sv)) bytes.remove_prefix(3);
  const auto head = bytes.substr(0, kHeadBytes).find_first_not_of(" \t\r\n"sv);
  if (head == std::string_view::npos) return false;
  bytes.remove_prefix(head);
  if (bytes.size() < 16 || !bytes.starts_with("%PDF-"sv)) return false;
  if (!is_digit(bytes[5]) || bytes[6] != '.' || !is_digit(bytes[7])) return false;
  const auto tail = bytes.size() > kTailBytes ? bytes.size() - kTailBytes : 8;
  return bytes.substr(tail).contains("%%EOF"sv);
}

/// A chunk after another from IHDR to IEND.
bool is_png(std::string_view bytes) {
  constexpr std::size_t kFrameBytes = 12;  // length, name, checksum
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return false;
  bytes.remove_prefix(8);
  bool first = true;
  while (bytes.size() >= kFrameBytes) {
    const std::size_t length = big_endian(bytes.substr(0, 4));
    const std::string_view name = bytes.substr(4, 4);
    if (length > bytes.size() - kFrameBytes) return false;
    if (first && (name != "IHDR"sv || length != 13)) return false;
    first = false;
    if (name == "IEND"sv) return length == 0;
    bytes.remove_prefix(kFrameBytes + length);
  }
  return false;
}

/// A segment after another, a frame's head among them, up to the scan; then the end of the image.
bool is_jpeg(std::string_view bytes) {
  if (!bytes.starts_with("\xff\xd8\xff"sv)) return false;
  bytes.remove_prefix(2);
  bool has_frame = false;
  while (bytes.size() >= 4 && bytes[0] == '\xff') {
    const auto marker = static_cast<std::uint8_t>(bytes[1]);
    if (marker == 0xff) {  // padding
      bytes.remove_prefix(1);
      continue;
    }
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9)) return false;  // has no length
    const std::size_t length = big_endian(bytes.substr(2, 2));
    if (length < 2 || length > bytes.size() - 2) return false;
    const bool is_table = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
    has_frame = has_frame || (marker <= 0xcf && !is_table);
    bytes.remove_prefix(2 + length);
    if (marker == 0xda) return has_frame && bytes.contains("\xff\xd9"sv);
  }
  return false;
}

}  // namespace

std::optional<ReceiptKind> receipt_kind_of(std::string_view bytes) {
  if (is_pdf(bytes)) return ReceiptKind::pdf;
  if (is_png(bytes)) return ReceiptKind::png;
  if (is_jpeg(bytes)) return ReceiptKind::jpeg;
  return std::nullopt;
}

}  // namespace kassa::api
