#include "common/scoring/starts_with.h"

#include "absl/strings/match.h"
#include "common/benchmark/python_text.h"

namespace assay {

Score StartsWithGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  score.extracted = std::string(PythonStrip(prediction.output));
  score.verdict =
      absl::StartsWith(score.extracted, item.target) ? Verdict::kCorrect : Verdict::kWrong;
  return score;
}

}  // namespace assay
