#include "common/scoring/max_loglikelihood.h"

#include <algorithm>
#include <cmath>

namespace assay {

Score MaxLoglikelihoodGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  const std::vector<double>& values = prediction.choice_loglikelihoods;
  const bool has_nan =
      std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  if (!prediction.error.empty() || values.empty() || has_nan ||
      values.size() != item.choices.size()) {
    return score;
  }
  // max_element gives the first of equal ones.
  const auto best = std::max_element(values.begin(), values.end());
  score.extracted = item.choices[best - values.begin()];
  score.verdict = score.extracted == item.target ? Verdict::kCorrect : Verdict::kWrong;
  return score;
}

}  // namespace assay
