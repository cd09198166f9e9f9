// The key ring: which keys there are, how much still needs each, and its rotation.
#include <condition_variable>
#include <map>
#include <mutex>

#include "api/admin/desk.hpp"
#include "api/sealed_settings.hpp"
#include "encoding/base64.hpp"
#include "ops/log.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using ops::KeyRing;
using protocol::JsonWriter;

/// What is sealed with a key, or found by it.
struct Uses {
  std::int64_t rows = 0;
  std::int64_t files = 0;
  std::int64_t settings = 0;
  std::int64_t number_hashes = 0;
};
using UsesByKey = std::map<std::uint32_t, Uses>;  // 0: blobs that name no key

std::uint32_t key_of_hash(const std::string& number_hash) {
  return static_cast<std::uint32_t>(std::strtoul(number_hash.c_str(), nullptr, 10));
}

void count_rows(Gateway& gateway, domain::SealedPlace place, UsesByKey& uses) {
  store::Page page{.cursor = {}, .limit = 1000};
  do {
    const auto found = gateway.readers.borrow()->sealed_rows(place, page);
    for (const auto& row : found.rows) {
      ++uses[KeyRing::key_id_of(row.blob).value_or(0)].rows;
      if (!row.number_hash.empty()) ++uses[key_of_hash(row.number_hash)].number_hashes;
    }
    page.cursor = found.next_cursor;
  } while (!page.cursor.empty() && !gateway.stopping.stop_requested());
}

void count_files(Gateway& gateway, UsesByKey& uses) {
  store::Page page{.cursor = {}, .limit = 1000};
  do {
    const auto found = gateway.readers.borrow()->receipts_list(page);
    for (const auto& receipt : found.rows) {
      const auto head = gateway.store.receipt_files().head(receipt.file);
      if (head) ++uses[KeyRing::key_id_of(*head).value_or(0)].files;
    }
    page.cursor = found.next_cursor;
  } while (!page.cursor.empty() && !gateway.stopping.stop_requested());
}

UsesByKey count_uses(Gateway& gateway) {
  UsesByKey uses;
  for (const auto& key : gateway.ring.keys()) uses[key.id];
  for (const auto place : domain::kSealedPlaces) count_rows(gateway, place, uses);
  count_files(gateway, uses);
  for (const auto& setting : sealed_settings(*gateway.engine.config())) {
    const auto blob = encoding::from_base64(setting.value).value_or("");
    ++uses[KeyRing::key_id_of(blob).value_or(0)].settings;
  }
  return uses;
}

/// The desk may wait, and its caller has nothing else to do. The end of the process waits for
/// nobody.
void wait_or_stop(Gateway& gateway, std::chrono::milliseconds wait) {
  std::mutex mutex;
  std::condition_variable_any nobody;
  std::unique_lock lock(mutex);
  (void)nobody.wait_for(lock, gateway.stopping.get_token(), wait, [] { return false; });
}

void write_key(JsonWriter& json, std::uint32_t id, std::string_view state,
               std::optional<std::int64_t> created_s, const Uses& uses) {
  json.begin_object()
      .member("key_id", static_cast<std::int64_t>(id))
      .member("state", state)
      .member("created_s", created_s)
      .member("rows", uses.rows)
      .member("files", uses.files)
      .member("settings", uses.settings)
      .member("number_hashes", uses.number_hashes)
      .member("uses", uses.rows + uses.files + uses.settings + uses.number_hashes)
      .end_object();
}

}  // namespace

http::Response list_ring_keys(Gateway& gateway, Fields& fields) {
  if (auto wrong = wrong_fields(fields)) return *wrong;
  UsesByKey uses = count_uses(gateway);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("keys").begin_array();
  for (const auto& key : gateway.ring.keys()) {
    write_key(json, key.id, ops::name(key.state), key.created_s, uses[key.id]);
    uses.erase(key.id);
  }
  // Rows of keys that the ring has lost.
  for (const auto& [id, of] : uses) write_key(json, id, "missing", std::nullopt, of);
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response rotate_ring(Gateway& gateway, Fields& fields) {
  const bool start = fields.optional_truth("start").value_or(false);
  const std::string as = start ? acting_operator(gateway, fields) : std::string();
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto progress = gateway.rotation.step(gateway, start);
  if (!progress) {
    return error_response(
        {.code = protocol::ErrorCode::kConflict, .description = progress.error()});
  }
  const auto key_id = static_cast<std::int64_t>(progress->key_id);
  if (start) ops::log::warn("ring.rotation_called", {{"key_id", key_id}, {"by", as}});
  if (progress->phase == RingRotation::Phase::done) {
    ops::log::warn("ring.rotated", {{"key_id", key_id}});
  }
  wait_or_stop(gateway, progress->wait);
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("phase", name(progress->phase))
      .member("key_id", key_id)
      .member("sealed_again", progress->sealed_again)
      .member("unreadable", progress->unreadable)
      .end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api
