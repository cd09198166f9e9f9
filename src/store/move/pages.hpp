// An export as a stream of pages, each with the SHA-256 of itself and all before it: whoever reads
// knows of each page whether it is the one that was written, and at which place.
//
//   "kassa export 1\n"                        what it is, and the version of its form
//   page, page, …                             the head is page 0, the end the last
//
//   page:  kind     1 byte   H head, R rows of a table, F a file, E end
//          size     8 bytes  of the content, big endian
//          content
//          chain    32 bytes SHA-256(chain of the page before, kind, size, content)
//
// Before the head the chain is 32 zero bytes. Neither side holds more than one page.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "store/sha256.hpp"

namespace kassa::store {

/// Takes all the bytes, or throws.
using ByteSink = std::function<void(std::string_view)>;
/// How many bytes it put into the part; 0 at the end.
using ByteSource = std::function<std::size_t(std::span<char>)>;

enum class PageKind : char { head = 'H', rows = 'R', file = 'F', end = 'E' };

class PageWriter {
 public:
  explicit PageWriter(ByteSink to);

  void write(PageKind kind, std::string_view content);

  [[nodiscard]] std::int64_t pages() const { return pages_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  /// Of the last page, and so of all of them.
  [[nodiscard]] const Digest& chain() const { return chain_; }

 private:
  void send(std::string_view bytes);

  ByteSink to_;
  Sha256 sha256_;
  Digest chain_{};
  std::int64_t pages_ = 0;
  std::int64_t bytes_ = 0;
};

struct ExportPage {
  PageKind kind = PageKind::head;
  std::int64_t number = 0;
  std::string content;
  Digest chain{};
};

/// Throws StoreError where the stream is no export, is damaged, or ends too early; the sentence
/// names the page.
class PageReader {
 public:
  explicit PageReader(ByteSource from);

  /// The next page, whose checksum is right.
  [[nodiscard]] ExportPage next();
  /// Nothing may come behind the last page.
  void require_end();

 private:
  [[nodiscard]] std::string read(std::size_t size);

  ByteSource from_;
  Sha256 sha256_;
  Digest chain_{};
  std::int64_t next_ = 0;
};

}  // namespace kassa::store
