#include "worker/session/sample_stream.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"

namespace assay {

RandomStream SampleStream(int64_t seed, absl::string_view item_id, int sample_index) {
  const absl::string_view nul("\0", 1);
  const std::string digest = absl::HexStringToBytes(
      Sha256Hex(absl::StrCat("assay sample 1", nul, seed, nul, item_id, nul, sample_index)));
  const auto integer = [&digest](size_t first) {
    uint64_t value = 0;
    for (size_t i = 8; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(digest[first + i]);
    }
    return value;
  };
  return {integer(0), integer(8)};
}

}  // namespace assay
