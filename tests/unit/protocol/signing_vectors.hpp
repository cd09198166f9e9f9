// tests/data/signing-vectors.json, read with our own parser.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "protocol/json_document.hpp"

namespace kassa::protocol::test {

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class SigningVectors {
 public:
  SigningVectors() {
    const auto parsed =
        document_.parse(file_text(KASSA_SOURCE_DIR "/tests/data/signing-vectors.json"));
    if (!parsed) throw std::runtime_error(std::string(parsed.error().sentence()));
  }
  [[nodiscard]] JsonValue cases() const { return document_.root().find("cases").value(); }
  [[nodiscard]] JsonValue root() const { return document_.root(); }
  [[nodiscard]] std::string_view text(std::string_view key) const {
    return document_.root().find(key).value().text();
  }

 private:
  JsonDocument document_;
};

inline std::string_view member(const JsonValue& object, std::string_view key) {
  return object.find(key).value().text();
}

inline JsonDocument parsed(std::string_view body) {
  JsonDocument document;
  const auto result = document.parse(body);
  EXPECT_TRUE(result.has_value()) << result.error().sentence() << " in " << body;
  return document;
}

}  // namespace kassa::protocol::test
