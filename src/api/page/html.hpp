// HTML with every value escaped: text and attribute values go through `escape`, the rest is
// literal.
#pragma once

#include <string>
#include <string_view>

namespace kassa::api {

/// Appends `text` so that it is text and nothing else, in an element or a double-quoted attribute.
void append_escaped(std::string& out, std::string_view text);

class Html {
 public:
  /// Markup of ours: a literal.
  Html& raw(std::string_view markup) {
    out_ += markup;
    return *this;
  }
  /// A value of anybody's.
  Html& text(std::string_view value) {
    append_escaped(out_, value);
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace kassa::api
