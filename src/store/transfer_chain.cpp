#include "store/transfer_chain.hpp"

#include "store/tables.hpp"

namespace kassa::store {
namespace {

using domain::ChainHash;
using domain::Transfer;

constexpr std::string_view kChainColumn = "chain";

static_assert(std::tuple_size_v<decltype(Table<Transfer>::columns)> == 14,
              "A column was added to transfers: put it last, and leave it out of the chain of rows "
              "where it holds its default, so that those from before it keep theirs.");

}  // namespace

ChainHasher::ChainHasher()
    : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  KASSA_CHECK(sha256_ && context_, "OpenSSL has no SHA-256");
}

ChainHash ChainHasher::link(const ChainHash& previous, const Transfer& transfer) {
  begin(previous);
  for_each_column<Transfer>([&](const auto& column) {
    if (column.name == kChainColumn) return;
    write_value<typename std::remove_cvref_t<decltype(column)>::CodecType>(*this,
                                                                           column.of(transfer));
  });
  return end();
}

std::vector<Transfer> ChainHasher::append(const std::vector<Transfer>& transfers, LaneHead& head) {
  std::vector<Transfer> appended = transfers;
  for (Transfer& transfer : appended) {
    transfer.lane = head.lane;
    transfer.seq = ++head.seq;
    transfer.chain = head.chain = link(head.chain, transfer);
  }
  return appended;
}

void ChainHasher::begin(const ChainHash& previous) {
  link_.assign(Codec<ChainHash>::encode(previous));
}

void ChainHasher::put_null() {
  link_ += '\0';
}

void ChainHasher::put_integer(std::int64_t value) {
  link_ += '\1';
  put_number(static_cast<std::uint64_t>(value));
}

void ChainHasher::put_text(std::string_view value) {
  put_sized('\2', value);
}

void ChainHasher::put_blob(std::string_view value) {
  put_sized('\3', value);
}

void ChainHasher::put_number(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) link_ += static_cast<char>(value >> shift);
}

void ChainHasher::put_sized(char form, std::string_view value) {
  link_ += form;
  put_number(value.size());
  link_ += value;
}

ChainHash ChainHasher::end() {
  ChainHash hash{};
  const bool done = EVP_DigestInit_ex2(context_.get(), sha256_.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context_.get(), link_.data(), link_.size()) == 1 &&
                    EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1;
  KASSA_CHECK(done, "SHA-256 failed");
  return hash;
}

}  // namespace kassa::store
