#include "cli/new_project.hpp"

#include "cli/files.hpp"
#include "cli/print.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/keys.hpp"

namespace kassa::cli {
namespace {

constexpr unsigned kSecretMode = 0600;
constexpr unsigned kPublicMode = 0644;

std::string request_body(const NewProjectOptions& options, const std::string& public_pem) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("merchant_id", options.merchant_id)
      .member("name", options.name)
      .member("mode", options.live ? "live" : "test")
      .member("public_key", public_pem)
      .key("currencies")
      .begin_array();
  for (const auto& currency : options.currencies) json.value(currency);
  json.end_array().end_object();
  return out;
}

}  // namespace

NewProject create_project(const DeskCaller& call, const NewProjectOptions& options) {
  const protocol::RsaKeyPairPem pair = protocol::generate_rsa_key_pair();
  const std::string answer = call("project/create", request_body(options, pair.public_pem));
  protocol::JsonDocument document;
  if (!document.parse(answer)) throw Refused("the desk answered something that is not JSON");
  const auto told = document.root();
  const std::string project_id = text_of(told, "project_id");
  const std::string key_set = text_of(told, "key_set_id");

  std::filesystem::create_directories(options.keys_dir);
  const auto file = [&](const std::string& name) {
    return std::filesystem::absolute(options.keys_dir / name);
  };
  const auto private_key = file("private_key_" + key_set + ".pem");
  const auto public_key = file("public_key_" + key_set + ".pem");
  const auto hmac_key = file("hmac_private_key_" + key_set + ".txt");
  const auto callback_public = file("callback_public_key_" + key_set + ".pem");
  const auto callback_hmac = file("hmac_callback_key_" + key_set + ".txt");
  write_new_file(private_key, pair.private_pem.reveal(), kSecretMode);
  write_new_file(public_key, pair.public_pem, kPublicMode);
  write_new_file(hmac_key, text_of(told, "hmac_key") + "\n", kSecretMode);
  write_new_file(callback_public, text_of(told, "callback_public_key"), kPublicMode);
  write_new_file(callback_hmac, text_of(told, "callback_hmac_key") + "\n", kSecretMode);

  NewProject made;
  made.project_id = project_id;
  protocol::JsonWriter(made.answer)
      .begin_object()
      .member("project_id", project_id)
      .member("key_set_id", key_set)
      .member("private_key", private_key.string())
      .member("public_key", public_key.string())
      .member("hmac_key", hmac_key.string())
      .member("callback_public_key", callback_public.string())
      .member("callback_hmac_key", callback_hmac.string())
      .end_object();
  return made;
}

NewProject create_project(const Session& session, const NewProjectOptions& options) {
  return create_project([&session](const std::string& path,
                                   const std::string& body) { return session.call(path, body); },
                        options);
}

}  // namespace kassa::cli
