// Of answers that are neither right nor wrong.
#ifndef ASSAY_COMMON_SCORING_UNGRADED_H_
#define ASSAY_COMMON_SCORING_UNGRADED_H_

#include "common/scoring/grader.h"

namespace assay {

// Verdict::kUngraded, or kUnanswered where the output is empty but for white space.
class UngradedGrader : public Grader {
 public:
  absl::string_view name() const override { return "ungraded"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
  absl::string_view verdict_metric() const override { return ""; }
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_UNGRADED_H_
