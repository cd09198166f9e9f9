// The chunked coding, taken off a body as it arrives. No sockets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kassa::http {

/// Bounded in every direction: the body by `body_bytes_max`, each line of framing by 256 bytes, the
/// trailer by 4 KiB. Chunk extensions are ignored; the trailer is dropped, never merged into the
/// headers: a field that arrives after the checks must not pass for one that was checked.
class ChunkedDecoder {
 public:
  enum class Found { need_more, end, malformed, too_large };

  explicit ChunkedDecoder(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  /// Appends what `bytes` holds of the body. Takes what it used off `bytes`; after `end` the rest
  /// belongs to the next request. After any result but `need_more` it must not be called again.
  [[nodiscard]] Found decode(std::string_view& bytes, std::string& body);

 private:
  enum class Part { size, data, data_end, trailer };

  /// True when `line_` is complete (without CRLF).
  [[nodiscard]] bool take_line(std::string_view& bytes);
  [[nodiscard]] bool line_is_sound() const;
  [[nodiscard]] Found take_data(std::string_view& bytes, std::string& body);
  [[nodiscard]] Found end_line(const std::string& body);
  [[nodiscard]] Found begin_chunk(const std::string& body);

  std::size_t body_bytes_max_;
  std::size_t chunk_bytes_left_ = 0;
  std::size_t trailer_bytes_ = 0;
  Part part_ = Part::size;
  std::string line_;
};

}  // namespace kassa::http
