// A JSON body, parsed strictly into a flat document that keeps every number as it was written.
//
//   {"general":{"project_id":"57…"},"sum":[1.0,null]}
//
//   nodes_:  0 object end=5
//            1 ├ "general" object end=3
//            2 │ └ "project_id" string end=3
//            3 ├ "sum" array end=6        children of i: i+1, then each child's `end`, below i's
//            end 4 │ ├ number "1.0" end=5 5 │ └ null end=6
//
// Strings are unescaped into one arena and numbers keep their text, because a signature covers the
// text (wire §3.1) and money must never pass through a double. A document can be parsed into again
// and again; after the first few bodies it allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kassa::protocol {

enum class JsonKind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

/// Nesting allowed, the top-level object counted (wire §10).
inline constexpr std::size_t kJsonDepthMax = 32;

/// The canonical form repeats the keys on the way to every leaf, so a 64 KiB body could unfold into
/// hundreds of megabytes. A body whose form would be longer than this is refused while parsing.
inline constexpr std::size_t kCanonicalBytesMax = std::size_t{1} << 20;

/// Why a body is not one that we take: each is the 400 `invalid_json` of wire §10.
enum class JsonErrorCode : std::uint8_t {
  kSyntax,
  kNotAnObject,
  kInvalidUtf8,
  kLoneSurrogate,
  kNulCharacter,
  kDuplicateKey,
  kTooDeep,
  kTextAfterValue,
  kNumberOutOfRange,
  kTooRepetitive,
};

struct JsonError {
  JsonErrorCode code;

  /// One sentence for the caller of the API; never quotes the body.
  [[nodiscard]] std::string_view sentence() const;
};

namespace detail {
struct JsonNode {
  std::uint32_t key_begin = 0;
  std::uint32_t key_bytes = 0;
  std::uint32_t text_begin = 0;  // of a string or a number
  std::uint32_t text_bytes = 0;
  std::uint32_t end = 0;  // index one past the last node of this subtree
  JsonKind kind = JsonKind::kNull;
};
struct JsonStorage {
  std::vector<JsonNode> nodes;
  std::string arena;
  std::size_t canonical_bytes = 0;
};
}  // namespace detail

/// A place in a document; copies are free. Valid until its document is parsed into again.
class JsonValue {
 public:
  class Children;

  [[nodiscard]] JsonKind kind() const { return node().kind; }
  /// The key under which the parent object holds this value; empty in arrays and at the top.
  [[nodiscard]] std::string_view key() const {
    return std::string_view(storage_->arena).substr(node().key_begin, node().key_bytes);
  }
  /// The unescaped string, or the number exactly as the body spells it; empty for other kinds.
  [[nodiscard]] std::string_view text() const {
    return std::string_view(storage_->arena).substr(node().text_begin, node().text_bytes);
  }
  /// A number without fraction and exponent. `-0` is one.
  [[nodiscard]] bool is_integer_literal() const;
  /// The value of an integer literal, or nothing where it is none or doesn't fit 64 bits.
  [[nodiscard]] std::optional<std::int64_t> integer() const;

  /// The member of that name, or nothing; on anything but an object, nothing.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view name) const;
  /// Members or elements in the order of the body; empty for scalars.
  [[nodiscard]] Children children() const;

 private:
  friend class JsonDocument;
  JsonValue(const detail::JsonStorage* storage, std::uint32_t index)
      : storage_(storage), index_(index) {}
  [[nodiscard]] const detail::JsonNode& node() const { return storage_->nodes[index_]; }

  const detail::JsonStorage* storage_;
  std::uint32_t index_;
};

class JsonValue::Children {
 public:
  class Iterator {
   public:
    Iterator(const detail::JsonStorage* storage, std::uint32_t index)
        : storage_(storage), index_(index) {}
    JsonValue operator*() const { return {storage_, index_}; }
    Iterator& operator++() {
      index_ = storage_->nodes[index_].end;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const detail::JsonStorage* storage_;
    std::uint32_t index_;
  };

  Children(const detail::JsonStorage* storage, std::uint32_t index)
      : begin_(storage, index + 1), end_(storage, storage->nodes[index].end) {}
  [[nodiscard]] Iterator begin() const { return begin_; }
  [[nodiscard]] Iterator end() const { return end_; }

 private:
  Iterator begin_;
  Iterator end_;
};

/// Not for two threads at once; keep one per thread or per request in hand.
class JsonDocument {
 public:
  JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  /// Replaces the content. The body need not outlive the call. After an error the document holds an
  /// empty object.
  [[nodiscard]] std::expected<void, JsonError> parse(std::string_view body);

  /// The top-level object.
  [[nodiscard]] JsonValue root() const { return {&storage(), 0}; }
  /// Bytes of the canonical lines without their separators: a bound for its buffers.
  [[nodiscard]] std::size_t canonical_bytes() const { return storage().canonical_bytes; }
  /// Nodes of the document, all leaves included: the most lines that its canonical form can have.
  [[nodiscard]] std::size_t node_count() const { return storage().nodes.size(); }

 private:
  struct Parser;
  [[nodiscard]] const detail::JsonStorage& storage() const;

  std::unique_ptr<Parser> parser_;
};

}  // namespace kassa::protocol
