// Ratings of answers, by judges and by people: five named levels, and their place in [0, 1], where
// Score::partial has them.
#ifndef ASSAY_COMMON_DOMAIN_RATING_H_
#define ASSAY_COMMON_DOMAIN_RATING_H_

#include <array>

#include "absl/strings/string_view.h"

namespace assay {

inline constexpr int kLowestRating = 1;
inline constexpr int kHighestRating = 5;
inline constexpr double kRatingRange = kHighestRating - kLowestRating;

// Of the ratings from 1 to 5.
inline constexpr std::array<absl::string_view, 5> kRatingNames = {
    "inadequate", "limited", "satisfactory", "proficient", "excellent"};

constexpr double RatingToShare(double rating) { return (rating - kLowestRating) / kRatingRange; }
constexpr double ShareToRating(double share) { return kLowestRating + share * kRatingRange; }

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_RATING_H_
