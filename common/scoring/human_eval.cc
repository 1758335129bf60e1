#include "common/scoring/human_eval.h"

#include "common/scoring/human_eval_program.h"

namespace assay {

Score HumanEvalGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty() || prediction.program_outcome.empty()) return score;
  score.extracted = ExtractInstructEvalCompletion(prediction.output);
  score.verdict =
      prediction.program_outcome == kProgramPassed ? Verdict::kCorrect : Verdict::kWrong;
  return score;
}

}  // namespace assay
