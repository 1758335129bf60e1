#include "common/scoring/max_loglikelihood.h"

#include <algorithm>
#include <cmath>

#include "common/benchmark/prompt_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

double LengthOf(const Item& item, const std::string& choice, ChoiceLength length) {
  if (length == ChoiceLength::kNone) return 1;
  absl::string_view text = FieldOf(item, choice);
  if (text.empty()) text = choice;
  if (length == ChoiceLength::kBytes) return static_cast<double>(text.size());
  double characters = 0;
  for (; !text.empty(); ++characters) TakeUtf8Character(&text);
  return characters;
}

}  // namespace

Score MaxLoglikelihoodGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  std::vector<double> values = prediction.choice_loglikelihoods;
  const bool has_nan =
      std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  if (!prediction.error.empty() || values.empty() || has_nan ||
      values.size() != item.choices.size()) {
    return score;
  }
  for (size_t i = 0; i < values.size(); ++i) values[i] /= LengthOf(item, item.choices[i], length_);
  // max_element gives the first of equal ones.
  const auto best = std::max_element(values.begin(), values.end());
  score.extracted = item.choices[best - values.begin()];
  score.verdict = score.extracted == item.target ? Verdict::kCorrect : Verdict::kWrong;
  return score;
}

GraderKind MaxLoglikelihoodKind() {
  return {
      "max_loglikelihood",
      "The choice of the highest log-likelihood is the target.",
      RequestType::kScoreChoices,
      true,
      {{"length",
        GraderParameter::Type::kName,
        "none",
        false,
        {"none", "characters", "bytes"},
        "What each log-likelihood is divided by: the length of the option's text, or nothing."}},
      [](const GraderParameters& parameters) {
        const std::string& length = parameters.at("length");
        return std::make_unique<MaxLoglikelihoodGrader>(length == "characters"
                                                            ? ChoiceLength::kCharacters
                                                        : length == "bytes" ? ChoiceLength::kBytes
                                                                            : ChoiceLength::kNone);
      }};
}

}  // namespace assay
