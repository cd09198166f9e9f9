#include "ops/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_directory.hpp"

namespace kassa::ops {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::filesystem::path kExample =
    std::filesystem::path(KASSA_SOURCE_DIR) / "kassa.example.toml";

std::string only_error(std::string_view text, const Environment& environment = {}) {
  const auto config = parse_config(text, "kassa.toml", environment);
  if (config) return "accepted";
  return config.error().size() == 1 ? config.error().front() : "several errors";
}

TEST(Config, AnEmptyFileGivesTheDefaults) {
  const auto config = parse_config("", "kassa.toml", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen, (ListenAddress{"127.0.0.1", 8080}));
  EXPECT_EQ(config->engine.queue_max, 10'000);
  EXPECT_EQ(config->engine.batch_max, 512);
  EXPECT_EQ(config->security.clock_tolerance, seconds(300));
  EXPECT_EQ(config->callbacks.schedule.size(), 10U);
  EXPECT_FALSE(config->migrate_on_start);
}

TEST(Config, TheExampleHasEveryKeyWithItsDefault) {
  const std::string text = contents_of(kExample);
  const auto example = load_config(kExample, {});
  ASSERT_TRUE(example) << example.error().front();
  const Config defaults;
  EXPECT_EQ(example->listen, defaults.listen);
  EXPECT_EQ(example->store, defaults.store);
  EXPECT_EQ(example->key_ring, defaults.key_ring);
  EXPECT_EQ(example->admin_socket, defaults.admin_socket);
  EXPECT_EQ(example->public_api_base, defaults.public_api_base);
  EXPECT_EQ(example->public_page_base, defaults.public_page_base);
  EXPECT_EQ(example->http.connections_max, defaults.http.connections_max);
  EXPECT_EQ(example->http.head_bytes_max, defaults.http.head_bytes_max);
  EXPECT_EQ(example->http.body_bytes_max, defaults.http.body_bytes_max);
  EXPECT_EQ(example->http.idle_timeout, defaults.http.idle_timeout);
  EXPECT_EQ(example->engine.wait_max, defaults.engine.wait_max);
  EXPECT_EQ(example->callbacks.schedule, defaults.callbacks.schedule);

  for (const std::string& key : config_keys()) {
    const auto dot = key.find('.');
    const auto section = dot == std::string::npos ? std::string() : key.substr(0, dot);
    const auto name = dot == std::string::npos ? key : key.substr(dot + 1);
    const auto from = section.empty() ? 0 : text.find("\n[" + section + "]\n");
    ASSERT_NE(from, std::string::npos) << section;
    const auto end = text.find("\n[", from + 1);
    EXPECT_NE(text.substr(from, end - from).find("\n" + name + " = "), std::string::npos) << key;
  }
}

TEST(Config, ReadsEveryKindOfValue) {
  const auto config = parse_config(R"(
listen = "[::1]:0"
migrate_on_start = true
[http]
threads = 4
body_timeout_s = 3
[security]
trusted_proxies = ["10.0.0.0/8", "::1"]
[callbacks]
schedule_s = [1, 2]
[log]
level = "debug"
format = "json"
)",
                                   "kassa.toml", {});
  ASSERT_TRUE(config) << config.error().front();
  EXPECT_EQ(config->listen, (ListenAddress{"::1", 0}));
  EXPECT_TRUE(config->migrate_on_start);
  EXPECT_EQ(config->http.threads, 4);
  EXPECT_EQ(config->http.body_timeout, seconds(3));
  ASSERT_EQ(config->security.trusted_proxies.size(), 2U);
  EXPECT_TRUE(config->security.trusted_proxies[0].contains("10.9.8.7"));
  EXPECT_THAT(config->callbacks.schedule, ElementsAre(seconds(1), seconds(2)));
  EXPECT_EQ(config->log.level, log::Level::debug);
  EXPECT_EQ(config->log.format, log::Format::json);
}

TEST(Config, AnErrorNamesFileLineAndKey) {
  EXPECT_EQ(only_error("\nlisen = \"x\"\n"), "kassa.toml:2: unknown key `lisen`");
  EXPECT_EQ(only_error("[http]\nthread = 1\n"), "kassa.toml:2: unknown key `http.thread`");
  EXPECT_EQ(only_error("[htp]\nthreads = 1\n"), "kassa.toml:1: unknown key `htp`");
  EXPECT_EQ(only_error("http = 1\n"), "kassa.toml:1: `http` must be a section: [http]");
  EXPECT_EQ(only_error("[http]\n\nthreads = 0\n"),
            "kassa.toml:3: `http.threads` must be a whole number from 1 to 256");
  EXPECT_EQ(only_error("listen = \"8080\"\n"),
            "kassa.toml:1: `listen` must be \"HOST:PORT\", such as \"127.0.0.1:8080\" or "
            "\"[::1]:8080\"");
  EXPECT_THAT(only_error("listen = \n"), HasSubstr("kassa.toml:1: "));
}

TEST(Config, NothingIsConverted) {
  for (const char* wrong :
       {"migrate_on_start = 1", "migrate_on_start = 'true'", "store = 1", "http.threads = '2'",
        "http.threads = 2.0", "http.threads = true", "http.body_timeout_s = 1.5",
        "callbacks.schedule_s = 10", "callbacks.schedule_s = ['10']", "callbacks.schedule_s = [0]",
        "security.trusted_proxies = '10.0.0.0/8'", "security.trusted_proxies = ['10.0.0.1/8']",
        "log.level = 'loud'", "log.format = 1", "listen = 8080", "listen = '::1:80'",
        "listen = ':80'", "listen = 'h:70000'", "listen = 'h:+1'"}) {
    EXPECT_THAT(only_error(wrong), HasSubstr("kassa.toml:1: `")) << wrong;
    EXPECT_THAT(only_error(wrong), HasSubstr("must be")) << wrong;
  }
}

TEST(Config, AllErrorsAreReportedAtOnce) {
  const auto config = parse_config("a = 1\nb = 2\nstore = 3\n", "kassa.toml", {{"KASSA_C", "x"}});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), SizeIs(4));
}

TEST(Config, TheEnvironmentOverridesTheFile) {
  const auto config = parse_config("listen = \"127.0.0.1:1\"\n[http]\nthreads = 4\n", "kassa.toml",
                                   {{"KASSA_LISTEN", "0.0.0.0:9"},
                                    {"KASSA_HTTP__THREADS", "8"},
                                    {"KASSA_HTTP__IDLE_TIMEOUT_S", "5"},
                                    {"KASSA_MIGRATE_ON_START", "true"},
                                    {"KASSA_CALLBACKS__SCHEDULE_S", "1, 2,3"},
                                    {"KASSA_SECURITY__TRUSTED_PROXIES", "10.0.0.0/8,::1"},
                                    {"KASSA_LOG__LEVEL", "error"},
                                    {"KASSA_STORE", "sqlite:/tmp/x y.db"},
                                    {"OTHER_VARIABLE", "ignored"}});
  ASSERT_TRUE(config) << config.error().front();
  EXPECT_EQ(config->listen, (ListenAddress{"0.0.0.0", 9}));
  EXPECT_EQ(config->http.threads, 8);
  EXPECT_EQ(config->http.idle_timeout, seconds(5));
  EXPECT_TRUE(config->migrate_on_start);
  EXPECT_THAT(config->callbacks.schedule, ElementsAre(seconds(1), seconds(2), seconds(3)));
  EXPECT_EQ(config->security.trusted_proxies.size(), 2U);
  EXPECT_EQ(config->log.level, log::Level::error);
  EXPECT_EQ(config->store, "sqlite:/tmp/x y.db");
}

TEST(Config, AWrongVariableIsNamed) {
  EXPECT_EQ(only_error("", {{"KASSA_LISEN", "x"}}),
            "environment: KASSA_LISEN names no key (`lisen`)");
  EXPECT_EQ(
      only_error("", {{"KASSA_HTTP__THREADS", "many"}}),
      "environment: KASSA_HTTP__THREADS (`http.threads`) must be a whole number from 1 to 256");
  for (const auto& [name, text] : Environment{{"KASSA_MIGRATE_ON_START", "yes"},
                                              {"KASSA_HTTP__THREADS", "2 "},
                                              {"KASSA_CALLBACKS__SCHEDULE_S", "1,,2"},
                                              {"KASSA_SECURITY__TRUSTED_PROXIES", "here"},
                                              {"KASSA_HTTP", "x"}}) {
    EXPECT_THAT(only_error("", {{name, text}}), HasSubstr("environment: " + name)) << name;
  }
}

TEST(Config, WhatKubernetesSetsForAServiceIsNotOurs) {
  EXPECT_TRUE(parse_config("", "kassa.toml",
                           {{"KASSA_PORT", "tcp://10.0.0.1:80"},
                            {"KASSA_PORT_80_TCP", "tcp://10.0.0.1:80"},
                            {"KASSA_SERVICE_HOST", "10.0.0.1"}}));
}

TEST(Config, CheckNamesWhatDoesNotFitTogether) {
  EXPECT_THAT(only_error("[engine]\nqueue_max = 10\n"), HasSubstr("`engine.batch_max` (512)"));
  EXPECT_THAT(only_error("[tls]\nkey = \"k.pem\"\n"), HasSubstr("`tls.certificate` and `tls.key`"));
  EXPECT_THAT(only_error("engine.wait_max_s = 10"), HasSubstr("`engine.wait_max_s`"));
  EXPECT_THAT(only_error("store = 'kassa.db'"), HasSubstr("`store` must be"));
  EXPECT_THAT(only_error("store = 'sqlite:'"), HasSubstr("`store` must be"));
  EXPECT_THAT(only_error("key_ring = ''"), HasSubstr("`key_ring`"));
  EXPECT_THAT(only_error("callbacks.schedule_s = []"), HasSubstr("`callbacks.schedule_s`"));
  EXPECT_THAT(only_error("admin_socket = '/" + std::string(107, 'x') + "'"),
              HasSubstr("`admin_socket`"));
  for (const char* url :
       {"", "kassa.example", "ftp://x", "https://", "https://x/", "https://x?y", "https://x y"}) {
    EXPECT_THAT(only_error("public_page_base = '" + std::string(url) + "'"),
                HasSubstr("`public_page_base`"))
        << url;
  }
}

TEST(Config, WhereItIsWatchedMayBeAnAddressOfItsOwn) {
  EXPECT_EQ(parse_config("", "kassa.toml", {})->metrics_listen, std::nullopt);
  EXPECT_EQ(parse_config("metrics_listen = \"\"", "kassa.toml", {})->metrics_listen, std::nullopt);
  const auto own = parse_config("metrics_listen = \"10.0.0.7:9090\"", "kassa.toml", {});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->metrics_listen, (ListenAddress{"10.0.0.7", 9090}));
  EXPECT_THAT(only_error("metrics_listen = \"9090\""), HasSubstr("`metrics_listen` must be"));
  EXPECT_THAT(only_error("metrics_listen = \"127.0.0.1:8080\""),
              HasSubstr("another address than `listen`"));
}

TEST(Config, AMissingFileIsNamed) {
  const TemporaryDirectory directory;
  const auto config = load_config(directory / "absent.toml", {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre(HasSubstr("absent.toml: No such file")));
}

}  // namespace
}  // namespace kassa::ops
