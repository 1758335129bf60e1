#include "common/statistics/mcnemar.h"

#include <algorithm>
#include <cmath>

#include "common/statistics/distributions.h"

namespace assay {

double McNemarExact(const Discordant& discordant) {
  const int64_t smaller = std::min(discordant.first, discordant.second);
  return std::min(1.0, 2 * FairBinomialCdf(smaller, discordant.first + discordant.second));
}

double McNemarCorrected(const Discordant& discordant) {
  if (discordant.first == discordant.second) return 1;
  const double difference = std::abs(static_cast<double>(discordant.first - discordant.second)) - 1;
  const double sum = static_cast<double>(discordant.first + discordant.second);
  return ChiSquaredOneSurvival(difference * difference / sum);
}

}  // namespace assay
