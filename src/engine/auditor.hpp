// The whole ledger, recomputed in the background every hour: what the invariants of each batch
// can't see (a changed byte on disk, a fault of ours that spans batches) stops all changes and says
// so.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "engine/engine.hpp"
#include "store/store.hpp"

namespace kassa::engine {

class Auditor {
 public:
  /// Both must outlive this. The first check comes after one `pause`.
  Auditor(store::Store& store, Engine& engine, std::chrono::milliseconds pause);
  ~Auditor();
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;

  /// Ends, a check that is under way too. The destructor does the same.
  void stop();
  /// Checks once, in the caller's thread; false when something is wrong. If it is the books,
  /// changes have stopped; a receipt whose file is missing is only told. Throws when the store
  /// can't be read, or stop() ended it.
  bool check_now();

 private:
  void run(std::chrono::milliseconds pause);

  store::Store& store_;
  Engine& engine_;
  std::stop_source stopping_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace kassa::engine
