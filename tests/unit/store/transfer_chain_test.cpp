// The encoding of a transfer in its lane's chain, byte by byte. What is computed here must come out
// of every engine, and of an auditor's own program.
#include "store/transfer_chain.hpp"

#include <gtest/gtest.h>

#include "unit/store/sample_rows.hpp"

namespace kassa::store {
namespace {

using domain::ChainHash;
using domain::Transfer;

std::string hex(const ChainHash& hash) {
  std::string text;
  for (const auto byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

/// SHA-256 of bytes written in hex; spaces don't count.
std::string sha256(std::string_view hex_text) {
  std::string digits(hex_text);
  std::erase(digits, ' ');
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  ChainHash hash{};
  EXPECT_EQ(
      EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), hash.data(), nullptr),
      1);
  return hex(hash);
}

template <class Id>
Id parse(std::string_view text) {
  return Id::parse(text).value();
}

Transfer example() {
  using domain::AccountKind;
  Transfer transfer;
  transfer.lane = 1;
  transfer.seq = 1;
  transfer.request_id = parse<domain::RequestId>("0192f0c1-a2b3-7c4d-8e5f-60718293a4b5");
  transfer.kind = domain::TransferKind::payin;
  transfer.debit = {AccountKind::trader,
                    parse<domain::TraderId>("11111111-1111-1111-1111-111111111111").value, kKzt};
  transfer.credit = {AccountKind::available,
                     parse<domain::ProjectId>("22222222-2222-2222-2222-222222222222").value, kKzt};
  transfer.amount_minor = 495'000;
  transfer.at = at_ms(1'769'860'800'123);  // 2026-01-31T12:00:00.123Z
  return transfer;
}

/// Another value in every column.
Transfer other() {
  using domain::AccountKind;
  const auto other_owner = parse<domain::TraderId>("33333333-3333-3333-3333-333333333333").value;
  return {7,
          8,
          parse<domain::RequestId>("0192f0c1-a2b3-7c4d-8e5f-60718293a4b6"),
          domain::TransferKind::correction,
          9,
          {AccountKind::locked, other_owner, kTjs},
          {AccountKind::clearing, other_owner, kTjs},
          10,
          at_ms(11),
          {12}};
}

/// The columns of example(), as they are hashed.
constexpr std::string_view kColumns =
    "01 0000000000000001"                                   // lane
    "01 0000000000000001"                                   // seq
    "03 0000000000000010 0192f0c1a2b37c4d8e5f60718293a4b5"  // request_id
    "01 0000000000000001"                                   // kind: payin
    "01 0000000000000000"                                   // correction
    "01 0000000000000003"                                   // debit_kind: trader
    "03 0000000000000010 11111111111111111111111111111111"  // debit_owner
    "02 0000000000000003 4b5a54"                            // debit_currency: KZT
    "01 0000000000000001"                                   // credit_kind: available
    "03 0000000000000010 22222222222222222222222222222222"  // credit_owner
    "02 0000000000000003 4b5a54"                            // credit_currency: KZT
    "01 0000000000078d98"                                   // amount_minor
    "01 0000019c13ec9e7b";                                  // at, in milliseconds

TEST(TransferChain, AWorkedExample) {
  ChainHasher hasher;
  const ChainHash first = hasher.link({}, example());
  EXPECT_EQ(hex(first), "3d8c52707330ea85a8d3baaac66a4bfe559129f072bc3d24a7dbcf6ff269aa25");
  EXPECT_EQ(hex(first), sha256(std::string(64, '0').append(kColumns)));

  Transfer next = example();
  next.seq = 2;
  std::string columns(kColumns);
  columns.replace(19, 19, "01 0000000000000002");
  EXPECT_EQ(hex(hasher.link(first, next)), sha256(hex(first) + columns));
}

TEST(TransferChain, EveryColumnCounts) {
  ChainHasher hasher;
  const ChainHash before = hasher.link({}, example());
  for_each_column<Transfer>([&](const auto& column) {
    Transfer changed = example();
    const Transfer from = other();
    ASSERT_NE(column.of(changed), column.of(from)) << column.name;
    column.of(changed) = column.of(from);
    EXPECT_EQ(hasher.link({}, changed) != before, column.name != "chain") << column.name;
  });
  EXPECT_NE(hasher.link(before, example()), before) << "what came before";
}

TEST(TransferChain, WhereAValueEndsIsPartOfIt) {
  ChainHasher hasher;
  const auto link = [&hasher](std::initializer_list<std::string_view> texts) {
    hasher.begin({});
    for (const auto text : texts) hasher.put_text(text);
    return hasher.end();
  };
  EXPECT_NE(link({"ab", "c"}), link({"a", "bc"}));
  EXPECT_NE(link({"ab", ""}), link({"ab"}));
  hasher.begin({});
  hasher.put_blob("ab");
  const ChainHash bytes = hasher.end();
  EXPECT_NE(bytes, link({"ab"})) << "text and bytes";
  hasher.begin({});
  hasher.put_null();
  const ChainHash nothing = hasher.end();
  EXPECT_NE(nothing, link({""})) << "nothing and the empty text";
}

}  // namespace
}  // namespace kassa::store
