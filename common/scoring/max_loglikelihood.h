// The verdict on scored choices.
#ifndef ASSAY_COMMON_SCORING_MAX_LOGLIKELIHOOD_H_
#define ASSAY_COMMON_SCORING_MAX_LOGLIKELIHOOD_H_

#include "common/scoring/grader.h"

namespace assay {

// Correct when the target is the choice of the highest log-likelihood, the first of equal ones.
// Extracted is that choice. A prediction without exactly one number for each choice cannot be
// graded: Verdict::kError.
class MaxLoglikelihoodGrader : public Grader {
 public:
  absl::string_view name() const override { return "max_loglikelihood"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_MAX_LOGLIKELIHOOD_H_
