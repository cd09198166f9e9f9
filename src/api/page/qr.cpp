#include "api/page/qr.hpp"

#include <qrencode.h>

#include <memory>
#include <string>

namespace kassa::api {
namespace {

constexpr int kQuietZone = 4;  // modules of white around the code: ISO 18004

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

/// One path with a stroke of each run of dark modules in a row.
std::string path_of(const QRcode& code) {
  std::string path;
  const auto dark = [&code](int x, int y) {
    return x < code.width && (code.data[(y * code.width) + x] & 1U) != 0;
  };
  for (int y = 0; y < code.width; ++y) {
    for (int x = 0; x < code.width; ++x) {
      if (!dark(x, y)) continue;
      int length = 1;
      while (dark(x + length, y)) ++length;
      path += "M" + std::to_string(x + kQuietZone) + " " + std::to_string(y + kQuietZone) + "h" +
              std::to_string(length) + "v1h-" + std::to_string(length) + "z";
      x += length;
    }
  }
  return path;
}

}  // namespace

bool append_qr_code(Html& html, std::string_view text, std::string_view label) {
  const std::string whole(text);
  std::unique_ptr<QRcode, FreeCode> code;
  // A long text has room for less that repairs a scan.
  for (const auto level : {QR_ECLEVEL_M, QR_ECLEVEL_L}) {
    if (!code) code.reset(QRcode_encodeString8bit(whole.c_str(), 0, level));
  }
  if (!code) return false;
  const std::string size = std::to_string(code->width + (2 * kQuietZone));
  html.raw("<figure class=\"qr\"><svg role=\"img\" aria-label=\"")
      .text(label)
      .raw("\" viewBox=\"0 0 ")
      .text(size + " " + size)
      .raw("\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h")
      .text(size + "v" + size)
      .raw("H0z\"/><path d=\"")
      .text(path_of(*code))
      .raw("\"/></svg><figcaption>")
      .text(label)
      .raw("</figcaption></figure>");
  return true;
}

}  // namespace kassa::api
