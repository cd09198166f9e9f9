// The server under load as a process: started, killed and waited for by its pid, its CPU time read
// from /proc. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kassa::bench {

/// User and system time so far of a process with its threads, in microseconds; 0 if it is gone.
/// The kernel counts in hundredths of a second.
[[nodiscard]] std::int64_t cpu_us_of(pid_t pid);
/// Of this process, exactly.
[[nodiscard]] std::int64_t own_cpu_us();
/// Of the calling thread, exactly.
[[nodiscard]] std::int64_t own_thread_cpu_us();

/// A child process. Dies with us: the kernel sends it SIGKILL should we end without having.
class Process {
 public:
  /// Throws Failure.
  explicit Process(const std::vector<std::string>& command);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  /// Its next line on standard output, without the newline. Throws Failure when none comes.
  [[nodiscard]] std::string read_line(std::chrono::seconds patience);
  void send_signal(int signal) const;
  /// Waits for its end; the exit code, or 128 + the signal. After `patience` it is killed.
  int wait(std::chrono::seconds patience);
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string read_ahead_;
  bool ended_ = false;
};

}  // namespace kassa::bench
