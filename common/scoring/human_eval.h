// The verdict on a program that was run.
#ifndef ASSAY_COMMON_SCORING_HUMAN_EVAL_H_
#define ASSAY_COMMON_SCORING_HUMAN_EVAL_H_

#include "common/scoring/grader.h"
#include "common/scoring/human_eval_program.h"

namespace assay {

// Correct when the program made of the prediction, whose last statement calls the problem's tests,
// ran to its end: what its worker found is stored with the prediction. Extracted is the completion
// that was part of the program; unanswered when there is none, unparsable when Python could not
// compile it. A prediction whose program was not run cannot be graded:
// Verdict::kError.
class HumanEvalGrader : public Grader {
 public:
  // "human_eval", "human_eval_chatglm" or "human_eval_whole", by how completions are taken.
  explicit HumanEvalGrader(ProgramKind program = ProgramKind::kHumanEval) : rule_{program} {}

  absl::string_view name() const override;
  int version() const override { return 2; }
  absl::string_view verdict_metric() const override { return "pass@1"; }
  Score Grade(const Item& item, const Prediction& prediction) const override;

 private:
  const CompletionRule rule_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_HUMAN_EVAL_H_
