#include "coordinator/service/run_scores.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/scoring/graded_by.h"

namespace assay {

absl::StatusOr<v1::GetRunScoresResponse> MakeRunScores(BenchmarkCatalog& catalog,
                                                       const RunScores& scores) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> own,
                         catalog.ProtocolOf(scores.spec));
  const ProtocolSpec protocol = GradedBy(*own, scores.grader);
  if (protocol.value_metric.empty() && protocol.verdict_metric.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", scores.spec.run_id,
        " has answers and no scores; `assay judge run:", scores.spec.run_id, "` has them rated"));
  }
  v1::GetRunScoresResponse response;
  *response.mutable_spec() = ToProto(scores.spec);
  response.set_state(EnumToProto<v1::State>(scores.state));
  response.set_predictions(scores.predictions);
  response.set_grader(scores.grader);
  response.set_grader_version(scores.grader_version);
  response.set_metric(protocol.value_metric.empty() ? protocol.verdict_metric
                                                    : protocol.value_metric);
  response.set_macro_average(protocol.averaging == Averaging::kMacro);
  for (const std::string& group : scores.groups) response.add_groups(group);
  const bool rates = !protocol.criterion.empty();
  response.set_unit(rates ? v1::METRIC_UNIT_RATING : v1::METRIC_UNIT_SHARE);
  for (const ItemScore& score : scores.scores) {
    if (rates && score.verdict != Verdict::kRated) continue;
    response.add_item_ordinal(score.ordinal);
    response.add_sample_index(score.sample_index);
    response.add_group(score.group);
    response.add_cluster(score.cluster);
    response.add_value(score.value);
    response.add_verdict(EnumToProto<v1::Verdict>(score.verdict));
    response.add_answer_hash(score.answer_hash);
  }
  return response;
}

}  // namespace assay
