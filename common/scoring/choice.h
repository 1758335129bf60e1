// The verdict on a written answer that names one of the item's choices.
#ifndef ASSAY_COMMON_SCORING_CHOICE_H_
#define ASSAY_COMMON_SCORING_CHOICE_H_

#include "common/scoring/grader_kind.h"

namespace assay {

// Correct when the choice that the output names is the target. The first of these that names one:
//   - the output begins with a label, in parentheses or not, that ends there: at the end of the
//     output or of a line, or before one of . , : ; ) ] *;
//   - the last "answer is LABEL" or "answer: LABEL", in any case, the label in parentheses or not;
//   - a label in parentheses, when there is only one such label in the output;
//   - the output, stripped, is the text of an option (the item's field of the label's name), in any
//     case.
// Extracted is the label. Unparsable when nothing names a choice.
class ChoiceGrader : public Grader {
 public:
  absl::string_view name() const override { return "choice"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
};

GraderKind ChoiceKind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_CHOICE_H_
