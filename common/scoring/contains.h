// The verdict on an answer that must have the right one in it.
#ifndef ASSAY_COMMON_SCORING_CONTAINS_H_
#define ASSAY_COMMON_SCORING_CONTAINS_H_

#include "common/scoring/grader_kind.h"
#include "common/scoring/text_normalization.h"

namespace assay {

// Correct when one of the accepted targets, normalized, is a part of the output, normalized alike;
// with `whole_words`, a part that neither begins nor ends within a word (of letters, digits, "_"
// and all characters beyond ASCII). An empty target is never found. Extracted is the stripped
// output.
class ContainsGrader : public Grader {
 public:
  ContainsGrader(const TextNormalization& normalization, bool whole_words)
      : normalization_(normalization), whole_words_(whole_words) {}
  absl::string_view name() const override { return "contains"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;

 private:
  const TextNormalization normalization_;
  const bool whole_words_;
};

GraderKind ContainsKind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_CONTAINS_H_
