#include "http/static_files.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace kassa::http {
namespace {

constexpr std::string_view kBrotliEnd = ".br";
constexpr std::string_view kGzipEnd = ".gz";

struct Type {
  std::string_view end;
  std::string_view content_type;
};
constexpr Type kTypes[] = {
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
};

std::string_view type_of(std::string_view path) {
  for (const Type& type : kTypes) {
    if (path.ends_with(type.end)) return type.content_type;
  }
  return "application/octet-stream";
}

/// Of the bytes as they are sent: each form of a file has its own.
std::string etag_of(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not there");
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kBytesShown = 8;
  std::string etag = "\"";
  for (std::size_t i = 0; i < kBytesShown; ++i) {
    etag += kDigits[digest[i] >> 4];
    etag += kDigits[digest[i] & 15];
  }
  return etag + "\"";
}

bool is_hash_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-';
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes what stands before the next `separator` off `rest`.
std::string_view take_part(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return trimmed(part);
}

/// "q=0", "q=0.0", "q=0.000": not acceptable.
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = take_part(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

bool names(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    auto part = take_part(if_none_match, ',');
    if (part.starts_with("W/")) part.remove_prefix(2);
    if (part == etag || part == "*") return true;
  }
  return false;
}

}  // namespace

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  bool by_star = false;
  while (!accept_encoding.empty()) {
    auto entry = take_part(accept_encoding, ',');
    const auto name = take_part(entry, ';');
    if (name == coding) return !is_refused(entry);
    if (name == "*") by_star = !is_refused(entry);
  }
  return by_star;
}

std::string without_hash(std::string_view path) {
  constexpr std::size_t kHashSize = 8;
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  const auto name_at = slash == std::string_view::npos ? 0 : slash + 1;
  if (dot == std::string_view::npos || dot < name_at + kHashSize + 2) return {};
  const auto hash_at = dot - kHashSize;
  if (path[hash_at - 1] != '-') return {};
  for (const char c : path.substr(hash_at, kHashSize)) {
    if (!is_hash_character(c)) return {};
  }
  return std::string(path.substr(0, hash_at - 1)).append(path.substr(dot));
}

StaticFiles::StaticFiles(std::span<const StaticFile> files) {
  for (const StaticFile& file : files) {
    std::string_view path = file.path;
    Form File::* form = &File::plain;
    if (path.ends_with(kBrotliEnd)) {
      form = &File::brotli;
      path.remove_suffix(kBrotliEnd.size());
    } else if (path.ends_with(kGzipEnd)) {
      form = &File::gzip;
      path.remove_suffix(kGzipEnd.size());
    }
    File& entry = files_[std::string(path)];
    entry.content_type = type_of(path);
    entry.hashed = !without_hash(path).empty();
    entry.*form = {file.bytes, etag_of(file.bytes)};
  }
  // An encoded form alone could not be given to whoever takes none.
  std::erase_if(files_, [](const auto& file) { return file.second.plain.bytes.data() == nullptr; });
}

std::vector<std::string> StaticFiles::paths() const {
  std::vector<std::string> all;
  all.reserve(files_.size());
  for (const auto& [path, file] : files_) all.push_back(path);
  return all;
}

Response StaticFiles::answer(const Request& request, std::string_view path) const {
  Response response;
  response.headers.emplace_back("x-content-type-options", "nosniff");
  const auto found = files_.find(path);
  if (found == files_.end()) {
    response.status = 404;
    response.content_type = "text/plain; charset=utf-8";
    return response;
  }
  const File& file = found->second;
  const auto accepted = request.header("accept-encoding");
  const Form* form = &file.plain;
  if (file.brotli.bytes.data() != nullptr && accepts_coding(accepted, "br")) {
    form = &file.brotli;
    response.headers.emplace_back("content-encoding", "br");
  } else if (file.gzip.bytes.data() != nullptr && accepts_coding(accepted, "gzip")) {
    form = &file.gzip;
    response.headers.emplace_back("content-encoding", "gzip");
  }
  response.content_type = file.content_type;
  response.headers.emplace_back("vary", "accept-encoding");
  response.headers.emplace_back(
      "cache-control", file.hashed ? "public, max-age=31536000, immutable" : "public, no-cache");
  response.headers.emplace_back("etag", form->etag);
  // Scripts of ours are asked for by merchants' pages, which are of other origins.
  response.headers.emplace_back("cross-origin-resource-policy", "cross-origin");
  if (names(request.header("if-none-match"), form->etag)) {
    response.status = 304;
  } else {
    response.body = form->bytes;
  }
  return response;
}

std::string StaticFiles::path_of(std::string_view plain_name) const {
  if (contains(plain_name)) return std::string(plain_name);
  for (const auto& [path, file] : files_) {
    if (file.hashed && without_hash(path) == plain_name) return path;
  }
  return {};
}

}  // namespace kassa::http
