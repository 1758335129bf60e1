#include "coordinator/service/page_token.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace assay {

std::string EncodePageToken(const PredictionPosition& position) {
  return absl::WebSafeBase64Escape(
      absl::StrCat("1:", position.run_id, ":", position.ordinal, ":", position.sample_index));
}

absl::StatusOr<PredictionPosition> DecodePageToken(absl::string_view token) {
  PredictionPosition position;
  if (token.empty()) return position;
  std::string text;
  std::vector<absl::string_view> parts;
  if (absl::WebSafeBase64Unescape(token, &text)) parts = absl::StrSplit(text, ':');
  if (parts.size() != 4 || parts[0] != "1" || !absl::SimpleAtoi(parts[1], &position.run_id) ||
      !absl::SimpleAtoi(parts[2], &position.ordinal) ||
      !absl::SimpleAtoi(parts[3], &position.sample_index) || position.run_id < 0 ||
      position.ordinal < 0 || position.ordinal > std::numeric_limits<int32_t>::max() ||
      position.sample_index < 0) {
    return absl::InvalidArgumentError("page_token: not a token that a page ended with");
  }
  return position;
}

}  // namespace assay
