#include "common/scoring/judge_graders.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/benchmark/impact.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/python_text.h"
#include "common/domain/rating.h"
#include "common/scoring/judge_reply.h"

namespace assay {
namespace {

bool IsError(const Item& item, const Prediction& prediction) {
  return !prediction.error.empty() || !FieldOf(item, kAnswerErrorField).empty();
}

// An item without the field was asked with an answer all the same: who grades it does not know it.
bool HasEmptyAnswer(const Item& item) {
  const auto answer = item.fields.find(kAnswerField);
  return answer != item.fields.end() && PythonStrip(answer->second).empty();
}

void SetRating(int rating, Score* score) {
  score->verdict = Verdict::kRated;
  score->partial = RatingToShare(rating);
  score->extracted = absl::StrCat(rating);
}

}  // namespace

Score JudgeStrictGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (IsError(item, prediction)) return score;
  score.verdict = Verdict::kUnanswered;
  if (HasEmptyAnswer(item)) return score;
  score.verdict = Verdict::kUnparsable;
  const std::optional<int> rating = ReadRating(prediction.output);
  if (rating.has_value()) SetRating(*rating, &score);
  return score;
}

Score JudgeInstructEvalGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (IsError(item, prediction)) return score;
  SetRating(ReadInstructEvalRating(prediction.output), &score);
  return score;
}

}  // namespace assay
