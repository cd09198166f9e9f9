#include "ops/random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace kassa::ops {
namespace {

constexpr std::size_t kBufferBytes = 4096;

void draw_from_kernel(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

struct Buffer {
  std::array<std::uint8_t, kBufferBytes> bytes{};
  std::size_t used = kBufferBytes;

  void take(std::span<std::uint8_t> out) {
    if (kBufferBytes - used < out.size()) {
      draw_from_kernel(bytes);
      used = 0;
    }
    std::memcpy(out.data(), bytes.data() + used, out.size());
    // A later read of this memory must not give away the ids and nonces that came from it.
    ::explicit_bzero(bytes.data() + used, out.size());
    used += out.size();
  }
};

}  // namespace

void fill_random(std::span<std::uint8_t> out) {
  if (out.empty()) return;
  if (out.size() > kBufferBytes / 8) return draw_from_kernel(out);
  thread_local Buffer buffer;
  buffer.take(out);
}

domain::Uuid random_uuid_v4() {
  domain::Uuid uuid;
  fill_random(uuid.bytes);
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
  return uuid;
}

domain::Uuid new_uuid_v7(domain::Instant now) {
  std::array<std::uint8_t, 10> random{};
  fill_random(random);
  return domain::make_uuid_v7(domain::unix_ms(now), random);
}

domain::RequestId new_request_id(domain::Instant now) {
  return domain::RequestId{new_uuid_v7(now)};
}

}  // namespace kassa::ops
