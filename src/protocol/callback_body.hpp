// The JSON body of a callback (wire §9), as of the event that the picture shows.
#pragma once

#include <string>

#include "protocol/answers.hpp"

namespace kassa::protocol {

/// Of the picture's kind and state: intermediate ones carry requisites and links, final ones don't.
[[nodiscard]] std::string render_callback(const PaymentPicture& picture);

}  // namespace kassa::protocol
