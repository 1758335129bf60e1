// The verdict on scored choices.
#ifndef ASSAY_COMMON_SCORING_MAX_LOGLIKELIHOOD_H_
#define ASSAY_COMMON_SCORING_MAX_LOGLIKELIHOOD_H_

#include "common/scoring/grader_kind.h"

namespace assay {

// What a choice's log-likelihood is divided by. The length is that of the option's text (the item's
// field of the label's name), or of the choice itself where there is none.
enum class ChoiceLength { kNone, kCharacters, kBytes };

// Correct when the target is the choice of the highest log-likelihood, the first of equal ones.
// Extracted is that choice. A prediction without exactly one number for each choice cannot be
// graded: Verdict::kError.
class MaxLoglikelihoodGrader : public Grader {
 public:
  explicit MaxLoglikelihoodGrader(ChoiceLength length = ChoiceLength::kNone) : length_(length) {}
  absl::string_view name() const override { return "max_loglikelihood"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;

 private:
  const ChoiceLength length_;
};

GraderKind MaxLoglikelihoodKind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_MAX_LOGLIKELIHOOD_H_
