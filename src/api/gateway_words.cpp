#include "api/gateway_words.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "encoding/base64.hpp"

namespace kassa::api {
namespace {

constexpr std::string_view kChanged = "changed ";
constexpr std::string_view kMany = "many";
constexpr std::string_view kUsed = "used ";

constexpr std::size_t kIdBytes = sizeof(domain::Uuid::bytes);

/// What is sealed at most: with the seal and in Base64 it fits into a word.
constexpr std::size_t kUsesBytesMax = 5'600;

/// Where uses are sealed: a place that no row has.
constexpr std::string_view kPlace = "gateways";
constexpr std::array<std::uint8_t, 4> kRow{'u', 's', 'e', 'd'};

enum class Who : std::uint8_t { project = 1, address = 2 };

/// One byte who, one how long the key is, four how often, the key.
constexpr std::size_t kHeadBytes = 6;

bool append_use(std::string& bytes, Who who, const Use& use) {
  constexpr std::size_t kKeyMax = std::numeric_limits<std::uint8_t>::max();
  if (use.key.size() > kKeyMax) return true;  // no project's and no address'
  if (bytes.size() + kHeadBytes + use.key.size() > kUsesBytesMax) return false;
  bytes += static_cast<char>(who);
  bytes += static_cast<char>(use.key.size());
  constexpr std::int64_t kCountMax = std::numeric_limits<std::uint32_t>::max();
  const auto count = static_cast<std::uint32_t>(std::min(use.count, kCountMax));
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(count >> shift & 0xFFU);
  bytes += use.key;
  return true;
}

/// Up to the first that is not whole.
Uses read_uses(std::string_view bytes) {
  Uses uses;
  const auto byte = [&bytes](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  while (bytes.size() >= kHeadBytes) {
    const std::size_t length = byte(1);
    if (bytes.size() < kHeadBytes + length) break;
    Use use;
    for (std::size_t i = 2; i < kHeadBytes; ++i) use.count = use.count << 8 | byte(i);
    use.key = bytes.substr(kHeadBytes, length);
    if (byte(0) == static_cast<std::uint8_t>(Who::project)) uses.projects.push_back(use);
    if (byte(0) == static_cast<std::uint8_t>(Who::address)) uses.addresses.push_back(use);
    bytes.remove_prefix(kHeadBytes + length);
  }
  return uses;
}

std::vector<domain::RequestId> read_ids(std::string_view bytes) {
  std::vector<domain::RequestId> ids;
  for (; bytes.size() >= kIdBytes; bytes.remove_prefix(kIdBytes)) {
    domain::RequestId id;
    std::memcpy(id.value.bytes.data(), bytes.data(), kIdBytes);
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

std::string word_of_changes(const std::vector<domain::RequestId>& ids) {
  if (ids.size() > kChangedMax) return std::string(kMany);
  std::string bytes;
  for (const auto& id : ids) bytes.append(id.value.bytes.begin(), id.value.bytes.end());
  return std::string(kChanged) + encoding::to_base64(bytes);
}

std::optional<std::string> word_of_uses(const Uses& uses, const ops::KeyRing& ring) {
  std::vector<std::pair<Who, const Use*>> all;
  for (const Use& use : uses.projects) all.emplace_back(Who::project, &use);
  for (const Use& use : uses.addresses) all.emplace_back(Who::address, &use);
  if (all.empty()) return std::nullopt;
  std::ranges::stable_sort(all, std::ranges::greater{},
                           [](const auto& one) { return one.second->share; });
  std::string bytes;
  for (const auto& [who, use] : all) {
    if (!append_use(bytes, who, *use)) break;
  }
  return std::string(kUsed) + encoding::to_base64(ring.seal(kPlace, kRow, bytes));
}

Heard heard(std::string_view word, const ops::KeyRing& ring) {
  Heard heard;
  if (word == kMany) heard.many = true;
  if (word.starts_with(kChanged)) {
    const auto bytes = encoding::from_base64(word.substr(kChanged.size()));
    if (bytes) heard.changed = read_ids(*bytes);
  }
  if (word.starts_with(kUsed)) {
    const auto sealed = encoding::from_base64(word.substr(kUsed.size()));
    if (!sealed) return heard;
    const auto bytes = ring.open(kPlace, kRow, *sealed);
    if (bytes) heard.uses = read_uses(bytes->reveal());
  }
  return heard;
}

}  // namespace kassa::api
