#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/benchmark/rubric.h"
#include "coordinator/planner/planner.h"

namespace assay {
namespace {

absl::Status CheckRequest(const JudgeRequest& request) {
  if (request.judges.empty()) return absl::InvalidArgumentError("no judge is named");
  if (request.criteria.empty()) return absl::InvalidArgumentError("no criterion is named");
  if (request.settings.sampling.samples > 1) {
    return absl::InvalidArgumentError(
        "a judge rates an answer once; several samples of a judge are not supported");
  }
  std::set<std::string> seen;
  for (const std::string& judge : request.judges) {
    if (!seen.insert(judge).second) {
      return absl::InvalidArgumentError(absl::StrCat("judge \"", judge, "\" is named twice"));
    }
  }
  for (const JudgeCriterion& criterion : request.criteria) {
    if (!seen.insert(absl::StrCat("criterion ", criterion.name)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("criterion \"", criterion.name, "\" is named twice"));
    }
  }
  return absl::OkStatus();
}

// The protocol by which judges rate the criterion.
absl::StatusOr<const ProtocolSpec*> JudgeProtocol(const Benchmark& benchmark,
                                                  const std::string& criterion,
                                                  const std::string& grader) {
  std::set<std::string> criteria, graders;
  for (const ProtocolSpec& protocol : benchmark.protocols()) {
    if (protocol.criterion.empty()) continue;
    criteria.insert(protocol.criterion);
    graders.insert(protocol.grader);
    if (protocol.criterion == criterion && (grader.empty() || protocol.grader == grader)) {
      return &protocol;
    }
  }
  if (criteria.count(criterion) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("benchmark ", benchmark.name(), " has no criterion \"", criterion,
                     "\"; there are: ", absl::StrJoin(criteria, ", ")));
  }
  return absl::InvalidArgumentError(absl::StrCat("no protocol of ", benchmark.name(),
                                                 " reads replies by grader \"", grader,
                                                 "\"; there are: ", absl::StrJoin(graders, ", ")));
}

absl::StatusOr<std::string> RubricOf(const JudgeCriterion& criterion) {
  std::string rubric = criterion.rubric;
  if (rubric.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const absl::string_view ours, DefaultRubric(criterion.name));
    rubric = std::string(ours);
  }
  ASSAY_RETURN_IF_ERROR(Rubric::Parse(absl::StrCat("rubric of ", criterion.name), rubric).status());
  return rubric;
}

absl::Status CheckSamples(const RunSpec& answers, absl::string_view name) {
  const int samples = answers.settings.sampling.samples;
  if (samples == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      name, " has ", samples, " samples of each item; judges rate one answer to an item"));
}

// Whether answers by this protocol are there for judges to rate.
absl::StatusOr<bool> IsJudged(BenchmarkCatalog& catalog, const RunSpec& run) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog.ProtocolOf(run));
  return protocol->criterion.empty() && protocol->verdict_metric.empty() &&
         protocol->value_metric.empty();
}

}  // namespace

absl::StatusOr<std::vector<RunSpec>> Planner::FindJudged(const JudgeRequest& request) {
  std::vector<RunSpec> found;
  std::set<int64_t> seen;
  const auto add = [&](const JudgedRun& run) -> absl::Status {
    if (!seen.insert(run.spec.run_id).second) return absl::OkStatus();
    if (run.state != State::kCompleted) {
      return absl::FailedPreconditionError(
          absl::StrCat("run ", run.spec.run_id, " is ", StateName(run.state),
                       "; its answers can be judged when it has completed"));
    }
    ASSAY_RETURN_IF_ERROR(CheckSamples(run.spec, absl::StrCat("run ", run.spec.run_id)));
    found.push_back(run.spec);
    return absl::OkStatus();
  };
  for (const int64_t run_id : request.runs) {
    ASSAY_ASSIGN_OR_RETURN(const JudgedRun run, answers_->Find(run_id));
    ASSAY_ASSIGN_OR_RETURN(const bool is_judged, IsJudged(*catalog_, run.spec));
    if (!is_judged) {
      return absl::InvalidArgumentError(
          absl::StrCat("run ", run_id, " is of protocol ", run.spec.settings.protocol, " of ",
                       run.spec.benchmark, ", whose answers are not for judges"));
    }
    ASSAY_RETURN_IF_ERROR(add(run));
  }
  for (const int64_t job_id : request.jobs) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<int64_t> run_ids, answers_->RunsOf(job_id));
    bool has_judged = false;
    for (const int64_t run_id : run_ids) {
      ASSAY_ASSIGN_OR_RETURN(const JudgedRun run, answers_->Find(run_id));
      ASSAY_ASSIGN_OR_RETURN(const bool is_judged, IsJudged(*catalog_, run.spec));
      if (!is_judged) continue;
      has_judged = true;
      if (request.skip_failed && run.state == State::kFailed) continue;
      ASSAY_RETURN_IF_ERROR(add(run));
    }
    if (has_judged && found.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("no run of job ", job_id, " has answers: all of them failed"));
    }
    if (!has_judged) {
      return absl::InvalidArgumentError(
          absl::StrCat("job ", job_id,
                       " has no run whose answers are for judges; submit one by "
                       "`assay eval --benchmark impact`"));
    }
  }
  return found;
}

absl::StatusOr<std::vector<PlannedRun>> Planner::PlanJudges(const JudgeRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckRequest(request));
  if (request.runs.empty() && request.jobs.empty()) {
    return absl::InvalidArgumentError("no run is named whose answers are to be judged");
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<RunSpec> judged_runs, FindJudged(request));
  std::vector<ModelSpec> judges;
  for (const std::string& name : request.judges) {
    ASSAY_ASSIGN_OR_RETURN(ModelSpec model, FindModel(name));
    judges.push_back(std::move(model));
  }
  ASSAY_ASSIGN_OR_RETURN(const Costing costing, CostingFor({}));
  std::vector<PlannedRun> runs;
  for (const RunSpec& judged_run : judged_runs) {
    ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark,
                           catalog_->Of(judged_run));
    JudgedAnswers judged;
    judged.run = judged_run;
    ASSAY_ASSIGN_OR_RETURN(judged.answers, answers_->Read(judged_run.run_id));
    DatasetInfo dataset;
    dataset.benchmark = judged_run.benchmark;
    dataset.name = judged_run.dataset_name;
    dataset.sha256 = judged_run.dataset_sha256;
    dataset.reading_sha256 = std::string(benchmark->reading_sha256());
    for (const ModelSpec& judge : judges) {
      for (const JudgeCriterion& criterion : request.criteria) {
        ASSAY_ASSIGN_OR_RETURN(const ProtocolSpec* protocol,
                               JudgeProtocol(*benchmark, criterion.name, request.grader));
        ASSAY_ASSIGN_OR_RETURN(judged.rubric, RubricOf(criterion));
        JobRequest job;
        job.settings = request.settings;
        job.settings.protocol = protocol->name;
        job.shard_items = request.shard_items;
        job.reuse = request.reuse;
        ASSAY_ASSIGN_OR_RETURN(PlannedRun run, PlanRun(judge, dataset, job, costing, &judged));
        runs.push_back(std::move(run));
      }
    }
  }
  return runs;
}

absl::Status Planner::CheckJudges(const JudgeRequest& request,
                                  absl::Span<const PlannedRun> answers) {
  ASSAY_RETURN_IF_ERROR(CheckRequest(request));
  for (const std::string& name : request.judges) {
    ASSAY_RETURN_IF_ERROR(FindModel(name).status());
  }
  bool has_judged = false;
  for (const PlannedRun& run : answers) {
    const RunSpec& spec = run.run.spec;
    ASSAY_ASSIGN_OR_RETURN(const bool is_judged, IsJudged(*catalog_, spec));
    if (!is_judged) continue;
    has_judged = true;
    ASSAY_RETURN_IF_ERROR(CheckSamples(spec, spec.dataset_name));
    ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark, catalog_->Of(spec));
    for (const JudgeCriterion& criterion : request.criteria) {
      ASSAY_RETURN_IF_ERROR(JudgeProtocol(*benchmark, criterion.name, request.grader).status());
      ASSAY_RETURN_IF_ERROR(RubricOf(criterion).status());
    }
  }
  if (has_judged) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "judges are named, and none of the benchmarks has answers for judges to rate, as impact has");
}

}  // namespace assay
