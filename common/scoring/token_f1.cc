#include "common/scoring/token_f1.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/benchmark/python_text.h"
#include "common/scoring/accepted_targets.h"
#include "common/scoring/text_normalization.h"

namespace assay {
namespace {

constexpr TextNormalization kSquad = {true, true, true, true};

std::vector<std::string> Words(const std::string& normalized) {
  return absl::StrSplit(normalized, ' ', absl::SkipEmpty());
}

double F1(const std::vector<std::string>& said, const std::vector<std::string>& right) {
  if (said.empty() || right.empty()) return said.empty() == right.empty() ? 1 : 0;
  std::map<std::string, int> left;
  for (const std::string& word : right) ++left[word];
  int common = 0;
  for (const std::string& word : said) {
    if (left[word]-- > 0) ++common;
  }
  if (common == 0) return 0;
  const double precision = static_cast<double>(common) / static_cast<double>(said.size());
  const double recall = static_cast<double>(common) / static_cast<double>(right.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

Score TokenF1Grader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  score.extracted = std::string(PythonStrip(prediction.output));
  score.verdict = score.extracted.empty() ? Verdict::kUnanswered : Verdict::kWrong;
  const std::string said = NormalizeText(prediction.output, kSquad);
  double best = 0;
  for (const std::string& target : AcceptedTargets(item)) {
    const std::string right = NormalizeText(target, kSquad);
    if (said == right) score.verdict = Verdict::kCorrect;
    best = std::max(best, F1(Words(said), Words(right)));
  }
  score.partial = best;
  return score;
}

GraderKind TokenF1Kind() {
  return {"token_f1",
          "The words that the output and the target have in common, as SQuAD counts them.",
          RequestType::kGenerate,
          false,
          {},
          [](const GraderParameters&) { return std::make_unique<TokenF1Grader>(); }};
}

}  // namespace assay
