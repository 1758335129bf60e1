// The rating in what a judge wrote.
#ifndef ASSAY_COMMON_SCORING_JUDGE_REPLY_H_
#define ASSAY_COMMON_SCORING_JUDGE_REPLY_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace assay {

// Reads a reply that says one rating and no other. A line says one when it is, whatever its case
// and without white space, quotes, Markdown's marks and a full stop around it, "4" or "4/5" or
// "4 out of 5", "4 - proficient" or "4 (proficient)" or "proficient", each perhaps after "Rating:"
// or "Score:". Other lines do not matter, nor does a number with another's name. nullopt where no
// line says a rating, or where two say different ones.
std::optional<int> ReadRating(absl::string_view reply);

// As INSTRUCTEVAL reads it: the last digit of the reply, and 1 where that is not from 1 to 5 or
// where there is none. Always a rating, whatever the reply.
int ReadInstructEvalRating(absl::string_view reply);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_JUDGE_REPLY_H_
