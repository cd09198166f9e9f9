// What names one request in our log and in the client's: `x-request-id`, theirs or ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kassa::http {

/// A client's id that may be repeated in the answer and written to the log: 1 … 64 of letters,
/// digits, `.`, `_` and `-`. With ten digits in a row it might be a phone or a card, which no log
/// may hold; only what has the very shape of a UUID, of a trace id (32 hexadecimal digits) or of a
/// traceparent may have up to fifteen. Who hides a shorter number in such a shape means to.
[[nodiscard]] bool is_request_id(std::string_view text);

/// Ids of one thread's making: "5f3a9c01-1-2a". The prefix is another one for each process and
/// thread.
class RequestIds {
 public:
  explicit RequestIds(std::string prefix) : prefix_(std::move(prefix)) {}

  void next(std::string& out);

 private:
  std::string prefix_;
  std::uint64_t made_ = 0;
};

}  // namespace kassa::http
