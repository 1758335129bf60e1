// Who rates what: balanced over raters and models.
#ifndef ASSAY_COORDINATOR_RATINGS_ASSIGNMENT_H_
#define ASSAY_COORDINATOR_RATINGS_ASSIGNMENT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace assay {

// An answer of a run to an item.
struct RatedAnswer {
  int64_t run_id = 0;
  int64_t ordinal = 0;
  friend bool operator==(const RatedAnswer&, const RatedAnswer&) = default;
};

struct AssignmentOptions {
  int raters = 2;
  int raters_per_answer = 2;
  bool pairs = false;
  uint64_t seed = 1;
};

// What a rater is shown at once: an answer, or two in the order in which they stand.
using RatingUnit = std::vector<RatedAnswer>;

// The units of each rater, in an order of its own. Each answer goes to `raters_per_answer` of the
// raters. Of the answers of a run any two raters have the same number, or one more, and of all
// units likewise; raters are put together with all others as often. In pairs, the answers of
// different runs to an item stand together, each in one pair, all pairs of runs as often as they
// can, and each run on either side; where the number of answers to an item is odd, one stands
// alone, and a rater's numbers may differ by more. The same for the same input. InvalidArgument
// where there are fewer raters than an answer is to have, or no answers.
absl::StatusOr<std::vector<std::vector<RatingUnit>>> AssignRatings(
    absl::Span<const RatedAnswer> answers, const AssignmentOptions& options);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_RATINGS_ASSIGNMENT_H_
