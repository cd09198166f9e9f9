// Word to systemd: that a start is over, that a reload or a stop begins.
#pragma once

#include <string_view>

namespace kassa::cli {

/// Sends the state ("READY=1") to the socket that $NOTIFY_SOCKET names; nothing without one. That
/// nobody hears it is no reason not to serve, so nothing is told of a failure.
void tell_service_manager(std::string_view state);

/// "RELOADING=1" with the moment that systemd asks for beside it.
void tell_service_manager_of_reload();

}  // namespace kassa::cli
