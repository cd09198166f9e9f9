// The hash chain of the books: each transfer carries the SHA-256 of the one before it in its lane
// and of all its own columns. So a transfer that was changed, moved, taken out or put in behind the
// program's back is found by `kassa ledger check`, in whichever engine it is stored.
//
//   chain(n) = SHA-256( chain(n − 1), column, column, … )        chain(0) = 32 zero bytes
//
// The columns are those of Table<Transfer> but `chain`, in their order, each as its engine stores
// it: a byte for the form, then the value.
//
//   00  null
//   01  integer: 8 bytes, big endian, two's complement
//   02  text: how many bytes (8, big endian), then these
//   03  bytes: likewise
//
// Every part says where it ends, so no two transfers have one encoding. tests/unit/store/
// transfer_chain_test.cpp shows one byte by byte.
//
// The last seq and chain of each lane are its head (`lane_heads`), written in the transaction of
// its transfers: so a tail that was cut off is missed. One writer owns a lane, so writers never
// wait for one another here. Whoever can write everything can also compute everything anew: what
// proves the past to a stranger is a head that was kept elsewhere (docs/ledger.md).
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger.hpp"
#include "store/store.hpp"

namespace kassa::store {

/// Makes one link after another. Not for two threads at once.
class ChainHasher {
 public:
  ChainHasher();

  /// The chain of `transfer`, whose lane and seq are set, after `previous`.
  [[nodiscard]] domain::ChainHash link(const domain::ChainHash& previous,
                                       const domain::Transfer& transfer);

  /// The transfers as the next ones of the lane that ends in `head`, which moves with them.
  [[nodiscard]] std::vector<domain::Transfer> append(const std::vector<domain::Transfer>& transfers,
                                                     LaneHead& head);

  // The same column by column, of what a store holds: begin, put_… in the order of the columns,
  // end. The put_… are a sink of write_value (store/codec.hpp).
  void begin(const domain::ChainHash& previous);
  void put_null();
  void put_integer(std::int64_t value);
  void put_text(std::string_view value);
  void put_blob(std::string_view value);
  [[nodiscard]] domain::ChainHash end();

 private:
  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  void put_number(std::uint64_t value);
  void put_sized(char form, std::string_view value);

  std::unique_ptr<EVP_MD, Free> sha256_;  // fetched once: by name it costs more than the hash
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  std::string link_;  // what is hashed
};

}  // namespace kassa::store
