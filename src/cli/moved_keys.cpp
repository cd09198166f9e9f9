#include "cli/moved_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/session.hpp"
#include "encoding/base64.hpp"

namespace kassa::cli {
namespace {

std::string proof_of(const ops::KeyRing& ring, std::uint32_t key_id, const domain::Uuid& id) {
  const std::string content = "kassa export " + id.text();
  const auto hash = ring.content_hash_with(key_id, ops::bytes_of(content));
  return hash ? encoding::to_hex(hash->digest) : "";
}

/// Empty where the ring's keys will do for that one.
std::string problem_with(const std::vector<store::RingKey>& ours, const store::RingKey& needed) {
  const auto found = std::ranges::find(ours, needed.id, &store::RingKey::id);
  if (found == ours.end()) return fmt::format("key {} is not in it", needed.id);
  if (found->proof != needed.proof) {
    return fmt::format("its key {} is another one than that of the exported store", needed.id);
  }
  if (needed.opens && !found->opens) {
    return fmt::format("its key {} has lost its secret since, and can't open what it sealed",
                       needed.id);
  }
  return "";
}

}  // namespace

ops::KeyRing ring_of(const ops::Config& config) {
  auto ring = ops::KeyRing::load(config.key_ring);
  if (!ring) {
    throw Refused(ring.error() +
                  " (a store is moved together with its key ring: both sides need the same)");
  }
  return std::move(*ring);
}

std::vector<store::RingKey> keys_of(const ops::KeyRing& ring, const domain::Uuid& export_id) {
  std::vector<store::RingKey> keys;
  for (const auto& key : ring.keys()) {
    keys.push_back({key.id, key.state != ops::KeyState::hashes, proof_of(ring, key.id, export_id)});
  }
  return keys;
}

void require_keys(const ops::KeyRing& ring, const store::ExportHead& head) {
  const auto ours = keys_of(ring, head.id);
  std::vector<std::string> problems;
  for (const auto& needed : head.keys) {
    if (auto problem = problem_with(ours, needed); !problem.empty()) {
      problems.push_back(std::move(problem));
    }
  }
  refuse_if_any("the key ring is not that of the exported store; put the ring of its machine here",
                problems);
}

}  // namespace kassa::cli
