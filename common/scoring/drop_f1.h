// DROP's own verdict on generated text.
#ifndef ASSAY_COMMON_SCORING_DROP_F1_H_
#define ASSAY_COMMON_SCORING_DROP_F1_H_

#include "common/scoring/grader.h"

namespace assay {

// The answer is the first line of Python's strip(output), as one span: text without markup does not
// tell several spans apart. Correct on an exact match with one of the item's "references"; the
// value is the greatest F1 over them. An item without references cannot be graded: Verdict::kError.
class DropF1Grader : public Grader {
 public:
  absl::string_view name() const override { return "drop_f1"; }
  int version() const override { return 2; }
  absl::string_view verdict_metric() const override { return "exact_match"; }
  absl::string_view value_metric() const override { return "f1"; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_DROP_F1_H_
