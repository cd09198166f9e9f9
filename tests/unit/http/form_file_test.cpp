// The one file of a plain HTML form, and what is not one.
#include "http/form_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kassa::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=----WebKitFormBoundaryX9";

std::string form(const std::string& content, const std::string& head = "") {
  const std::string disposition =
      "Content-Disposition: form-data; name=\"receipt\"; filename=\"a;b=c.pdf\"\r\n"
      "Content-Type: application/pdf\r\n";
  return "------WebKitFormBoundaryX9\r\n" + (head.empty() ? disposition : head) + "\r\n" + content +
         "\r\n------WebKitFormBoundaryX9--\r\n";
}

TEST(FormFile, IsReadWithWhateverBytesItHas) {
  const std::string content("%PDF\r\n--\0\r\n----WebKit\n\r\r\n", 26);
  const std::string body = form(content);
  const auto file = read_form_file(kType, body);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->field, "receipt");
  EXPECT_EQ(file->content, content);
}

TEST(FormFile, MayBeEmptyAndMayEndWithoutALine) {
  std::string body = form("");
  body.resize(body.size() - 2);
  const auto file = read_form_file(kType, body);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->content, "");
}

TEST(FormFile, NamesOfHeadersAndTypesAreReadInAnyCase) {
  const std::string body =
      form("x", "CONTENT-disposition:form-data; NAME=\"r\"; FileName=\"\"\r\n");
  EXPECT_TRUE(read_form_file("Multipart/Form-Data;BOUNDARY=\"----WebKitFormBoundaryX9\"", body));
}

TEST(FormFile, OfAnotherTypeThereIsNone) {
  EXPECT_TRUE(is_form_with_files(kType));
  EXPECT_TRUE(is_form_with_files("multipart/form-data"));
  for (const char* type :
       {"", "application/pdf", "multipart/mixed; boundary=x", "multipart/form-datax; boundary=x"}) {
    EXPECT_FALSE(is_form_with_files(type)) << type;
    EXPECT_FALSE(read_form_file(type, form("x"))) << type;
  }
}

TEST(FormFile, BoundariesThatAreNoneAreRefused) {
  const std::string long_one(71, 'x');
  for (const std::string& parameter :
       {std::string(), std::string("; boundary="), std::string("; boundary=\"\""),
        "; boundary=" + long_one, std::string("; boundary=a b"), std::string("; boundary=\"a"),
        std::string("; boundary=\"a\r\nb\""), std::string("; boundary=x; boundary=x"),
        std::string(" boundary=x"), std::string(";=x"), std::string("; boundary")}) {
    EXPECT_FALSE(read_form_file("multipart/form-data" + parameter,
                                "--x\r\nContent-Disposition: form-data; name=\"r\"; "
                                "filename=\"f\"\r\n\r\nx\r\n--x--\r\n"))
        << parameter;
  }
}

TEST(FormFile, HeadsThatAreNoFilesAreRefused) {
  for (const std::string& head : {
           std::string("Content-Type: application/pdf\r\n"),
           std::string("Content-Disposition: form-data; name=\"receipt\"\r\n"),
           std::string("Content-Disposition: form-data; filename=\"f\"\r\n"),
           std::string("Content-Disposition: attachment; name=\"r\"; filename=\"f\"\r\n"),
           std::string("Content-Disposition: form-data; name=r; filename=f\r\n"),
           std::string("Content-Disposition: form-data; name=\"r; filename=\"f\"\r\n"),
           std::string(
               "Content-Disposition: form-data; name=\"r\"; name=\"s\"; filename=\"f\"\r\n"),
           std::string("Content-Disposition: form-data; name=\"r\"; filename=\"f\"\r\n"
                       "Content-Disposition: form-data; name=\"r\"; filename=\"f\"\r\n"),
           std::string("Content-Disposition: form-data; name=\"r\"; filename=\"f\"\r\n"
                       "Content-Transfer-Encoding: base64\r\n"),
           std::string("no colon\r\n"),
           std::string("Content-Disposition: form-data; name=\"r\"; filename=\"f\"\n"),
           "X: " + std::string(3'000, 'x') + "\r\n",
       }) {
    EXPECT_FALSE(read_form_file(kType, form("x", head))) << head;
  }
}

TEST(FormFile, AnythingBeforeBesidesOrAfterItIsRefused) {
  const std::string whole = form("x");
  EXPECT_FALSE(read_form_file(kType, "preamble\r\n" + whole));
  EXPECT_FALSE(read_form_file(kType, whole + "more"));
  EXPECT_FALSE(read_form_file(kType, whole + whole));
  std::string two = whole.substr(0, whole.size() - 4) + "\r\n" + whole.substr(28);
  EXPECT_FALSE(read_form_file(kType, two));
}

TEST(FormFile, CutAnywhereItIsNone) {
  const std::string whole = form("x");
  for (std::size_t size = 0; size < whole.size() - 2; ++size) {
    EXPECT_FALSE(read_form_file(kType, std::string_view(whole).substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace kassa::http
