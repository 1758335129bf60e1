#include "common/scoring/ungraded.h"

#include <string>

#include "common/benchmark/python_text.h"

namespace assay {

Score UngradedGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  score.verdict = !prediction.error.empty()                ? Verdict::kError
                  : PythonStrip(prediction.output).empty() ? Verdict::kUnanswered
                                                           : Verdict::kUngraded;
  return score;
}

}  // namespace assay
