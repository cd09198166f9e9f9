#include "api/ring_rotation.hpp"

#include <algorithm>

#include "api/gateway.hpp"
#include "api/sealed_settings.hpp"
#include "domain/details.hpp"
#include "encoding/base64.hpp"
#include "engine/number_hash.hpp"
#include "ops/log.hpp"

namespace kassa::api {
namespace {

namespace log = ops::log;
using domain::SealedPlace;
using ops::KeyRing;
using ops::KeyState;

/// Rows that one command seals again: a batch of the loop is hardly longer for it.
constexpr std::size_t kRowsMax = 100;
/// Receipts that one piece of a pass looks at: each may be 10 MiB to read, seal and sync.
constexpr std::size_t kFilesMax = 8;
/// Settings that one change of the configuration seals again.
constexpr std::size_t kSettingsMax = 256;
/// How long one step goes on.
constexpr std::chrono::milliseconds kStep{250};
/// How long to wait for a loop that takes nothing.
constexpr std::chrono::milliseconds kBusy{200};

bool has(const KeyRing& ring, KeyState state) {
  return std::ranges::any_of(ring.keys(), [&](const auto& key) { return key.state == state; });
}

std::expected<void, std::string> save(Gateway& gateway, const KeyRing& ring) {
  // On disk first: what is made with a key that a crash forgets would be lost.
  if (auto saved = ring.save(gateway.settings.key_ring); !saved) return saved;
  gateway.ring.adopt(ring);
  return {};
}

/// Sealed by an older key, or by none that the ring knows.
bool is_old(const KeyRing& ring, std::string_view blob) {
  return KeyRing::key_id_of(blob) != ring.active_key_id();
}

/// The row's new blob, and new hash; nothing where it can't be opened.
std::optional<domain::Resealed> seal_again(const KeyRing& ring, SealedPlace place,
                                           const store::SealedRow& row) {
  const auto table = domain::sealed_as(place);
  const auto opened = ring.open(table, row.row_id.bytes, row.blob);
  if (!opened) {
    log::error(
        "ring.row_unreadable",
        {{"table", table}, {"row", row.row_id.text()}, {"why", ops::text_of(opened.error())}});
    return std::nullopt;
  }
  domain::Resealed again{place,
                         row.row_id,
                         row.seq,
                         row.blob,
                         ring.seal(table, row.row_id.bytes, opened->reveal()),
                         row.number_hash};
  if (!row.number_hash.empty()) {
    const auto details = domain::decode_requisites_details(opened->reveal());
    if (!details) return std::nullopt;
    again.number_hash = engine::number_hash(ring, details->number);
  }
  return again;
}

}  // namespace

std::string_view name(RingRotation::Phase phase) {
  switch (phase) {
    case RingRotation::Phase::none:
      return "none";
    case RingRotation::Phase::next:
      return "next";
    case RingRotation::Phase::sealing:
      return "sealing";
    case RingRotation::Phase::done:
      break;
  }
  return "done";
}

std::expected<RingRotation::Progress, std::string> RingRotation::step(Gateway& gateway,
                                                                      bool start) {
  const std::lock_guard lock(mutex_);
  if (const std::string why = gateway.engine.read_only_reason(); !why.empty()) {
    return std::unexpected("Nothing can be changed now: " + why);
  }
  const auto at = [&](Phase phase) {
    Progress progress;
    progress.phase = phase;
    for (const auto& key : gateway.ring.keys()) progress.key_id = std::max(progress.key_id, key.id);
    progress.unreadable = unreadable_;
    progress.wait = left_of_grace(gateway);
    return progress;
  };
  if (has(gateway.ring, KeyState::next)) {
    if (left_of_grace(gateway).count() > 0) return at(Phase::next);
    if (auto saved = save(gateway, gateway.ring.with_next_active()); !saved) {
      return std::unexpected(saved.error());
    }
    begin_grace();
    begin_pass();
    return at(Phase::sealing);
  }
  if (!has(gateway.ring, KeyState::retired)) {
    if (!start) return at(passing_ ? Phase::done : Phase::none);
    if (auto saved = save(gateway, gateway.ring.with_next(gateway.clock.now())); !saved) {
      return std::unexpected(saved.error());
    }
    begin_grace();
    return at(Phase::next);
  }
  // Who asks anew has perhaps put right what could not be read.
  if (start) unreadable_ = 0;
  if (!passing_ || (start && !clean_)) begin_pass();
  if (left_of_grace(gateway).count() > 0) return at(Phase::sealing);
  if (clean_) {
    if (auto saved = save(gateway, gateway.ring.without_retired()); !saved) {
      return std::unexpected(saved.error());
    }
    grace_from_.reset();
    return at(Phase::done);
  }
  Progress progress = at(Phase::sealing);
  const auto until = Clock::now() + kStep;
  bool goes_on = true;
  try {
    while (goes_on && !clean_ && Clock::now() < until && left_of_grace(gateway).count() == 0) {
      goes_on = seal_piece(gateway, progress);
    }
  } catch (const store::StoreError& error) {
    return std::unexpected(std::string("The store failed, what was done stays: ") + error.what());
  }
  progress.unreadable = unreadable_;
  progress.wait = goes_on ? left_of_grace(gateway) : kBusy;
  return progress;
}

std::chrono::milliseconds RingRotation::left_of_grace(const Gateway& gateway) const {
  if (!grace_from_) return std::chrono::milliseconds{0};
  const auto over = *grace_from_ + gateway.settings.engine.wait_max;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(over - Clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

void RingRotation::begin_pass() {
  passing_ = true;
  place_ = 0;
  cursor_.clear();
  pass_found_ = pass_unreadable_ = 0;
  clean_ = false;
}

bool RingRotation::seal_piece(Gateway& gateway, Progress& progress) {
  if (place_ < domain::kSealedPlaces.size()) return seal_rows(gateway, progress);
  if (place_ > domain::kSealedPlaces.size()) return seal_settings(gateway, progress);
  seal_files(gateway, progress);
  return true;
}

bool RingRotation::seal_rows(Gateway& gateway, Progress& progress) {
  const SealedPlace place = domain::kSealedPlaces[place_];
  const auto page = gateway.readers.borrow()->sealed_rows(place, {cursor_, kRowsMax});
  domain::Reseal command;
  for (const auto& row : page.rows) {
    if (!is_old(gateway.ring, row.blob)) continue;
    if (auto again = seal_again(gateway.ring, place, row)) {
      command.rows.push_back(std::move(*again));
    } else {
      ++pass_unreadable_;
    }
  }
  const auto count = static_cast<std::int64_t>(command.rows.size());
  if (count > 0 && !gateway.engine.run(std::move(command), engine::Source::desk)) return false;
  pass_found_ += count;
  progress.sealed_again += count;
  cursor_ = page.next_cursor;
  if (cursor_.empty()) ++place_;
  return true;
}

/// Not by the loop: a file that a row names is nobody else's to write. One that is missing is what
/// the check of the ledger tells.
void RingRotation::seal_files(Gateway& gateway, Progress& progress) {
  store::ReceiptFiles& files = gateway.store.receipt_files();
  const auto page = gateway.readers.borrow()->receipts_list({cursor_, kFilesMax});
  for (const auto& receipt : page.rows) {
    const auto head = files.head(receipt.file);
    if (!head || !is_old(gateway.ring, *head)) continue;
    const auto sealed = files.get(receipt.file);
    if (!sealed) continue;
    const auto& id = receipt.file.value.bytes;
    const auto opened = gateway.ring.open(domain::kReceiptFilesTable, id, *sealed);
    if (!opened) {
      ++pass_unreadable_;
      log::error("ring.file_unreadable",
                 {{"file", receipt.file.text()}, {"why", ops::text_of(opened.error())}});
      continue;
    }
    files.put(receipt.file, gateway.ring.seal(domain::kReceiptFilesTable, id, opened->reveal()));
    ++pass_found_;
    ++progress.sealed_again;
  }
  cursor_ = page.next_cursor;
  if (cursor_.empty()) ++place_;
}

/// The last of a pass: they are few, and the whole configuration is in memory.
bool RingRotation::seal_settings(Gateway& gateway, Progress& progress) {
  const auto config = gateway.engine.config();
  domain::ChangeConfig change;
  std::int64_t unreadable = 0;
  for (const auto& sealed : sealed_settings(*config)) {
    const auto blob = encoding::from_base64(sealed.value);
    if (blob && !is_old(gateway.ring, *blob)) continue;
    const auto opened = blob ? gateway.ring.open(sealed.table, sealed.row.bytes, *blob)
                             : std::unexpected(ops::OpenError::malformed);
    if (!opened) {
      ++unreadable;
      log::error("ring.setting_unreadable", {{"kind", sealed.id.kind},
                                             {"id", sealed.id.id},
                                             {"name", sealed.id.name},
                                             {"why", ops::text_of(opened.error())}});
      continue;
    }
    change.must_be.emplace_back(sealed.id, sealed.value);
    change.settings.emplace_back(
        sealed.id, seal_text(gateway.ring, sealed.table, sealed.row, opened->reveal()));
    if (change.settings.size() == kSettingsMax) break;
  }
  const auto count = static_cast<std::int64_t>(change.settings.size());
  if (count > 0) {
    // Refused also when one was changed meanwhile: the next look sees what it is now.
    if (!gateway.engine.run(std::move(change), engine::Source::desk)) return false;
    pass_found_ += count;
    progress.sealed_again += count;
    return true;
  }
  pass_unreadable_ += unreadable;
  unreadable_ = pass_unreadable_;
  const bool clean = pass_found_ == 0 && unreadable_ == 0;
  begin_pass();
  clean_ = clean;
  // Who read a row before it was sealed again may still be opening it.
  if (clean) begin_grace();
  return unreadable_ == 0;
}

}  // namespace kassa::api
