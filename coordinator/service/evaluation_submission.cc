#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "coordinator/service/caller.h"
#include "coordinator/service/dataset_upload.h"
#include "coordinator/service/estimate_messages.h"
#include "coordinator/service/evaluation_service.h"
#include "coordinator/service/responses.h"
#include "coordinator/service/rpc_status.h"
#include "coordinator/service/rpc_tracing.h"
#include "coordinator/service/submission_key.h"

namespace assay {
namespace {

absl::StatusOr<JobRequest> ReadJobRequest(const v1::SubmitJobRequest& request) {
  JobRequest job;
  job.models.assign(request.models().begin(), request.models().end());
  job.datasets.assign(request.benchmarks().begin(), request.benchmarks().end());
  for (const std::string& name : job.models) {
    ASSAY_RETURN_IF_ERROR(CheckUserName("model name", name));
  }
  for (const std::string& name : job.datasets) {
    ASSAY_RETURN_IF_ERROR(CheckUserName("benchmark name", name));
  }
  ASSAY_ASSIGN_OR_RETURN(job.settings, FromProto(request.settings()));
  job.shard_items = request.shard_items();
  job.reuse = !request.no_reuse();
  ASSAY_ASSIGN_OR_RETURN(job.estimate, ReadEstimate(request.estimate()));
  return job;
}

absl::StatusOr<JudgeRequest> ReadJudgeRequest(const v1::JudgeJobRequest& request) {
  JudgeRequest job;
  job.runs.assign(request.runs().begin(), request.runs().end());
  job.jobs.assign(request.jobs().begin(), request.jobs().end());
  job.judges.assign(request.judges().begin(), request.judges().end());
  for (const std::string& name : job.judges) {
    ASSAY_RETURN_IF_ERROR(CheckUserName("judge", name));
  }
  for (const v1::JudgeCriterion& criterion : request.criteria()) {
    job.criteria.push_back({criterion.name(), criterion.rubric()});
  }
  job.grader = request.grader();
  ASSAY_ASSIGN_OR_RETURN(job.settings, FromProto(request.settings()));
  job.shard_items = request.shard_items();
  job.reuse = !request.no_reuse();
  return job;
}

// The judges of a job whose runs are planned.
absl::StatusOr<JudgeRequest> ReadJudges(const v1::SubmitJobRequest& request, Planner& planner,
                                        absl::Span<const PlannedRun> runs) {
  ASSAY_ASSIGN_OR_RETURN(JudgeRequest judges, ReadJudgeRequest(request.judges()));
  ASSAY_RETURN_IF_ERROR(planner.CheckJudges(judges, runs));
  return judges;
}

struct EarlierSubmission {
  Submission submission;
  SubmittedJob job;  // 0: there is none
};

// The job is the caller's where the caller is known, or else whose the request says that it is.
template <typename Request>
absl::StatusOr<EarlierSubmission> FindEarlier(const grpc::ServerContext& context,
                                              JobControl& control, const Request& request) {
  EarlierSubmission earlier;
  ASSAY_ASSIGN_OR_RETURN(earlier.submission, ReadSubmission(request));
  ASSAY_ASSIGN_OR_RETURN(const Principal caller, CallerOf(context));
  if (caller.user != kAnonymousUser) earlier.submission.owner = caller.user;
  earlier.submission.traceparent = FormatTraceparent(TraceOf(context));
  ASSAY_ASSIGN_OR_RETURN(const std::optional<SubmittedJob> job,
                         control.FindSubmission(earlier.submission));
  earlier.job = job.value_or(SubmittedJob());
  return earlier;
}

// Of two submissions at the very same moment, each is held against what was there before both.
absl::Status CheckQuotaOf(const std::string& owner, QuotaStore& quotas,
                          const std::vector<NewRun>& runs) {
  ASSAY_ASSIGN_OR_RETURN(const QuotaAndUse now, quotas.Get(owner));
  int64_t items = 0;
  for (const NewRun& run : runs) {
    for (const auto& shard : run.shards) items += static_cast<int64_t>(shard.size());
  }
  return CheckQuota(now, items);
}

// The runs of a plan, and what they will take.
template <typename Response>
grpc::Status AnswerPlan(Planner& planner, const std::vector<PlannedRun>& runs,
                        const EstimateRequest& estimate, Response* response) {
  const absl::StatusOr<SweepTime> time = planner.Estimate(runs, estimate);
  ASSAY_RPC_RETURN_IF_ERROR(time.status());
  *response->mutable_estimate() = MakeEstimate(*time);
  for (const PlannedRun& run : runs) *response->add_runs() = MakeRunPlan(run);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status EvaluationServiceImpl::PlanJob(grpc::ServerContext*,
                                            const v1::SubmitJobRequest* request,
                                            v1::PlanJobResponse* response) {
  const absl::StatusOr<JobRequest> job = ReadJobRequest(*request);
  ASSAY_RPC_RETURN_IF_ERROR(job.status());
  const absl::StatusOr<std::vector<PlannedRun>> runs = parts_.planner->Plan(*job);
  ASSAY_RPC_RETURN_IF_ERROR(runs.status());
  if (request->has_judges()) {
    ASSAY_RPC_RETURN_IF_ERROR(ReadJudges(*request, *parts_.planner, *runs).status());
  }
  return AnswerPlan(*parts_.planner, *runs, job->estimate, response);
}

grpc::Status EvaluationServiceImpl::SubmitJob(grpc::ServerContext* context,
                                              const v1::SubmitJobRequest* request,
                                              v1::SubmitJobResponse* response) {
  const absl::StatusOr<JobRequest> job = ReadJobRequest(*request);
  ASSAY_RPC_RETURN_IF_ERROR(job.status());
  const absl::StatusOr<EarlierSubmission> earlier =
      FindEarlier(*context, *parts_.control, *request);
  ASSAY_RPC_RETURN_IF_ERROR(earlier.status());
  response->set_job_id(earlier->job.job_id);
  if (earlier->job.job_id != 0) return grpc::Status::OK;
  absl::StatusOr<std::vector<PlannedRun>> runs = parts_.planner->Plan(*job);
  if (!request->has_judges()) return Submit(std::move(runs), earlier->submission, response);
  ASSAY_RPC_RETURN_IF_ERROR(runs.status());
  const absl::StatusOr<JudgeRequest> judges = ReadJudges(*request, *parts_.planner, *runs);
  ASSAY_RPC_RETURN_IF_ERROR(judges.status());
  return Submit(std::move(runs), earlier->submission, response, &*judges);
}

absl::StatusOr<SweepPlan> EvaluationServiceImpl::PlanOf(const v1::SweepRequest& request) {
  std::vector<JobRequest> parts;
  for (const v1::SubmitJobRequest& part : request.parts()) {
    if (part.has_judges()) return absl::InvalidArgumentError("judges: a sweep has none");
    ASSAY_ASSIGN_OR_RETURN(JobRequest job, ReadJobRequest(part));
    ASSAY_ASSIGN_OR_RETURN(job.estimate, ReadEstimate(request.estimate()));
    parts.push_back(std::move(job));
  }
  return assay::PlanSweep(parts, request.again(), *parts_.planner, *parts_.lookup);
}

grpc::Status EvaluationServiceImpl::PlanSweep(grpc::ServerContext*, const v1::SweepRequest* request,
                                              v1::PlanSweepResponse* response) {
  const absl::StatusOr<SweepPlan> plan = PlanOf(*request);
  ASSAY_RPC_RETURN_IF_ERROR(plan.status());
  const absl::StatusOr<EstimateRequest> estimate = ReadEstimate(request->estimate());
  ASSAY_RPC_RETURN_IF_ERROR(estimate.status());
  for (const FoundRun& run : plan->existing) *response->add_existing() = MakeExistingRun(run);
  return AnswerPlan(*parts_.planner, plan->runs, *estimate, response);
}

grpc::Status EvaluationServiceImpl::SubmitSweep(grpc::ServerContext* context,
                                                const v1::SweepRequest* request,
                                                v1::SubmitSweepResponse* response) {
  const absl::StatusOr<EarlierSubmission> earlier =
      FindEarlier(*context, *parts_.control, *request);
  ASSAY_RPC_RETURN_IF_ERROR(earlier.status());
  response->set_job_id(earlier->job.job_id);
  response->set_runs(earlier->job.runs);
  if (earlier->job.job_id != 0) return grpc::Status::OK;
  absl::StatusOr<SweepPlan> plan = PlanOf(*request);
  ASSAY_RPC_RETURN_IF_ERROR(plan.status());
  for (const FoundRun& run : plan->existing) *response->add_existing() = MakeExistingRun(run);
  response->set_runs(static_cast<int64_t>(plan->runs.size()));
  if (plan->runs.empty()) return grpc::Status::OK;
  v1::SubmitJobResponse submitted;
  grpc::Status status = Submit(std::move(plan->runs), earlier->submission, &submitted);
  response->set_job_id(submitted.job_id());
  return status;
}

grpc::Status EvaluationServiceImpl::PlanJudgeJob(grpc::ServerContext*,
                                                 const v1::JudgeJobRequest* request,
                                                 v1::PlanJobResponse* response) {
  const absl::StatusOr<JudgeRequest> job = ReadJudgeRequest(*request);
  ASSAY_RPC_RETURN_IF_ERROR(job.status());
  const absl::StatusOr<std::vector<PlannedRun>> runs = parts_.planner->PlanJudges(*job);
  ASSAY_RPC_RETURN_IF_ERROR(runs.status());
  return AnswerPlan(*parts_.planner, *runs, {}, response);
}

grpc::Status EvaluationServiceImpl::SubmitJudgeJob(grpc::ServerContext* context,
                                                   const v1::JudgeJobRequest* request,
                                                   v1::SubmitJobResponse* response) {
  const absl::StatusOr<JudgeRequest> job = ReadJudgeRequest(*request);
  ASSAY_RPC_RETURN_IF_ERROR(job.status());
  const absl::StatusOr<EarlierSubmission> earlier =
      FindEarlier(*context, *parts_.control, *request);
  ASSAY_RPC_RETURN_IF_ERROR(earlier.status());
  response->set_job_id(earlier->job.job_id);
  if (earlier->job.job_id != 0) return grpc::Status::OK;
  return Submit(parts_.planner->PlanJudges(*job), earlier->submission, response);
}

grpc::Status EvaluationServiceImpl::Submit(absl::StatusOr<std::vector<PlannedRun>> planned,
                                           const Submission& submission,
                                           v1::SubmitJobResponse* response,
                                           const JudgeRequest* judges) {
  ASSAY_RPC_RETURN_IF_ERROR(planned.status());
  std::vector<NewRun> runs;
  for (PlannedRun& run : *planned) runs.push_back(std::move(run.run));
  ASSAY_RPC_RETURN_IF_ERROR(CheckQuotaOf(submission.owner, *parts_.quotas, runs));
  const absl::StatusOr<int64_t> job_id = parts_.jobs->Submit(runs, submission, judges);
  if (absl::IsAlreadyExists(job_id.status())) {
    // The same request came twice at once, and the other one was faster.
    const absl::StatusOr<std::optional<SubmittedJob>> earlier =
        parts_.control->FindSubmission(submission);
    ASSAY_RPC_RETURN_IF_ERROR(earlier.status());
    if (earlier->has_value()) {
      response->set_job_id((*earlier)->job_id);
      return grpc::Status::OK;
    }
  }
  ASSAY_RPC_RETURN_IF_ERROR(job_id.status());
  parts_.pending->Notify();
  response->set_job_id(*job_id);
  return grpc::Status::OK;
}

}  // namespace assay
