// HTML in which every value is escaped, by types: `raw` takes literals of the source alone, checked
// by the compiler, and whatever is not a literal can only go through `text`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kassa::api {

/// Appends `text` so that it is text and nothing else, in an element or a double-quoted attribute.
void append_escaped(std::string& out, std::string_view text);

/// Markup of ours: made from a literal at compile time, and from nothing else.
class Markup {
 public:
  template <std::size_t N>
  // NOLINTNEXTLINE(google-explicit-constructor, cppcoreguidelines-avoid-c-arrays)
  consteval Markup(const char (&literal)[N]) : text_(literal, N - 1) {}
  [[nodiscard]] constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  Html& raw(Markup markup) {
    out_ += markup.view();
    return *this;
  }
  /// A value of anybody's.
  Html& text(std::string_view value) {
    append_escaped(out_, value);
    return *this;
  }
  Html& number(std::int64_t value) {
    out_ += std::to_string(value);
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace kassa::api
