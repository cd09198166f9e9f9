// 128-bit identifiers, and one distinct type per kind of thing they name.
//
// Text is the 36-character lower-case form of RFC 9562; parsing takes either letter case.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kassa::domain {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  /// The 36-character form, or nothing when `text` is anything else.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_nil() const { return *this == Uuid{}; }
};

/// A UUIDv7 (RFC 9562 §5.7): 48 bits of `unix_ms`, then the version, the variant and 74 bits taken
/// from `random`. Keys made in time order land next to each other in an index.
[[nodiscard]] Uuid make_uuid_v7(std::int64_t unix_ms, const std::array<std::uint8_t, 10>& random);

/// A UUIDv8 (RFC 9562 §5.8) of a digest's first bytes: the same for the same digest.
[[nodiscard]] Uuid make_uuid_v8(std::span<const std::uint8_t, 32> digest);

/// A UUID that can't be taken for one of another kind: `Id<struct ProjectTag>`.
template <class Tag>
struct Id {
  Uuid value;

  auto operator<=>(const Id&) const = default;

  [[nodiscard]] static std::optional<Id> parse(std::string_view text) {
    if (auto uuid = Uuid::parse(text)) return Id{*uuid};
    return std::nullopt;
  }
  [[nodiscard]] std::string text() const { return value.text(); }
  [[nodiscard]] bool is_nil() const { return value.is_nil(); }
};

using RequestId = Id<struct RequestTag>;        // a payment, ours (`request_id`)
using ProjectId = Id<struct ProjectTag>;        // the merchant's settlement unit
using MerchantId = Id<struct MerchantTag>;      // owner of projects
using TraderId = Id<struct TraderTag>;          // owner of requisites
using RequisitesId = Id<struct RequisitesTag>;  // where a transfer goes
using NoticeId = Id<struct NoticeTag>;          // something that was seen (domain/notice.hpp)
using SettlementId = Id<struct SettlementTag>;  // money across the border (domain/settlement.hpp)
using KeySetId = Id<struct KeySetTag>;          // request-signing keys of a project
using GatewayId = Id<struct GatewayTag>;  // one of those that share a store; nil: none of them
using ClockId = Id<struct ClockTag>;      // nil: the live clock; else a test project's own

struct UuidHash {
  [[nodiscard]] std::size_t operator()(const Uuid& uuid) const noexcept {
    // The tail of a v4 or v7 is random, so it is its own hash.
    std::uint64_t tail = 0;
    std::uint64_t head = 0;
    std::memcpy(&head, uuid.bytes.data(), 8);
    std::memcpy(&tail, uuid.bytes.data() + 8, 8);
    return static_cast<std::size_t>(tail ^ (head * 0x9E3779B97F4A7C15ULL));
  }
};

}  // namespace kassa::domain

template <class Tag>
struct std::hash<kassa::domain::Id<Tag>> {
  std::size_t operator()(const kassa::domain::Id<Tag>& id) const noexcept {
    return kassa::domain::UuidHash{}(id.value);
  }
};
template <>
struct std::hash<kassa::domain::Uuid> : kassa::domain::UuidHash {};
