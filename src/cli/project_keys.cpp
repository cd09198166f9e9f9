// kassa project keys make|list|add|expire|remove: what a project's requests are signed with.
#include <cstdio>
#include <memory>

#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "cli/signing.hpp"
#include "protocol/keys.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string project;
  std::string key_set;
  std::string public_key;
  std::string expires;
  std::string at;
  std::string private_key;
  std::string as;
  bool hmac = false;
  bool never = false;
};
using OptionsPtr = std::shared_ptr<Options>;

constexpr unsigned kSecretMode = 0600;

std::string key_set_body(const Options& options, std::optional<std::int64_t> expires_s) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().member("project_id", options.project).member("key_set_id", options.key_set);
  if (expires_s) json.member("expires_s", *expires_s);
  json.member("as", options.as).end_object();
  return out;
}

void add_as(CLI::App& command, const OptionsPtr& options) {
  command.add_option("--as", options->as, "Your name, as an operator")->required();
}

void print_set(const JsonValue& set) {
  print_members(set, {"key_set_id", "state"});
  std::printf("expires  %s\n", second_of(set, "expires_s").c_str());
}

void add_make(CLI::App& keys, Session& session, const OptionsPtr& options) {
  CLI::App* make = session.add(
      keys, "make",
      "Make an RSA key pair, here: the private key goes to a file, the public one is printed",
      "kassa project keys make private_key.pem > public_key.pem");
  make->add_option("private_key", options->private_key, "Where the private key goes; a new file")
      ->required();
  make->callback([&session, options] {
    const auto pair = protocol::generate_rsa_key_pair();
    write_new_file(options->private_key, pair.private_pem.reveal(), kSecretMode);
    const auto key = protocol::PublicKey::from_pem(pair.public_pem);
    std::string out;
    protocol::JsonWriter(out)
        .begin_object()
        .member("private_key", options->private_key)
        .member("public_key", pair.public_pem)
        .member("access_token", key->token())
        .end_object();
    session.show(out, [&](const JsonValue&) { std::printf("%s", pair.public_pem.c_str()); });
  });
}

void add_list(CLI::App& keys, Session& session, const OptionsPtr& options) {
  CLI::App* list = session.add(keys, "list", "A project's key sets, and when they were used",
                               "kassa project keys list PROJECT_ID");
  list->add_option("project_id", options->project, "The project")->required();
  list->callback([&session, options] {
    const std::string body = "{\"project_id\":" + json_text(options->project) + "}";
    session.show(session.call("project/keys", body), [](const JsonValue& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& set : answer.find("key_sets")->children()) {
        rows.push_back({text_of(set, "key_set_id"), text_of(set, "state"), text_of(set, "rsa"),
                        text_of(set, "hmac"), second_of(set, "created_s"),
                        second_of(set, "expires_s"), second_of(set, "first_used_s"),
                        second_of(set, "last_used_s")});
      }
      print_table(
          {"KEY SET", "STATE", "RSA", "HMAC", "CREATED", "EXPIRES", "FIRST USED", "LAST USED"},
          rows);
    });
  });
}

void add_add(CLI::App& keys, Session& session, const OptionsPtr& options) {
  CLI::App* add = session.add(
      keys, "add", "Add a key set beside those that are there",
      "kassa project keys add PROJECT_ID --public-key public_key.pem --as YOUR_NAME\n"
      "  kassa project keys make new.pem | kassa project keys add PROJECT_ID --public-key - "
      "--as YOUR_NAME");
  add->add_option("project_id", options->project, "The project")->required();
  add->add_option("--public-key", options->public_key,
                  "The file of an RSA public key; - the input");
  add->add_flag("--hmac", options->hmac, "With an HMAC key, made by Kassa and shown once");
  add->add_option("--expires", options->expires, "Until when it is taken: 2026-12-31T00:00:00Z");
  add_as(*add, options);
  add->callback([&session, options] {
    if (options->public_key.empty() && !options->hmac) {
      throw WrongUsage("say --public-key FILE, --hmac, or both");
    }
    std::string body;
    protocol::JsonWriter json(body);
    json.begin_object().member("project_id", options->project);
    if (!options->public_key.empty()) {
      json.member("public_key", read_file_or_input(options->public_key));
    }
    if (options->hmac) json.member("hmac", true);
    if (!options->expires.empty()) json.member("expires_s", seconds_of_time(options->expires));
    json.member("as", options->as).end_object();
    session.show(session.call("project/keys/add", body), [](const JsonValue& answer) {
      print_members(answer, {"key_set_id", "access_token"});
      if (answer.find("hmac_key")) print_members(answer, {"hmac_key"});
    });
  });
}

void add_expire(CLI::App& keys, Session& session, const OptionsPtr& options) {
  CLI::App* expire =
      session.add(keys, "expire", "Say when a key set ends",
                  "kassa project keys expire PROJECT_ID KEY_SET_ID --at 2026-12-31T00:00:00Z "
                  "--as YOUR_NAME");
  expire->add_option("project_id", options->project, "The project")->required();
  expire->add_option("key_set_id", options->key_set, "The key set")->required();
  expire->add_option("--at", options->at, "A time, or now");
  expire->add_flag("--never", options->never, "Take an expiry back");
  add_as(*expire, options);
  expire->callback([&session, options] {
    if (options->at.empty() == !options->never) throw WrongUsage("say --at TIME or --never");
    const std::int64_t at = options->never ? 0 : seconds_of_time(options->at);
    session.show(session.call("project/keys/expire", key_set_body(*options, at)), print_set);
  });
}

void add_remove(CLI::App& keys, Session& session, const OptionsPtr& options) {
  CLI::App* remove = session.add(keys, "remove", "End a key set at once and for good",
                                 "kassa project keys remove PROJECT_ID KEY_SET_ID --as YOUR_NAME");
  remove->add_option("project_id", options->project, "The project")->required();
  remove->add_option("key_set_id", options->key_set, "The key set")->required();
  add_as(*remove, options);
  remove->callback([&session, options] {
    session.show(session.call("project/keys/remove", key_set_body(*options, std::nullopt)),
                 print_set);
  });
}

}  // namespace

void add_project_keys(CLI::App& project, Session& session) {
  CLI::App* keys =
      project.add_subcommand("keys", "The keys that a project's requests are signed with");
  keys->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  add_make(*keys, session, options);
  add_list(*keys, session, options);
  add_add(*keys, session, options);
  add_expire(*keys, session, options);
  add_remove(*keys, session, options);
}

}  // namespace kassa::cli
