// INSTRUCTEVAL's verdict on generated text.
#ifndef ASSAY_COMMON_SCORING_STARTS_WITH_H_
#define ASSAY_COMMON_SCORING_STARTS_WITH_H_

#include "common/scoring/grader.h"

namespace assay {

// Correct when Python's strip(output).startswith(target) holds: case counts, and an empty target is
// always right. Extracted is the stripped output. Unparsable where the item has choices and the
// output starts with none of their labels.
class StartsWithGrader : public Grader {
 public:
  absl::string_view name() const override { return "starts_with"; }
  int version() const override { return 2; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_STARTS_WITH_H_
