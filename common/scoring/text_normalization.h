// What does not count when an answer is compared with the right one.
#ifndef ASSAY_COMMON_SCORING_TEXT_NORMALIZATION_H_
#define ASSAY_COMMON_SCORING_TEXT_NORMALIZATION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/scoring/grader_kind.h"

namespace assay {

// White space at both ends never counts.
struct TextNormalization {
  bool ignore_case = false;         // compared as Python's lower() has them
  bool ignore_punctuation = false;  // ASCII's, which Python's string.punctuation lists
  bool ignore_articles = false;     // the words a, an and the, in any case
  bool collapse_spaces = true;      // runs of white space are one space
};

std::string NormalizeText(absl::string_view text, const TextNormalization& normalization);

// The same as parameters of a grader.
std::vector<GraderParameter> NormalizationParameters();
TextNormalization ReadNormalization(const GraderParameters& parameters);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_TEXT_NORMALIZATION_H_
