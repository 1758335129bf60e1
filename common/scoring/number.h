// The verdict on an answer that is a number.
#ifndef ASSAY_COMMON_SCORING_NUMBER_H_
#define ASSAY_COMMON_SCORING_NUMBER_H_

#include <optional>

#include "common/scoring/grader_kind.h"

namespace assay {

// Correct when the first or last number in the output is at most `tolerance` away from one of the
// accepted targets. Numbers are decimal, with a sign, a fraction, an exponent and commas between
// groups of three digits ("-1,234.5", "2e6"); the hyphen in "10-12" is no sign. Extracted is the
// number as it stands there. Unparsable when there is none; a target that is no number cannot be
// graded: Verdict::kError.
class NumberGrader : public Grader {
 public:
  NumberGrader(double tolerance, bool take_last) : tolerance_(tolerance), take_last_(take_last) {}
  absl::string_view name() const override { return "number"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;

 private:
  const double tolerance_;
  const bool take_last_;
};

// The value of a text that is a number as a whole, spaces around it and a currency sign or percent
// sign at its ends apart; empty for others.
std::optional<double> ReadNumber(absl::string_view text);

GraderKind NumberKind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_NUMBER_H_
