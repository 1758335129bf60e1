// The words that an answer and the right one have in common.
#ifndef ASSAY_COMMON_SCORING_TOKEN_F1_H_
#define ASSAY_COMMON_SCORING_TOKEN_F1_H_

#include "common/scoring/grader_kind.h"

namespace assay {

// F1 of the output's words and the target's, as SQuAD counts it (Rajpurkar et al., 2016): in small
// letters, without punctuation and articles, each word as often as it occurs. The best of the
// accepted targets counts. Correct is what is equal by the same rules. Extracted is the stripped
// output.
class TokenF1Grader : public Grader {
 public:
  absl::string_view name() const override { return "token_f1"; }
  int version() const override { return 1; }
  absl::string_view verdict_metric() const override { return "exact_match"; }
  absl::string_view value_metric() const override { return "f1"; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
};

GraderKind TokenF1Kind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_TOKEN_F1_H_
