#include "http/static_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace kassa::http {
namespace {

using testing::ElementsAre;

constexpr std::array kFiles{
    StaticFile{"assets/page-3fa9c1d2.js", "plain script"},
    StaticFile{"assets/page-3fa9c1d2.js.br", "brotli"},
    StaticFile{"assets/page-3fa9c1d2.js.gz", "gzip"},
    StaticFile{"assets/page-Ab_9-xyZ.css", "style"},
    StaticFile{"assets/page-Ab_9-xyZ.css.gz", "zipped style"},
    StaticFile{"widget.js", "widget"},
    StaticFile{"lonely.js.br", "nobody could read it without brotli"},
};

class Static : public testing::Test {
 protected:
  Response get(std::string_view path, std::string_view accept_encoding = {},
               std::string_view if_none_match = {}) {
    Request request;
    if (!accept_encoding.empty()) request.headers.emplace_back("accept-encoding", accept_encoding);
    if (!if_none_match.empty()) request.headers.emplace_back("if-none-match", if_none_match);
    return files_.answer(request, path);
  }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }

  StaticFiles files_{kFiles};
};

TEST_F(Static, FilesAreThoseThatCanBeReadByAnybody) {
  EXPECT_THAT(files_.paths(),
              ElementsAre("assets/page-3fa9c1d2.js", "assets/page-Ab_9-xyZ.css", "widget.js"));
}

TEST_F(Static, TheBestEncodingThatIsTakenIsSent) {
  constexpr std::string_view kScript = "assets/page-3fa9c1d2.js";
  EXPECT_EQ(get(kScript).body, "plain script");
  EXPECT_EQ(get(kScript, "gzip, deflate, br").body, "brotli");
  EXPECT_EQ(get(kScript, "gzip, deflate").body, "gzip");
  EXPECT_EQ(get(kScript, "br;q=0, gzip;q=0.5").body, "gzip");
  EXPECT_EQ(get(kScript, "identity").body, "plain script");
  EXPECT_EQ(get(kScript, "*").body, "brotli");
  EXPECT_EQ(get("assets/page-Ab_9-xyZ.css", "br, gzip").body, "zipped style");
  EXPECT_EQ(header(get(kScript, "br"), "content-encoding"), "br");
  EXPECT_EQ(header(get(kScript), "content-encoding"), "");
  EXPECT_EQ(header(get(kScript), "vary"), "accept-encoding");
}

TEST_F(Static, ANameWithAHashIsKeptForEver) {
  EXPECT_EQ(header(get("assets/page-3fa9c1d2.js"), "cache-control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(header(get("widget.js"), "cache-control"), "public, no-cache");
}

TEST_F(Static, EachFormHasItsTag) {
  const std::string plain = header(get("assets/page-3fa9c1d2.js"), "etag");
  const std::string brotli = header(get("assets/page-3fa9c1d2.js", "br"), "etag");
  EXPECT_NE(plain, brotli);
  EXPECT_EQ(plain.size(), 18U);
}

TEST_F(Static, WhoHasItAlreadyIsNotSentItAgain) {
  const std::string etag = header(get("widget.js"), "etag");
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const Response response = get("widget.js", {}, known);
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(header(response, "etag"), etag);
  }
  EXPECT_EQ(get("widget.js", {}, "\"other\"").body, "widget");
}

TEST_F(Static, TypesAreSaidAndNotGuessed) {
  EXPECT_EQ(get("widget.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("assets/page-Ab_9-xyZ.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(header(get("widget.js"), "x-content-type-options"), "nosniff");
}

TEST_F(Static, WhatIsNotThereIsNotFound) {
  for (const auto path : {"", "assets", "assets/", "assets/page.js", "assets/page-3fa9c1d2.js.br",
                          "../widget.js", "lonely.js"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(Static, ThePresentHashIsFound) {
  EXPECT_EQ(files_.path_of("assets/page.js"), "assets/page-3fa9c1d2.js");
  EXPECT_EQ(files_.path_of("assets/page.css"), "assets/page-Ab_9-xyZ.css");
  EXPECT_EQ(files_.path_of("widget.js"), "widget.js");
  EXPECT_EQ(files_.path_of("assets/other.js"), "");
}

TEST(Hashes, AreEightCharactersBehindTheLastDashOfThatPlace) {
  EXPECT_EQ(without_hash("page-3fa9c1d2.js"), "page.js");
  EXPECT_EQ(without_hash("a/b-c-3fa9c1d2.js"), "a/b-c.js");
  EXPECT_EQ(without_hash("page-3fa9c1d.js"), "") << "seven";
  EXPECT_EQ(without_hash("page.js"), "");
  EXPECT_EQ(without_hash("-3fa9c1d2.js"), "") << "nothing is called so";
  EXPECT_EQ(without_hash("page-3fa9c1d2"), "");
}

TEST(Codings, AreTakenByNameOrByStar) {
  EXPECT_TRUE(accepts_coding("gzip, br", "br"));
  EXPECT_TRUE(accepts_coding("br;q=0.001", "br"));
  EXPECT_TRUE(accepts_coding("*", "br"));
  EXPECT_FALSE(accepts_coding("br;q=0", "br"));
  EXPECT_FALSE(accepts_coding("br ; q=0.000", "br"));
  EXPECT_FALSE(accepts_coding("*;q=0", "br"));
  EXPECT_FALSE(accepts_coding("*, br;q=0", "br"));
  EXPECT_FALSE(accepts_coding("", "br"));
  EXPECT_FALSE(accepts_coding("brx", "br"));
}

}  // namespace
}  // namespace kassa::http
