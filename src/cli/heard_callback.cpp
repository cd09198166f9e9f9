#include "cli/heard_callback.hpp"

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "protocol/json_document.hpp"
#include "protocol/signature.hpp"

namespace kassa::cli {
namespace {

protocol::PublicKey key_from(const std::string& pem) {
  auto key = protocol::PublicKey::from_pem(pem);
  if (!key) throw Refused(key.error());
  return std::move(*key);
}

}  // namespace

CallbackReader::CallbackReader(const std::string& callback_public_pem)
    : key_(key_from(callback_public_pem)) {}

std::optional<HeardCallback> CallbackReader::read(const http::Request& request) const {
  protocol::JsonDocument document;
  if (!document.parse(request.body)) return std::nullopt;
  const auto general = document.root().find("general");
  const auto status = document.root().find("status");
  if (!general || !status) return std::nullopt;
  protocol::SignatureCodec codec;
  const std::string sub = text_of(*status, "sub_status");
  return HeardCallback{.payment_id = text_of(*general, "payment_id"),
                       .state = text_of(*status, "status") + (sub.empty() ? "" : ":" + sub),
                       .genuine = codec
                                      .verify(key_, document, request.header("x-access-timestamp"),
                                              request.header("x-access-signature"))
                                      .has_value()};
}

}  // namespace kassa::cli
