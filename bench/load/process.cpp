#include "load/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

#include "load/failure.hpp"

namespace kassa::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t microseconds(const timeval& time) {
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

[[noreturn]] void become(const std::vector<std::string>& command, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it ended before the line above
  dup2(output, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments.front(), arguments.data());
  _exit(127);
}

}  // namespace

std::int64_t cpu_us_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  return (user + system) * 1'000'000 / sysconf(_SC_CLK_TCK);
}

std::int64_t own_cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

std::int64_t own_thread_cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

Process::Process(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Failure("no pipe");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(command, ends[1], parent);
  close(ends[1]);
  output_ = ends[0];
  if (pid_ < 0) {
    close(output_);
    throw Failure("can't start " + command.front());
  }
}

Process::~Process() {
  if (!ended_) {
    send_signal(SIGKILL);
    wait(std::chrono::seconds(10));
  }
  close(output_);
}

std::string Process::read_line(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    if (const auto end = read_ahead_.find('\n'); end != std::string::npos) {
      std::string line = read_ahead_.substr(0, end);
      read_ahead_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd wanted{.fd = output_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&wanted, 1, static_cast<int>(left.count())) == 0) {
      throw Failure("the server said nothing for " + std::to_string(patience.count()) + " s");
    }
    std::array<char, 4096> bytes{};
    const ssize_t size = read(output_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) throw Failure("the server ended before it was ready; see its folder's log");
    read_ahead_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

void Process::send_signal(int signal) const {
  if (!ended_) kill(pid_, signal);
}

int Process::wait(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) kill(pid_, SIGKILL);
    poll(nullptr, 0, 5);
  }
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace kassa::bench
