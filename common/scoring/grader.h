// Verdicts from raw predictions. A grader's version is raised with every change that may change a
// verdict.
#ifndef ASSAY_COMMON_SCORING_GRADER_H_
#define ASSAY_COMMON_SCORING_GRADER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/item.h"
#include "common/domain/prediction.h"

namespace assay {

// Stateless; thread-safe. A prediction that is an error gets Verdict::kError from every grader.
class Grader {
 public:
  virtual ~Grader() = default;
  virtual absl::string_view name() const = 0;
  virtual int version() const = 0;
  virtual Score Grade(const Item& item, const Prediction& prediction) const = 0;
  // What the share of right predictions is called where a run is graded by this and not by its
  // protocol's grader, and the mean of Score::value(); empty: it tells right from wrong only.
  virtual absl::string_view verdict_metric() const { return "accuracy"; }
  virtual absl::string_view value_metric() const { return ""; }
};

// "starts_with": Python's strip(output).startswith(target). "max_loglikelihood": the choice of the
// highest log-likelihood, the first of equal ones, is the target. "hhh": the answer preferred over
// both orders is the chosen one. "drop_f1": DROP's exact match and F1. "human_eval" and its
// kinds: the program passed. NotFound names the graders there are.
absl::StatusOr<const Grader*> FindGrader(absl::string_view name);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_GRADER_H_
