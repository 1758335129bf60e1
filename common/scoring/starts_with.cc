#include "common/scoring/starts_with.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "common/benchmark/python_text.h"

namespace assay {

namespace {

Verdict Judge(const Item& item, const std::string& answer) {
  if (absl::StartsWith(answer, item.target)) return Verdict::kCorrect;
  if (answer.empty()) return Verdict::kUnanswered;
  const bool names_choice =
      std::any_of(item.choices.begin(), item.choices.end(),
                  [&answer](const std::string& label) { return absl::StartsWith(answer, label); });
  return item.choices.empty() || names_choice ? Verdict::kWrong : Verdict::kUnparsable;
}

}  // namespace

Score StartsWithGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  score.extracted = std::string(PythonStrip(prediction.output));
  score.verdict = Judge(item, score.extracted);
  return score;
}

}  // namespace assay
