// The payer's receipts: takes the file, keeps it sealed, then tells the engine.
//
//   I/O thread                       a thread of its own
//   token good? a slot free? ──▶ body ──▶ what is it? ─▶ seal ─▶ file on disk ─▶ engine: AddReceipt
//                                                                  └─ refused: the file goes again
//
// At most eight bodies are in memory at once, one of a payment; one after another is sealed, which
// needs it once more.
#pragma once

#include <functional>
#include <memory>

#include "api/gateway.hpp"
#include "api/work_queue.hpp"

namespace kassa::api {

class Receipts {
 public:
  explicit Receipts(Gateway& gateway);
  Receipts(const Receipts&) = delete;
  Receipts& operator=(const Receipts&) = delete;

  struct Upload {
    domain::RequestId request_id;
    std::string_view content_type;  // these two live until it is answered
    std::string_view body;
  };
  using Answer = std::move_only_function<void(http::Response&&)>;

  /// `answer` is called once, on the thread of the uploads.
  void take(const Upload& upload, Answer&& answer);

  [[nodiscard]] const std::shared_ptr<http::BodySlots>& slots() const { return slots_; }

 private:
  struct Job {
    Upload upload;
    Answer answer;
  };
  void carry_out(Job& job);
  [[nodiscard]] http::Response keep(const Upload& upload);
  [[nodiscard]] http::Response keep_file(domain::RequestId id, std::string_view file);

  Gateway& gateway_;
  std::shared_ptr<http::BodySlots> slots_;
  WorkQueue<Job> jobs_;  // of one thread
};

/// A file and the form around it.
inline constexpr std::size_t kReceiptBodyBytesMax =
    static_cast<std::size_t>(domain::kReceiptBytesMax) + 8 * 1024;
/// A poor mobile line carries 400 kbit/s: ten MiB have five and a half minutes.
inline constexpr std::size_t kReceiptBytesPerSecondMin = std::size_t{32} * 1024;

}  // namespace kassa::api
