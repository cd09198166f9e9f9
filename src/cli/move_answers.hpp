// What `export` and `import` answer alike: which export it is, and what is in it.
#pragma once

#include <string>
#include <vector>

#include "protocol/json_document.hpp"
#include "protocol/json_writer.hpp"
#include "store/move.hpp"

namespace kassa::cli {

void write_export(protocol::JsonWriter& json, const store::ExportHead& head);
void write_sections(protocol::JsonWriter& json, const std::vector<store::Section>& sections);

/// "10 payments, 40 events, 20 transfers, 3 receipts".
[[nodiscard]] std::string contents_of(const protocol::JsonValue& answer);

}  // namespace kassa::cli
