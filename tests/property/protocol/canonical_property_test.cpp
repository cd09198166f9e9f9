// Random documents: the canonical form agrees with the naive one, whatever the spelling of the
// JSON.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "protocol/canonical.hpp"
#include "unit/protocol/naive_canonical.hpp"

namespace kassa::protocol {
namespace {

// Few different characters, so that keys collide, nest alike and share prefixes.
const std::vector<std::string> kAlphabet{
    "a", "b", ":", ";", "1", "0", "z", "\n", "\"", "\\", "я", "ﬁ", "\xEE\x80\x80", "😀", "𝄞", "/"};

std::string random_text() {
  const auto letters = *rc::gen::resize(
      5, rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kAlphabet)));
  std::string text;
  for (const auto& letter : letters) text += letter;
  return text;
}

// JSON for `text`, with an escape or without, as the dice fall.
std::string json_text(const std::string& text) {
  const bool escape = *rc::gen::arbitrary<bool>();
  std::string out = "\"";
  for (const char16_t unit : test::utf16_of(text)) {
    const bool must = unit < 0x20 || unit == '"' || unit == '\\';
    if (escape || must || unit > 0x7E) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\u%04x", static_cast<unsigned>(unit));
      out += hex;
    } else {
      out += static_cast<char>(unit);
    }
  }
  return out + "\"";
}

std::string blank() {
  return *rc::gen::elementOf(std::vector<std::string>{"", "", " ", "\n\t", "\r "});
}

// Writes a random value as JSON and, in the same breath, the canonical lines that it should give.
std::string random_value(int depth, const std::string& path, std::vector<std::string>& lines);

std::string random_object(int depth, const std::string& path, std::vector<std::string>& lines) {
  std::string out = "{" + blank();
  std::set<std::string> keys;
  const int members = *rc::gen::inRange(0, 5);
  for (int i = 0; i < members; ++i) {
    const std::string key = random_text();
    if (!keys.insert(key).second) continue;
    if (keys.size() > 1) out += "," + blank();
    out += json_text(key) + blank() + ":" + random_value(depth + 1, path + key + ":", lines);
  }
  return out + blank() + "}";
}

std::string random_value(int depth, const std::string& path, std::vector<std::string>& lines) {
  const int kind = *rc::gen::inRange(0, depth < 5 ? 7 : 5);
  const auto leaf = [&](const std::string& canonical, const std::string& json) {
    lines.push_back(path + canonical);
    return blank() + json + blank();
  };
  if (kind == 0) return leaf("None", "null");
  if (kind == 1) return leaf("1", "true");
  if (kind == 2) return leaf("0", "false");
  if (kind == 3) {
    const auto number = *rc::gen::elementOf(std::vector<std::string>{
        "0", "-0", "-7", "1.50", "1e+21", "1E5", "9007199254740993", "10000000000000", "0.1e-7"});
    return leaf(number, number);
  }
  if (kind == 4) {
    const std::string text = random_text();
    return leaf(text, json_text(text));
  }
  if (kind == 5) return random_object(depth, path, lines);
  std::string out = "[";
  const int elements = *rc::gen::inRange(0, 13);
  for (int i = 0; i < elements; ++i)
    out += (i == 0 ? "" : ",") + random_value(depth + 2, path + std::to_string(i) + ":", lines);
  return out + "]";
}

RC_GTEST_PROP(CanonicalProperty, IsTheSortedLinesOfTheBody, ()) {
  std::vector<std::string> lines;
  const std::string body = random_object(0, "", lines);
  JsonDocument document;
  const auto result = document.parse(body);
  if (!result) RC_FAIL(std::string(result.error().sentence()) + " " + body);
  RC_LOG() << body;
  Canonicalizer canonicalizer;
  RC_ASSERT(std::string(canonicalizer.canonical(document)) == test::naive_join(lines, false));
  RC_ASSERT(std::string(canonicalizer.canonical(document, {.utf16_order = true})) ==
            test::naive_join(lines, true));
}

RC_GTEST_PROP(CanonicalProperty, AgreesWithTheNaiveFormInEveryVariant, (bool words, bool utf16)) {
  std::vector<std::string> lines;
  JsonDocument document;
  RC_ASSERT(document.parse(random_object(0, "", lines)).has_value());
  RC_ASSERT(std::string(Canonicalizer{}.canonical(document, {words, utf16})) ==
            test::naive_canonical(document, {words, utf16}));
}

// Whatever bytes arrive: an answer, and a document that can be used again.
RC_GTEST_PROP(JsonDocumentProperty, SurvivesAnyBytes, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::elementOf(std::vector<std::string>{"{",    "}",
                                                  "[",    "]",
                                                  "\"",   ":",
                                                  ",",    "a",
                                                  "1",    "-",
                                                  "e",    ".",
                                                  "\\u",  "d83d",
                                                  "0000", "null",
                                                  "true", " ",
                                                  "\xD0", "\xF0",
                                                  "\xFF", std::string(1, '\0')}));
  std::string body = "{\"a\":";
  for (const auto& piece : pieces) body += piece;
  JsonDocument document;
  if (document.parse(body)) Canonicalizer{}.canonical(document);
  RC_ASSERT(document.parse("{\"b\":1}").has_value());
  RC_ASSERT(document.root().find("b")->text() == "1");
}

}  // namespace
}  // namespace kassa::protocol
