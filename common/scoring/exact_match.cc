#include "common/scoring/exact_match.h"

#include "common/benchmark/python_text.h"
#include "common/scoring/accepted_targets.h"

namespace assay {

Verdict CompareWithTargets(const Item& item, absl::string_view answer,
                           const TextNormalization& normalization) {
  const std::string normalized = NormalizeText(answer, normalization);
  for (const std::string& target : AcceptedTargets(item)) {
    if (normalized == NormalizeText(target, normalization)) return Verdict::kCorrect;
  }
  return Verdict::kWrong;
}

Score ExactMatchGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  score.extracted = std::string(PythonStrip(prediction.output));
  score.verdict = CompareWithTargets(item, score.extracted, normalization_);
  if (score.verdict == Verdict::kWrong && score.extracted.empty()) {
    score.verdict = Verdict::kUnanswered;
  }
  return score;
}

GraderKind ExactMatchKind() {
  return {"exact_match",
          "The output is the target, or one of several.",
          RequestType::kGenerate,
          false,
          NormalizationParameters(),
          [](const GraderParameters& parameters) {
            return std::make_unique<ExactMatchGrader>(ReadNormalization(parameters));
          }};
}

}  // namespace assay
