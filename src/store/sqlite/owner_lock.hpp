// One process owns a store: it holds an operating-system lock on PATH.lock, which holds its pid for
// people to read. The lock belongs to the open file (OFD), so it ends with the process however it
// ends, and asking whether it is held doesn't disturb whoever holds it.
#pragma once

#include <optional>
#include <string>

namespace kassa::store::sqlite {

class OwnerLock {
 public:
  /// Takes the lock of the store at `path`; StoreError when another owner holds it.
  explicit OwnerLock(const std::string& path);
  ~OwnerLock();
  OwnerLock(const OwnerLock&) = delete;
  OwnerLock& operator=(const OwnerLock&) = delete;

  [[nodiscard]] static bool is_held(const std::string& path);

 private:
  int file_ = -1;
};

}  // namespace kassa::store::sqlite
