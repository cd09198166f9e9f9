// The lines of an export, whatever the currency's digits are.
#include "cli/book_formats.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

constexpr std::string_view kTransfer =
    R"({"lane":1,"seq":17,"at_ms":1769860800123,"kind":"payin","request_id":"0192","correction":0,)"
    R"("debit":"trader:1111","credit":"project:2222:available","amount":495000,"currency":"KZT",)"
    R"("digits":2,"chain":"3d8c"})";

BookLine line_of(std::string_view json) {
  protocol::JsonDocument document;
  EXPECT_TRUE(document.parse(json).has_value());
  return BookLine(document.root());
}

BookLine ordinary() {
  return line_of(kTransfer);
}

TEST(MajorUnits, AreExactWhateverTheDigits) {
  EXPECT_EQ(major_units(0, 2), "0.00");
  EXPECT_EQ(major_units(5, 2), "0.05");
  EXPECT_EQ(major_units(-5, 2), "-0.05");
  EXPECT_EQ(major_units(-4'950, 2), "-49.50");
  EXPECT_EQ(major_units(123'456, 3), "123.456");
  EXPECT_EQ(major_units(-7, 3), "-0.007");
  EXPECT_EQ(major_units(1'005, 0), "1005");
  EXPECT_EQ(major_units(-1, 0), "-1");
  EXPECT_EQ(major_units(std::numeric_limits<std::int64_t>::max(), 2), "92233720368547758.07");
  EXPECT_EQ(major_units(std::numeric_limits<std::int64_t>::min(), 2), "-92233720368547758.08");
}

TEST(Times, AreReadAsTheyAreWritten) {
  constexpr std::int64_t kNoon = 1'769'860'800'000;
  EXPECT_EQ(ms_of_time("2026-01-31"), kNoon - 12 * 3'600'000);
  for (const char* text : {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z",
                           "2026-01-31 12:00:00"}) {
    EXPECT_EQ(ms_of_time(text), kNoon) << text;
  }
  EXPECT_EQ(ms_of_time(iso_time(kNoon + 123)), kNoon + 123);
  for (const char* text :
       {"", "yesterday", "2026-02-30", "2026-01-31T24:00:00Z", "2026-01-31T12:00",
        "2026-01-31T12:00:00+05", "2026-01-31 and more", "31.01.2026"}) {
    EXPECT_THROW((void)ms_of_time(text), WrongUsage) << text;
  }
}

TEST(BookFormats, AreOfferedByTheirNames) {
  for (const auto& name : book_formats()) EXPECT_NE(book_format(name), nullptr) << name;
}

TEST(BookFormats, CsvHasAHeadingAndOneLineEach) {
  const auto csv = book_format("csv");
  EXPECT_EQ(csv->begin(),
            "lane,seq,at,kind,request_id,correction,debit,credit,amount,currency,digits,chain\n");
  EXPECT_EQ(csv->line(ordinary()),
            "1,17,2026-01-31T12:00:00.123Z,payin,0192,0,trader:1111,project:2222:available,495000,"
            "KZT,2,3d8c\n");
  EXPECT_EQ(csv->end(), "");
}

TEST(BookFormats, JsonIsAnArrayAlsoWhenThereIsNothing) {
  const auto count = [](const std::string& text) {
    protocol::JsonDocument document;
    EXPECT_TRUE(document.parse("{\"all\":" + text + "}").has_value()) << text;
    int rows = 0;
    for (const auto& row : document.root().find("all")->children())
      rows += row.find("lane") ? 1 : 0;
    return rows;
  };
  auto json = book_format("json");
  EXPECT_EQ(count(json->begin() + json->end()), 0);
  json = book_format("json");
  std::string text = json->begin();
  for (int n = 0; n < 3; ++n) text += json->line(ordinary());
  EXPECT_EQ(count(text + json->end()), 3);
  BookLine deposit = ordinary();
  deposit.request_id.clear();
  EXPECT_NE(book_format("json")->line(deposit).find("\"request_id\":null"), std::string::npos);
}

TEST(BookFormats, AJournalDeclaresEachNameOnceBeforeItsFirstUse) {
  const auto journal = book_format("hledger");
  EXPECT_NE(journal->begin().find("decimal-mark ."), std::string::npos);
  const std::string first = journal->line(ordinary());
  EXPECT_EQ(first,
            "\ncommodity 0.00 KZT\n"
            "account trader:1111\n"
            "account project:2222:available\n"
            "\n2026-01-31 (1.17) payin  ; kind:payin, request_id:0192, correction:0, "
            "at:2026-01-31T12:00:00.123Z\n"
            "    trader:1111                                                       -4950.00 KZT\n"
            "    project:2222:available                                             4950.00 KZT\n");
  const std::string second = journal->line(ordinary());
  EXPECT_EQ(second, first.substr(first.find("\n2026")));

  BookLine yen = ordinary();
  yen.currency = "JPY";
  yen.digits = 0;
  const std::string third = journal->line(yen);
  EXPECT_TRUE(third.starts_with("\ncommodity 0. JPY\n\n2026")) << third;
  EXPECT_NE(third.find(" -495000 JPY\n"), std::string::npos) << third;
}

}  // namespace
}  // namespace kassa::cli
