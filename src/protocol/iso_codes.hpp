// ISO 3166-1 alpha-2.
#pragma once

#include <string_view>

namespace kassa::protocol {

[[nodiscard]] bool is_country(std::string_view alpha2);

}  // namespace kassa::protocol
