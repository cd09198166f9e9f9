// What a plain HTML form sends: application/x-www-form-urlencoded.
#pragma once

#include <string>
#include <string_view>

namespace kassa::api {

/// The first field of that name, decoded; empty where there is none, or where it is malformed.
[[nodiscard]] std::string form_field(std::string_view body, std::string_view name);

}  // namespace kassa::api
