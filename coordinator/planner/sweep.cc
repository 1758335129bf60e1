#include "coordinator/planner/sweep.h"

#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

// A plan holds every run's shards.
constexpr size_t kMostRuns = 10000;

// Of two runs the same when the one would repeat the other.
auto KeyOf(const RunSpec& run) {
  const RunSettings& s = run.settings;
  return std::make_tuple(run.model_name, run.benchmark, run.dataset_sha256, run.benchmark_sha256,
                         s.protocol, s.protocol_version, s.shots, s.precision, s.limit,
                         s.prompt_template, s.system_prompt, s.bos, s.sampling.temperature,
                         s.sampling.top_p, s.sampling.top_k, s.sampling.seed, s.sampling.samples);
}

}  // namespace

absl::StatusOr<SweepPlan> PlanSweep(absl::Span<const JobRequest> parts, bool again,
                                    Planner& planner, RunLookup& lookup) {
  if (parts.empty()) return absl::InvalidArgumentError("the sweep has no part");
  size_t runs = 0;
  for (const JobRequest& part : parts) runs += part.models.size() * part.datasets.size();
  if (runs > kMostRuns) {
    return absl::InvalidArgumentError(absl::StrCat("the sweep has ", runs, " runs, and may have ",
                                                   kMostRuns, " at most; divide it"));
  }
  SweepPlan plan;
  std::set<decltype(KeyOf(RunSpec()))> seen;
  for (const JobRequest& part : parts) {
    ASSAY_ASSIGN_OR_RETURN(std::vector<PlannedRun> planned, planner.Plan(part));
    for (PlannedRun& run : planned) {
      if (!seen.insert(KeyOf(run.run.spec)).second) continue;
      std::optional<FoundRun> found;
      if (!again) {
        ASSAY_ASSIGN_OR_RETURN(found, lookup.FindSame(run.run.spec));
      }
      if (found.has_value()) {
        plan.existing.push_back(*std::move(found));
      } else {
        plan.runs.push_back(std::move(run));
      }
    }
  }
  return plan;
}

}  // namespace assay
