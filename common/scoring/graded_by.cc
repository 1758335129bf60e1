#include "common/scoring/graded_by.h"

#include "common/scoring/grader.h"

namespace assay {

ProtocolSpec GradedBy(const ProtocolSpec& protocol, const std::string& grader) {
  ProtocolSpec graded = protocol;
  if (grader.empty() || grader == protocol.grader) return graded;
  graded.grader = grader;
  graded.grader_parameters.clear();
  std::string verdict_metric = "accuracy";
  std::string value_metric;
  if (const absl::StatusOr<const Grader*> known = FindGrader(grader); known.ok()) {
    verdict_metric = std::string((*known)->verdict_metric());
    value_metric = std::string((*known)->value_metric());
  }
  // Another reading of the same judge's replies rates by the same criterion.
  if (!graded.criterion.empty() && value_metric == "rating") return graded;
  graded.criterion.clear();
  graded.verdict_metric = verdict_metric;
  graded.value_metric = value_metric;
  return graded;
}

}  // namespace assay
