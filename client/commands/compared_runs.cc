#include "client/commands/compared_runs.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/commands/runs_name.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::StatusOr<v1::GetRunScoresResponse> FetchScores(Service& service, int64_t run_id) {
  v1::GetRunScoresRequest request;
  request.set_run_id(run_id);
  ASSAY_ASSIGN_OR_RETURN(v1::GetRunScoresResponse scores,
                         service.Call(&v1::EvaluationService::Stub::GetRunScores, request));
  const int size = scores.item_ordinal_size();
  bool fits = scores.group_size() == size && scores.cluster_size() == size &&
              scores.value_size() == size &&
              (scores.answer_hash().empty() || scores.answer_hash_size() == size);
  for (const int32_t group : scores.group()) {
    fits = fits && group >= 0 && group < scores.groups_size();
  }
  if (!fits) {
    return absl::InternalError(absl::StrCat("the coordinator's scores of run ", run_id,
                                            " do not fit together; is it of another version?"));
  }
  return scores;
}

// The runs that a word of the command line names.
absl::StatusOr<std::vector<int64_t>> RunsOf(Service& service, absl::string_view name) {
  ASSAY_ASSIGN_OR_RETURN(const RunsName parsed, ParseRunsName(name));
  if (parsed.run_id != 0) return std::vector<int64_t>{parsed.run_id};
  v1::GetJobRequest request;
  request.set_job_id(parsed.job_id);
  ASSAY_ASSIGN_OR_RETURN(const v1::JobProgress job,
                         service.Call(&v1::EvaluationService::Stub::GetJob, request));
  std::vector<int64_t> runs;
  for (const v1::RunProgress& run : job.runs()) runs.push_back(run.spec().run_id());
  return runs;
}

}  // namespace

absl::StatusOr<std::vector<v1::GetRunScoresResponse>> FetchRuns(Service& service,
                                                                absl::Span<const std::string> names,
                                                                const std::string& benchmark) {
  std::vector<v1::GetRunScoresResponse> runs;
  std::set<int64_t> seen;
  for (const std::string& name : names) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, RunsOf(service, name));
    for (const int64_t id : ids) {
      if (!seen.insert(id).second) {
        return absl::InvalidArgumentError(absl::StrCat("run ", id, " is named twice"));
      }
      ASSAY_ASSIGN_OR_RETURN(v1::GetRunScoresResponse run, FetchScores(service, id));
      if (benchmark.empty() || run.spec().benchmark() == benchmark ||
          run.spec().dataset_name() == benchmark) {
        runs.push_back(std::move(run));
      }
    }
  }
  return runs;
}

}  // namespace assay
