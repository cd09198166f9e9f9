#include "store/move/pages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/codec.hpp"
#include "store/move/row_bytes.hpp"

namespace kassa::store {
namespace {

constexpr std::string_view kMagic = "kassa export ";
constexpr std::string_view kFirstLine = "kassa export 1\n";
constexpr std::string_view kKinds = "HRFE";
constexpr std::size_t kHeadBytes = 9;  // kind and size

/// A receipt is the longest that there is, 10 MiB. What says that it is longer is damaged.
constexpr std::uint64_t kContentBytesMax = std::uint64_t{64} << 20U;

std::string_view bytes_of(const Digest& digest) {
  return Codec<Digest>::encode(digest);
}

std::string head_of(PageKind kind, std::size_t size) {
  std::string head(1, static_cast<char>(kind));
  for (int shift = 56; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift);
  return head;
}

std::uint64_t size_in(std::string_view head) {
  std::uint64_t size = 0;
  for (const char byte : head.substr(1)) size = size << 8U | static_cast<unsigned char>(byte);
  return size;
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw StoreError(StoreError::Kind::failed, sentence);
}

/// " (payments)": what the page says that it is of, if that is anything we know.
std::string said_table(std::string_view content) {
  try {
    ValuesReader reader(content);
    const TableShape* table = find_shape(reader.bytes(reader.count()));
    return table == nullptr ? "" : fmt::format(" (rows of {})", table->name);
  } catch (const StoreError&) {
    return "";
  }
}

}  // namespace

PageWriter::PageWriter(ByteSink to) : to_(std::move(to)) {
  send(kFirstLine);
}

void PageWriter::send(std::string_view bytes) {
  to_(bytes);
  bytes_ += static_cast<std::int64_t>(bytes.size());
}

void PageWriter::write(PageKind kind, std::string_view content) {
  const std::string head = head_of(kind, content.size());
  for (const std::string_view part : {bytes_of(chain_), std::string_view(head), content}) {
    sha256_.add(part);
  }
  chain_ = sha256_.end();
  send(head);
  send(content);
  send(bytes_of(chain_));
  ++pages_;
}

PageReader::PageReader(ByteSource from) : from_(std::move(from)) {
  const std::string line = read(kFirstLine.size());
  if (line == kFirstLine) return;
  refuse(line.starts_with(kMagic) ? "a newer Kassa made this export; import it with that one"
                                  : "this is no export of Kassa: it doesn't begin as one does");
}

ExportPage PageReader::next() {
  const std::string head = read(kHeadBytes);
  if (head.size() < kHeadBytes) {
    refuse(fmt::format("the export is not whole: it ends before page {}", next_));
  }
  const std::uint64_t size = size_in(head);
  if (kKinds.find(head.front()) == std::string_view::npos || size > kContentBytesMax) {
    refuse(fmt::format("page {} of the export is damaged: it doesn't begin as a page does", next_));
  }
  ExportPage page{static_cast<PageKind>(head.front()), next_, read(size), {}};
  const std::string chain = read(chain_.size());
  if (page.content.size() < size || chain.size() < chain_.size()) {
    refuse(fmt::format("the export is not whole: it ends within page {}", next_));
  }
  for (const std::string_view part :
       {bytes_of(chain_), std::string_view(head), std::string_view(page.content)}) {
    sha256_.add(part);
  }
  page.chain = sha256_.end();
  if (chain != bytes_of(page.chain)) {
    const bool is_rows = page.kind == PageKind::rows;
    refuse(fmt::format("page {}{} of the export is damaged: its checksum is not that of its bytes",
                       next_, is_rows ? said_table(page.content) : ""));
  }
  chain_ = page.chain;
  ++next_;
  return page;
}

void PageReader::require_end() {
  if (!read(1).empty()) refuse("something comes behind the end of the export");
}

/// Fewer at the end of the stream.
std::string PageReader::read(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t got = from_(std::span(bytes).subspan(filled));
    if (got == 0) break;
    filled += got;
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace kassa::store
