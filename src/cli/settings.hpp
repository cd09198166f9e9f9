// Settings as arguments of a command: NAME=VALUE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kassa::cli {

/// An object of settings; "NAME=" deletes one, so that its default holds again.
[[nodiscard]] std::string settings_object(const std::vector<std::string>& settings);

/// The settings of a kind that may be set by hand, with what they take and mean.
[[nodiscard]] std::string settings_help(std::string_view kind,
                                        bool (*shown)(std::string_view name));

}  // namespace kassa::cli
