#include "common/http/gzip.h"

#include <zlib.h>

#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

// zlib's largest window, and 16 for gzip's header.
constexpr int kWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

}  // namespace

std::string Gzip(absl::string_view text, int level) {
  z_stream stream = {};
  if (deflateInit2(&stream, level, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return "";
  }
  std::string packed;
  packed.resize(deflateBound(&stream, static_cast<uLong>(text.size())));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(result == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

bool AcceptsGzip(absl::string_view accept_encoding) {
  bool accepts = false;
  for (const absl::string_view part : absl::StrSplit(accept_encoding, ',')) {
    const std::pair<absl::string_view, absl::string_view> split =
        absl::StrSplit(part, absl::MaxSplits(';', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(split.first);
    absl::string_view weight = absl::StripAsciiWhitespace(split.second);
    double q = 1;
    if (absl::StartsWithIgnoreCase(weight, "q=") && !absl::SimpleAtod(weight.substr(2), &q)) q = 0;
    if (absl::EqualsIgnoreCase(name, "gzip")) return q > 0;
    if (name == "*") accepts = q > 0;
  }
  return accepts;
}

}  // namespace assay
