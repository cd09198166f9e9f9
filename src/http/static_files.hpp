// Files that are part of the program, served as what they are.
//
//   page-3fa9c1d2.js   a name with a hash of its content: kept by browsers for ever
//   widget.js          any other: asked for again each time, and answered 304 while it is the same
//   X.br, X.gz         the file X, encoded before: chosen by what the browser takes
//
// No file system is looked at: a path either is one of these or is not there.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace kassa::http {

struct StaticFile {
  std::string_view path;   // "assets/page-3fa9c1d2.js"
  std::string_view bytes;  // lives as long as the program
};

class StaticFiles {
 public:
  explicit StaticFiles(std::span<const StaticFile> files);

  /// Whether there is such a file; its encoded forms have no path of their own.
  [[nodiscard]] bool contains(std::string_view path) const { return files_.contains(path); }
  [[nodiscard]] std::vector<std::string> paths() const;
  /// The answer to a GET (or HEAD) of that path; 404 without a body if there is none.
  [[nodiscard]] Response answer(const Request& request, std::string_view path) const;
  /// "assets/page.js" → "assets/page-3fa9c1d2.js": the path of that name with whatever hash; the
  /// name itself where a file is called so; empty where there is none.
  [[nodiscard]] std::string path_of(std::string_view plain_name) const;

 private:
  struct Form {
    std::string_view bytes;  // data() is null: not there
    std::string etag;
  };
  struct File {
    std::string_view content_type;
    bool hashed = false;
    Form plain;
    Form brotli;
    Form gzip;
  };
  std::map<std::string, File, std::less<>> files_;
};

/// Whether an `accept-encoding` takes that coding; "*" speaks for what is not named.
[[nodiscard]] bool accepts_coding(std::string_view accept_encoding, std::string_view coding);
/// "page-3fa9c1d2.js" → "page.js"; a name without a hash of eight is empty.
[[nodiscard]] std::string without_hash(std::string_view path);

}  // namespace kassa::http
