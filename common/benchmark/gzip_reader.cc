#include "common/benchmark/gzip_reader.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr size_t kMostInput = size_t{1} << 30;  // what zlib's 32-bit counter holds, at a time

}  // namespace

GzipReader::GzipReader(absl::string_view data)
    : rest_(data), state_(inflateInit2(&stream_, kGzipOnly)) {}

GzipReader::~GzipReader() { inflateEnd(&stream_); }

void GzipReader::FeedInput() {
  if (stream_.avail_in > 0) return;
  const size_t size = std::min(rest_.size(), kMostInput);
  // zlib does not write to its input; the pointer is not const for history's sake.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
  stream_.avail_in = static_cast<uInt>(size);
  rest_.remove_prefix(size);
}

bool GzipReader::AtEnd() {
  FeedInput();
  if (stream_.avail_in == 0) return true;
  state_ = inflateReset(&stream_);
  return false;
}

absl::StatusOr<size_t> GzipReader::Read(char* buffer, size_t size) {
  stream_.next_out = reinterpret_cast<Bytef*>(buffer);
  stream_.avail_out = static_cast<uInt>(size);
  while (stream_.avail_out > 0) {
    if (state_ == Z_STREAM_END && AtEnd()) break;
    FeedInput();
    if (state_ == Z_OK) state_ = inflate(&stream_, Z_NO_FLUSH);
    if (state_ == Z_OK || state_ == Z_STREAM_END) continue;
    if (state_ == Z_BUF_ERROR) {
      return absl::InvalidArgumentError("the gzip data is cut short; fetch the file again");
    }
    if (state_ == Z_MEM_ERROR)
      return absl::ResourceExhaustedError("no memory to inflate gzip data");
    return absl::InvalidArgumentError(absl::StrCat(
        "not gzip, or damaged (", stream_.msg == nullptr ? "no reason given" : stream_.msg, ")"));
  }
  return size - stream_.avail_out;
}

}  // namespace assay
