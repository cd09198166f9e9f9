#include "protocol/json_document.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <utility>

#include "domain/check.hpp"
#include "encoding/utf8.hpp"

namespace kassa::protocol {
namespace {

namespace json = boost::json;
using detail::JsonNode;
using detail::JsonStorage;

constexpr std::size_t decimal_digits(std::size_t value) {
  std::size_t digits = 1;
  for (; value >= 10; value /= 10) ++digits;
  return digits;
}

// Receives the parser's events and lays the nodes out. It answers false to stop the parser, having
// noted in `refusal` why.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  JsonStorage storage;
  std::optional<JsonErrorCode> refusal;

  void start(std::size_t body_bytes) {
    storage.nodes.clear();
    storage.arena.clear();
    // Unescaping never lengthens, so the arena can't move while the body is read.
    storage.arena.reserve(body_bytes);
    storage.canonical_bytes = 0;
    refusal.reset();
    depth_ = 0;
    key_begin_ = part_begin_ = 0;
    key_bytes_ = 0;
    in_part_ = false;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code& ec) { return open(JsonKind::kObject, ec); }
  bool on_object_end(std::size_t, json::error_code& ec) {
    return has_unique_keys(open_[depth_ - 1].node) ? close()
                                                   : refuse(JsonErrorCode::kDuplicateKey, ec);
  }
  bool on_array_begin(json::error_code& ec) { return open(JsonKind::kArray, ec); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code& ec) {
    return append(part, ec);
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    if (!append(part, ec)) return false;
    key_begin_ = part_begin_;
    key_bytes_ = finish_part();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code& ec) {
    return append(part, ec);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
    return append(part, ec) && text_leaf(JsonKind::kString, ec);
  }
  bool on_number_part(json::string_view part, json::error_code& ec) { return append(part, ec); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code& ec) {
    return number(part, ec);
  }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& ec) {
    return number(part, ec);
  }
  bool on_double(double, json::string_view part, json::error_code& ec) { return number(part, ec); }
  bool on_bool(bool value, json::error_code& ec) {
    return leaf(value ? JsonKind::kTrue : JsonKind::kFalse, 0, ec);
  }
  bool on_null(json::error_code& ec) { return leaf(JsonKind::kNull, 0, ec); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Open {
    std::uint32_t node = 0;
    std::size_t path_bytes = 0;  // of the keys on the way here, each with its colon
    std::size_t elements = 0;    // so far, in an array
  };

  bool refuse(JsonErrorCode code, json::error_code& ec) {
    refusal = code;
    ec = json::error::syntax;
    return false;
  }

  bool append(json::string_view part, json::error_code& ec) {
    if (!in_part_) {
      part_begin_ = static_cast<std::uint32_t>(storage.arena.size());
      in_part_ = true;
    }
    // A NUL would end the value for every C API and most databases behind us (wire §10).
    if (part.find('\0') != json::string_view::npos) return refuse(JsonErrorCode::kNulCharacter, ec);
    storage.arena.append(part.data(), part.size());
    return true;
  }
  std::uint32_t finish_part() {
    in_part_ = false;
    return static_cast<std::uint32_t>(storage.arena.size()) - part_begin_;
  }

  bool number(json::string_view part, json::error_code& ec) {
    return append(part, ec) && text_leaf(JsonKind::kNumber, ec);
  }
  bool text_leaf(JsonKind kind, json::error_code& ec) {
    const auto begin = part_begin_;
    const auto bytes = finish_part();
    if (!leaf(kind, bytes, ec)) return false;
    storage.nodes.back().text_begin = begin;
    storage.nodes.back().text_bytes = bytes;
    return true;
  }
  bool leaf(JsonKind kind, std::size_t text_bytes, json::error_code& ec) {
    if (depth_ == 0) return refuse(JsonErrorCode::kNotAnObject, ec);
    const std::size_t value_bytes =
        kind == JsonKind::kString || kind == JsonKind::kNumber ? text_bytes : 5;
    storage.canonical_bytes += next_path_bytes() + value_bytes + 1;
    if (storage.canonical_bytes > kCanonicalBytesMax)
      return refuse(JsonErrorCode::kTooRepetitive, ec);
    JsonNode& node = push(kind);
    node.end = static_cast<std::uint32_t>(storage.nodes.size());
    return true;
  }

  JsonNode& push(JsonKind kind) {
    JsonNode& node = storage.nodes.emplace_back();
    node.kind = kind;
    if (depth_ != 0 && !in_array()) {
      node.key_begin = key_begin_;
      node.key_bytes = key_bytes_;
    }
    return node;
  }
  [[nodiscard]] bool in_array() const {
    return storage.nodes[open_[depth_ - 1].node].kind == JsonKind::kArray;
  }
  // Length of the path that leads to the value now beginning; counts it in its array.
  std::size_t next_path_bytes() {
    if (depth_ == 0) return 0;
    Open& parent = open_[depth_ - 1];
    const std::size_t step = in_array() ? decimal_digits(parent.elements++) : key_bytes_;
    return parent.path_bytes + step + 1;
  }

  bool open(JsonKind kind, json::error_code& ec) {
    if (depth_ == 0 && kind != JsonKind::kObject) return refuse(JsonErrorCode::kNotAnObject, ec);
    KASSA_CHECK(depth_ < kJsonDepthMax, "the JSON parser let a body nest too deeply");
    const std::size_t path_bytes = next_path_bytes();
    push(kind);
    open_[depth_++] = {static_cast<std::uint32_t>(storage.nodes.size() - 1), path_bytes, 0};
    return true;
  }
  bool close() {
    storage.nodes[open_[--depth_].node].end = static_cast<std::uint32_t>(storage.nodes.size());
    return true;
  }

  [[nodiscard]] std::string_view key_of(const JsonNode& node) const {
    return std::string_view(storage.arena).substr(node.key_begin, node.key_bytes);
  }
  // Objects of the protocol have few keys; a hostile one with thousands is sorted, since comparing
  // each with each would take a second of CPU for one body.
  bool has_unique_keys(std::uint32_t object) {
    constexpr std::size_t kFew = 16;
    keys_.clear();
    const auto end = static_cast<std::uint32_t>(storage.nodes.size());
    for (std::uint32_t child = object + 1; child < end; child = storage.nodes[child].end)
      keys_.push_back(key_of(storage.nodes[child]));
    if (keys_.size() > kFew) {
      std::ranges::sort(keys_);
      return std::ranges::adjacent_find(keys_) == keys_.end();
    }
    for (std::size_t i = 1; i < keys_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (keys_[i] == keys_[j]) return false;
    return true;
  }

  std::array<Open, kJsonDepthMax> open_{};
  std::size_t depth_ = 0;
  std::uint32_t key_begin_ = 0;
  std::uint32_t key_bytes_ = 0;
  std::uint32_t part_begin_ = 0;
  bool in_part_ = false;
  std::vector<std::string_view> keys_;
};

JsonErrorCode code_of(const json::error_code& ec) {
  if (ec == json::error::too_deep) return JsonErrorCode::kTooDeep;
  if (ec == json::error::illegal_leading_surrogate ||
      ec == json::error::illegal_trailing_surrogate || ec == json::error::expected_utf16_escape)
    return JsonErrorCode::kLoneSurrogate;
  if (ec == json::error::exponent_overflow) return JsonErrorCode::kNumberOutOfRange;
  if (ec == json::error::extra_data) return JsonErrorCode::kTextAfterValue;
  return JsonErrorCode::kSyntax;
}

}  // namespace

std::string_view JsonError::sentence() const {
  switch (code) {
    case JsonErrorCode::kSyntax:
      return "The body is not valid JSON.";
    case JsonErrorCode::kNotAnObject:
      return "The body must be one JSON object.";
    case JsonErrorCode::kInvalidUtf8:
      return "The body is not valid UTF-8.";
    case JsonErrorCode::kLoneSurrogate:
      return "A string of the body escapes half of a surrogate pair.";
    case JsonErrorCode::kNulCharacter:
      return "A string of the body contains U+0000.";
    case JsonErrorCode::kDuplicateKey:
      return "An object of the body has the same key twice.";
    case JsonErrorCode::kTooDeep:
      return "The body is nested more than 32 levels deep.";
    case JsonErrorCode::kTextAfterValue:
      return "There is text after the JSON object.";
    case JsonErrorCode::kNumberOutOfRange:
      return "The exponent of a number in the body is out of range.";
    case JsonErrorCode::kTooRepetitive:
      return "The canonical form of the body would be longer than 1 MiB.";
  }
  return "The body is not valid JSON.";
}

bool JsonValue::is_integer_literal() const {
  return kind() == JsonKind::kNumber && text().find_first_of(".eE") == std::string_view::npos;
}

std::optional<std::int64_t> JsonValue::integer() const {
  if (!is_integer_literal()) return std::nullopt;
  const auto digits = text();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<JsonValue> JsonValue::find(std::string_view name) const {
  if (kind() != JsonKind::kObject) return std::nullopt;
  for (const JsonValue child : children())
    if (child.key() == name) return child;
  return std::nullopt;
}

JsonValue::Children JsonValue::children() const {
  return {storage_, index_};
}

struct JsonDocument::Parser {
  static json::parse_options options() {
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    return options;
  }
  json::basic_parser<Builder> sax{options()};
};

JsonDocument::JsonDocument() : parser_(std::make_unique<Parser>()) {
  (void)parse("{}");
}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

const JsonStorage& JsonDocument::storage() const {
  return parser_->sax.handler().storage;
}

std::expected<void, JsonError> JsonDocument::parse(std::string_view body) {
  auto& sax = parser_->sax;
  Builder& builder = sax.handler();
  builder.start(body.size());
  sax.reset();
  json::error_code ec;
  const std::size_t used = sax.write_some(/*more=*/false, body.data(), body.size(), ec);
  if (!ec && used != body.size()) ec = json::error::extra_data;
  if (!ec) return {};
  JsonErrorCode code = builder.refusal.value_or(code_of(ec));
  if (code == JsonErrorCode::kSyntax && !encoding::is_valid_utf8(body))
    code = JsonErrorCode::kInvalidUtf8;
  builder.start(2);
  builder.storage.nodes.push_back({.end = 1, .kind = JsonKind::kObject});
  return std::unexpected(JsonError{code});
}

}  // namespace kassa::protocol
