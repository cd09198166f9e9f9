// SIGINT and SIGTERM as something to wait for. Blocks them in the thread that makes it and in every
// thread started afterwards, so make it first.
#pragma once

#include <csignal>

namespace kassa::cli {

class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    (void)std::signal(SIGPIPE, SIG_IGN);
  }

  /// The next signal: SIGHUP asks to read again what may change while running.
  [[nodiscard]] int wait() const {
    int number = 0;
    sigwait(&set_, &number);
    return number;
  }

 private:
  sigset_t set_{};
};

}  // namespace kassa::cli
