// N, the canonical form of a JSON body that signatures cover (wire §3.1).
//
//   {"general":{"payment_id":"p"},"list":[true,null],"none":{}}
//     →  general:payment_id:p;list:0:1;list:1:None
//
// One line per scalar leaf: the keys on its way, then its value, joined by ':'. Whole lines are
// sorted by bytes and joined by ';'. Nothing is escaped, so N is not injective: never compare
// contents by it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_document.hpp"

namespace kassa::protocol {

/// Spellings that clients in the wild sign; the default is the strict form, the one we send.
struct CanonicalForm {
  bool booleans_as_words = false;  // `true`/`false` instead of `1`/`0`
  bool utf16_order = false;        // lines sorted by UTF-16 code unit, as JavaScript does

  bool operator==(const CanonicalForm&) const = default;
};

/// Builds N in buffers that it keeps. One per thread, or per request in hand.
class Canonicalizer {
 public:
  /// The view lives until the next call. O(n log n) in the body, at most 1 MiB long, because
  /// JsonDocument refuses bodies that would unfold further.
  std::string_view canonical(const JsonDocument& document, CanonicalForm form = {});

  /// Whether the document last walked has a boolean, so that `booleans_as_words` matters at all.
  [[nodiscard]] bool saw_boolean() const { return saw_boolean_; }
  /// Whether it has characters for which UTF-16 order can differ from code point order.
  [[nodiscard]] bool saw_late_characters() const { return saw_late_characters_; }

 private:
  struct Line {
    const char* begin;
    std::uint32_t bytes;
  };

  void write_lines(const JsonValue& container, std::size_t path_bytes);
  void write_line(std::size_t path_bytes, std::string_view value);
  std::size_t extend_path(std::size_t path_bytes, std::string_view key);
  void sort_lines(bool utf16_order);

  bool words_ = false;
  bool saw_boolean_ = false;
  bool saw_late_characters_ = false;
  std::string path_;
  std::string text_;  // the lines, unsorted, back to back
  char* cursor_ = nullptr;
  std::vector<Line> lines_;
  std::string canonical_;
};

}  // namespace kassa::protocol
