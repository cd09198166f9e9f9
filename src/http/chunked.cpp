#include "http/chunked.hpp"

#include <algorithm>

#include "http/head.hpp"

namespace kassa::http {
namespace {

constexpr std::size_t kLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 4 * 1024;
constexpr std::size_t kSizeDigitsMax = 8;

int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedDecoder::Found ChunkedDecoder::decode(std::string_view& bytes, std::string& body) {
  while (!bytes.empty()) {
    auto found = Found::need_more;
    if (part_ == Part::data) {
      found = take_data(bytes, body);
    } else if (take_line(bytes)) {
      found = end_line(body);
      line_.clear();
    } else if (line_.size() > kLineBytesMax) {
      found = Found::malformed;
    }
    if (found != Found::need_more) return found;
  }
  return Found::need_more;
}

bool ChunkedDecoder::take_line(std::string_view& bytes) {
  const auto room = bytes.substr(0, kLineBytesMax + 1 - std::min(line_.size(), kLineBytesMax));
  const auto end = room.find('\n');
  const bool complete = end != std::string_view::npos;
  const auto taken = complete ? end + 1 : room.size();
  line_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  return complete;
}

/// Ends in CRLF and has no other control byte: a bare CR or LF ends the line for some and not for
/// others.
bool ChunkedDecoder::line_is_sound() const {
  return line_.ends_with("\r\n") &&
         is_field_value(std::string_view(line_).substr(0, line_.size() - 2));
}

ChunkedDecoder::Found ChunkedDecoder::take_data(std::string_view& bytes, std::string& body) {
  const auto taken = std::min(chunk_bytes_left_, bytes.size());
  body.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  chunk_bytes_left_ -= taken;
  if (chunk_bytes_left_ == 0) part_ = Part::data_end;
  return Found::need_more;
}

ChunkedDecoder::Found ChunkedDecoder::end_line(const std::string& body) {
  if (!line_is_sound()) return Found::malformed;
  switch (part_) {
    case Part::size:
      return begin_chunk(body);
    case Part::data_end:
      part_ = Part::size;
      return line_.size() == 2 ? Found::need_more : Found::malformed;
    case Part::trailer:
      trailer_bytes_ += line_.size();
      if (line_.size() == 2) return Found::end;
      return trailer_bytes_ > kTrailerBytesMax ? Found::malformed : Found::need_more;
    case Part::data:
      break;
  }
  return Found::malformed;
}

ChunkedDecoder::Found ChunkedDecoder::begin_chunk(const std::string& body) {
  std::size_t size = 0;
  std::size_t digits = 0;
  for (; hex_digit(line_[digits]) >= 0; ++digits) {
    if (digits == kSizeDigitsMax) return Found::malformed;
    size = size * 16 + static_cast<std::size_t>(hex_digit(line_[digits]));
  }
  if (digits == 0) return Found::malformed;
  const auto after = std::string_view(line_).substr(digits);
  const auto extension = after.find_first_not_of(" \t");
  if (after[extension] != ';' && after != "\r\n") return Found::malformed;
  if (size > body_bytes_max_ - body.size()) return Found::too_large;
  chunk_bytes_left_ = size;
  part_ = size == 0 ? Part::trailer : Part::data;
  return Found::need_more;
}

}  // namespace kassa::http
