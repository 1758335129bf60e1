// How far people or judges agree.
#ifndef ASSAY_COMMON_STATISTICS_AGREEMENT_H_
#define ASSAY_COMMON_STATISTICS_AGREEMENT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

namespace assay {

// What differences of two ratings mean.
enum class Level {
  kNominal,   // equal or not
  kOrdinal,   // how many ratings lie between
  kInterval,  // the squared difference
};

// [rater][unit]; nullopt: not rated.
using Ratings = std::vector<std::vector<std::optional<double>>>;

// Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"): 1 for
// perfect agreement, 0 for that of chance. Units with fewer than two ratings tell nothing.
// Undefined (NaN) where no unit has two ratings, or all pairable ratings are equal. Raters have the
// same number of units. O(ratings + units * distinct^2 + distinct^2), distinct: different ratings.
double KrippendorffAlpha(const Ratings& ratings, Level level);

enum class KappaWeights { kNone, kLinear, kQuadratic };

// Cohen's kappa of two raters of the same units (Cohen 1960, 1968 with weights). Categories are 0,
// ..., categories - 1, in order for the weighted forms. Undefined (NaN) where there is nothing, or
// chance alone agrees fully. O(units + categories^2).
double CohenKappa(absl::Span<const int32_t> first, absl::Span<const int32_t> second,
                  int32_t categories, KappaWeights weights);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_AGREEMENT_H_
