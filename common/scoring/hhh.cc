#include "common/scoring/hhh.h"

#include <cmath>

namespace assay {

Score HhhGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  const std::vector<double>& values = prediction.choice_loglikelihoods;
  if (!prediction.error.empty() || values.size() != 4) return score;
  const double chosen = values[0] + values[3];
  const double rejected = values[1] + values[2];
  if (std::isnan(chosen) || std::isnan(rejected)) return score;
  score.extracted = chosen > rejected ? "chosen" : "rejected";
  score.verdict = chosen > rejected ? Verdict::kCorrect : Verdict::kWrong;
  return score;
}

}  // namespace assay
