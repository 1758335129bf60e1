// The verdict on the part of an answer that a regular expression finds.
#ifndef ASSAY_COMMON_SCORING_REGEX_H_
#define ASSAY_COMMON_SCORING_REGEX_H_

#include <memory>

#include "common/scoring/grader_kind.h"
#include "common/scoring/text_normalization.h"

namespace re2 {
class RE2;
}

namespace assay {

// Extracted is the first or last match of the pattern in the output (RE2's syntax), or what its
// first group matched where it has one; stripped. Correct when that is one of the accepted targets,
// both normalized. Unparsable when nothing matches.
class RegexGrader : public Grader {
 public:
  // `pattern` is one: see PatternError.
  RegexGrader(const std::string& pattern, bool take_last, const TextNormalization& normalization);
  ~RegexGrader() override;
  absl::string_view name() const override { return "regex"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;

 private:
  const std::unique_ptr<const re2::RE2> pattern_;
  const bool take_last_;
  const TextNormalization normalization_;
};

// Why a text is no pattern; empty when it is one.
std::string PatternError(const std::string& pattern);

GraderKind RegexKind();

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_REGEX_H_
