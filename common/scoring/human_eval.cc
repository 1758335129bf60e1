#include "common/scoring/human_eval.h"

#include "absl/strings/match.h"
#include "common/benchmark/python_text.h"
namespace assay {

namespace {

// Whether the program could not even be compiled.
bool IsNoPython(absl::string_view outcome) {
  for (const char* error :
       {"failed: SyntaxError", "failed: IndentationError", "failed: TabError"}) {
    if (absl::StartsWith(outcome, error)) return true;
  }
  return false;
}

}  // namespace

absl::string_view HumanEvalGrader::name() const {
  switch (rule_.program) {
    case ProgramKind::kHumanEvalChatGlm:
      return "human_eval_chatglm";
    case ProgramKind::kHumanEvalWhole:
      return "human_eval_whole";
    case ProgramKind::kNone:
    case ProgramKind::kHumanEval:
      break;
  }
  return "human_eval";
}

Score HumanEvalGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty() || prediction.program_outcome.empty()) return score;
  score.extracted = ExtractCompletion(rule_, prediction.output);
  if (prediction.program_outcome == kProgramPassed) {
    score.verdict = Verdict::kCorrect;
  } else if (PythonStrip(score.extracted).empty()) {
    score.verdict = Verdict::kUnanswered;
  } else {
    score.verdict = IsNoPython(prediction.program_outcome) ? Verdict::kUnparsable : Verdict::kWrong;
  }
  return score;
}

}  // namespace assay
