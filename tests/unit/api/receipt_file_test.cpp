// What is taken for a PDF, a PNG or a JPEG, and what only says that it is one.
#include "api/page/receipt_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kassa::api {
namespace {

using domain::ReceiptKind;
using namespace std::string_literals;

const std::string kPdf = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";
const std::string kPng =
    "\x89PNG\r\n\x1a\n"
    "\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    "\0\0\0\x0aIDATx\x9c\x63\x60\0\0\0\2\0\1\x48\xaf\xa4\x71"
    "\0\0\0\0IEND\xae\x42\x60\x82"s;
const std::string kJpeg =
    "\xff\xd8\xff\xe0\0\4JF"
    "\xff\xdb\0\3q"
    "\xff\xc0\0\4fr"
    "\xff\xff\xda\0\3scan data\xff\0more\xff\xd9"s;

TEST(ReceiptFile, IsWhatItsBytesAre) {
  EXPECT_EQ(receipt_kind_of(kPdf), ReceiptKind::pdf);
  EXPECT_EQ(receipt_kind_of(kPng), ReceiptKind::png);
  EXPECT_EQ(receipt_kind_of(kJpeg), ReceiptKind::jpeg);
  for (const std::string& before : {" "s, "\r\n\r\n"s, "\xef\xbb\xbf"s, "\xef\xbb\xbf\n"s}) {
    EXPECT_EQ(receipt_kind_of(before + kPdf), ReceiptKind::pdf) << before.size();
  }
  EXPECT_EQ(receipt_kind_of(kPng + "what a camera adds"), ReceiptKind::png);
}

TEST(ReceiptFile, IsNothingElse) {
  for (const std::string& other :
       {""s, "MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff PE of some length %PDF-1.4 %%EOF"s, "GIF89a"s,
        "<svg xmlns='http://www.w3.org/2000/svg'/>"s, "PK\3\4 a document"s, "%PDF"s,
        "%PDF-x.y \n 1234567890 %%EOF"s, "x"s + kPdf, "\x89PNG\r\n\x1a\n"s, "\xff\xd8\xff"s}) {
    EXPECT_EQ(receipt_kind_of(other), std::nullopt) << other;
  }
}

TEST(ReceiptFile, CutAnywhereItIsNone) {
  for (const std::string& whole : {kPng, kJpeg}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(receipt_kind_of(std::string_view(whole).substr(0, size)), std::nullopt) << size;
    }
  }
  EXPECT_EQ(receipt_kind_of(std::string_view(kPdf).substr(0, kPdf.size() - 2)), std::nullopt);
}

TEST(ReceiptFile, LengthsThatLieAreRefused) {
  std::string png = kPng;
  png[8] = '\x7f';
  EXPECT_EQ(receipt_kind_of(png), std::nullopt);
  std::string second = kPng;
  second[33] = '\xff';
  EXPECT_EQ(receipt_kind_of(second), std::nullopt);
  std::string jpeg = kJpeg;
  jpeg[4] = '\xff';
  EXPECT_EQ(receipt_kind_of(jpeg), std::nullopt);
  std::string short_segment = kJpeg;
  short_segment[5] = '\1';
  EXPECT_EQ(receipt_kind_of(short_segment), std::nullopt);
}

TEST(ReceiptFile, AJpegWithoutAFrameIsNone) {
  EXPECT_EQ(receipt_kind_of("\xff\xd8\xff\xc4\0\4ht\xff\xda\0\3sdata\xff\xd9"s), std::nullopt);
}

}  // namespace
}  // namespace kassa::api
