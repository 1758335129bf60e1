// The verdict on a program that was run.
#ifndef ASSAY_COMMON_SCORING_HUMAN_EVAL_H_
#define ASSAY_COMMON_SCORING_HUMAN_EVAL_H_

#include "common/scoring/grader.h"

namespace assay {

// Correct when the program made of the prediction, whose last statement calls the problem's tests,
// ran to its end: what its worker found is stored with the prediction. Extracted is the completion
// that was part of the program; unanswered when there is none, unparsable when Python could not
// compile it. A prediction whose program was not run cannot be graded:
// Verdict::kError.
class HumanEvalGrader : public Grader {
 public:
  absl::string_view name() const override { return "human_eval"; }
  int version() const override { return 2; }
  absl::string_view verdict_metric() const override { return "pass@1"; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_HUMAN_EVAL_H_
