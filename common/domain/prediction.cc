#include "common/domain/prediction.h"

#include <algorithm>
#include <array>

#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 4> kFinishReasons = {"none", "stop", "length", "context"};
constexpr std::array<absl::string_view, 7> kVerdicts = {
    "correct", "wrong", "error", "unanswered", "unparsable", "rated", "ungraded"};

}  // namespace

int64_t GeneratedTokens(const Prediction& prediction) {
  return std::max(prediction.generated_tokens,
                  static_cast<int64_t>(prediction.output_token_ids.size()));
}

absl::string_view FinishReasonName(FinishReason reason) {
  return kFinishReasons[static_cast<size_t>(reason)];
}
absl::StatusOr<FinishReason> ParseFinishReason(absl::string_view name) {
  return ParseName<FinishReason>("finish reason", name, kFinishReasons);
}
absl::string_view VerdictName(Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }
absl::StatusOr<Verdict> ParseVerdict(absl::string_view name) {
  return ParseName<Verdict>("verdict", name, kVerdicts);
}

}  // namespace assay
