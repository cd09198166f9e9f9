#include "domain/payment.hpp"

#include <charconv>

namespace kassa::domain {

std::string text(const std::vector<QueuedCallback>& queue) {
  std::string out;
  for (const auto& entry : queue) {
    if (!out.empty()) out += ' ';
    out += std::to_string(entry.seq);
    if (entry.final) out += '!';
  }
  return out;
}

std::vector<QueuedCallback> parse_queue(std::string_view text) {
  std::vector<QueuedCallback> queue;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    QueuedCallback entry;
    const auto parsed = std::from_chars(at, end, entry.seq);
    if (parsed.ec != std::errc{}) break;
    at = parsed.ptr;
    if (at < end && *at == '!') {
      entry.final = true;
      ++at;
    }
    queue.push_back(entry);
    if (at < end) ++at;  // the space
  }
  return queue;
}

}  // namespace kassa::domain
