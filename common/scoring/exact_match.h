// The verdict on an answer that must be the right one, word for word.
#ifndef ASSAY_COMMON_SCORING_EXACT_MATCH_H_
#define ASSAY_COMMON_SCORING_EXACT_MATCH_H_

#include "common/scoring/grader_kind.h"
#include "common/scoring/text_normalization.h"

namespace assay {

// Correct when the output, normalized, is one of the accepted targets, normalized alike. Extracted
// is the stripped output.
class ExactMatchGrader : public Grader {
 public:
  explicit ExactMatchGrader(const TextNormalization& normalization)
      : normalization_(normalization) {}
  absl::string_view name() const override { return "exact_match"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;

 private:
  const TextNormalization normalization_;
};

// The verdict on `answer`, something that was said, by the accepted targets of the item.
Verdict CompareWithTargets(const Item& item, absl::string_view answer,
                           const TextNormalization& normalization);

GraderKind ExactMatchKind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_EXACT_MATCH_H_
