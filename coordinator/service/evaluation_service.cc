#include "coordinator/service/rpc_tracing.h"
#include "coordinator/service/evaluation_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "coordinator/service/benchmark_rpcs.h"
#include "coordinator/service/caller.h"
#include "coordinator/service/dataset_upload.h"
#include "coordinator/service/estimate_messages.h"
#include "coordinator/service/page_token.h"
#include "coordinator/service/responses.h"
#include "coordinator/service/run_scores.h"
#include "coordinator/service/submission_key.h"

// Hands a failed absl::Status to the caller of the RPC.
#define ASSAY_RPC_RETURN_IF_ERROR(expression)                         \
  do {                                                                \
    if (absl::Status assay_status = (expression); !assay_status.ok()) \
      return ToGrpcStatus(assay_status);                              \
  } while (false)

namespace assay {
namespace {

constexpr absl::Duration kWatchPeriod = absl::Milliseconds(250);
constexpr int kDefaultJobs = 100;
constexpr int kMaxJobs = 10000;
constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 10000;
// Below gRPC's usual limit of a message, for clients that did not raise it.
constexpr size_t kPageBytes = 2 << 20;

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

// Reads the whole stream before anything is stored.
absl::StatusOr<ParsedDataset> ReadUpload(BenchmarkCatalog& catalog,
                                         grpc::ServerReader<v1::ImportDatasetRequest>& reader) {
  v1::ImportDatasetRequest request;
  if (!reader.Read(&request) || !request.has_header()) {
    return absl::InvalidArgumentError("the first message of an import must be its header");
  }
  ASSAY_ASSIGN_OR_RETURN(DatasetUpload upload,
                         DatasetUpload::Start(catalog, request.header().benchmark(),
                                              request.header().name(), UploadLimits()));
  while (reader.Read(&request)) {
    if (!request.has_chunk()) {
      return absl::InvalidArgumentError("after its header, an import has pieces of files only");
    }
    ASSAY_RETURN_IF_ERROR(upload.Add(request.chunk().path(), request.chunk().content()));
  }
  return upload.Finish();
}

absl::Status CheckNoNul(absl::string_view field, const std::string& value) {
  if (value.find('\0') == std::string::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ": holds a NUL character"));
}

absl::StatusOr<PredictionFilter> ReadFilter(const v1::ListPredictionsRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckNoNul("benchmark", request.benchmark()));
  ASSAY_RETURN_IF_ERROR(CheckNoNul("model", request.model()));
  ASSAY_RETURN_IF_ERROR(CheckNoNul("item_id", request.item_id()));
  if (request.page_size() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: must not be negative: ", request.page_size()));
  }
  PredictionFilter filter{.job_id = request.job_id(),
                          .benchmark = request.benchmark(),
                          .model = request.model(),
                          .item_id = request.item_id(),
                          .only_wrong = request.only_wrong(),
                          .run_id = request.run_id(),
                          .other_scores = request.other_scores()};
  for (int i = 0; i < request.verdicts_size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(
        const Verdict verdict,
        EnumFromProto<Verdict>("verdicts", request.verdicts(i), v1::Verdict_IsValid));
    filter.verdicts.push_back(verdict);
  }
  return filter;
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

// Whether the caller may stop the job or let it go on: it is the caller's own, or the caller is an
// administrator.
absl::Status CheckControl(const grpc::ServerContext& context, JobStore& jobs, int64_t job_id) {
  ASSAY_ASSIGN_OR_RETURN(const Principal caller, CallerOf(context));
  if (caller.roles.Has(Role::kAdmin)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const JobProgress job, jobs.Get(job_id));
  if (job.owner == caller.user) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("job ", job_id, " is not ", caller.user,
                                                  "'s: its owner or an administrator may"));
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

bool HasEnded(State state) { return state != State::kPending && state != State::kRunning; }

template <typename Response>
grpc::Status Answer(absl::StatusOr<Response> made, Response* response) {
  ASSAY_RPC_RETURN_IF_ERROR(made.status());
  *response = *std::move(made);
  return grpc::Status::OK;
}

}  // namespace

void EvaluationServiceImpl::Stop() {
  if (!stopping_.HasBeenNotified()) stopping_.Notify();
}

grpc::Status EvaluationServiceImpl::GetServerInfo(grpc::ServerContext*,
                                                  const v1::GetServerInfoRequest*,
                                                  v1::GetServerInfoResponse* response) {
  const absl::StatusOr<std::vector<StoredWorker>> workers = parts_.workers->List();
  ASSAY_RPC_RETURN_IF_ERROR(workers.status());
  response->set_version(kVersion);
  response->set_workers(static_cast<int>(std::count_if(
      workers->begin(), workers->end(), [](const StoredWorker& w) { return w.connected; })));
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListBenchmarks(grpc::ServerContext*,
                                                   const v1::ListBenchmarksRequest*,
                                                   v1::ListBenchmarksResponse* response) {
  const absl::StatusOr<std::vector<std::shared_ptr<const Benchmark>>> all = parts_.catalog->All();
  ASSAY_RPC_RETURN_IF_ERROR(all.status());
  for (const std::shared_ptr<const Benchmark>& benchmark : *all) {
    *response->add_benchmarks() = MakeBenchmarkInfo(*benchmark);
  }
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::AddBenchmark(grpc::ServerContext*,
                                                 const v1::AddBenchmarkRequest* request,
                                                 v1::AddBenchmarkResponse* response) {
  return ToGrpcStatus(assay::AddBenchmark(*parts_.catalog, *request, response));
}

grpc::Status EvaluationServiceImpl::GetBenchmark(grpc::ServerContext*,
                                                 const v1::GetBenchmarkRequest* request,
                                                 v1::GetBenchmarkResponse* response) {
  return ToGrpcStatus(assay::GetBenchmark(*parts_.catalog, *request, response));
}

grpc::Status EvaluationServiceImpl::RemoveBenchmark(grpc::ServerContext*,
                                                    const v1::RemoveBenchmarkRequest* request,
                                                    v1::RemoveBenchmarkResponse*) {
  return ToGrpcStatus(assay::RemoveBenchmark(*parts_.catalog, *request));
}

grpc::Status EvaluationServiceImpl::ImportDataset(
    grpc::ServerContext* context, grpc::ServerReader<v1::ImportDatasetRequest>* reader,
    v1::ImportDatasetResponse* response) {
  const absl::StatusOr<ParsedDataset> parsed = ReadUpload(*parts_.catalog, *reader);
  ASSAY_RPC_RETURN_IF_ERROR(parsed.status());
  // A stream that broke looks like one that ended: what arrived may be a part of the files.
  if (context->IsCancelled()) return {grpc::StatusCode::CANCELLED, "the import was broken off"};
  const absl::StatusOr<bool> existed = parts_.datasets->Import(parsed->info, parsed->items);
  ASSAY_RPC_RETURN_IF_ERROR(existed.status());
  *response->mutable_dataset() = ToProto(parsed->info);
  response->set_existed(*existed);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListDatasets(grpc::ServerContext*,
                                                 const v1::ListDatasetsRequest*,
                                                 v1::ListDatasetsResponse* response) {
  const absl::StatusOr<std::vector<DatasetInfo>> datasets = parts_.datasets->List();
  ASSAY_RPC_RETURN_IF_ERROR(datasets.status());
  for (const DatasetInfo& dataset : *datasets) *response->add_datasets() = ToProto(dataset);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::AddModel(grpc::ServerContext*,
                                             const v1::AddModelRequest* request,
                                             v1::AddModelResponse* response) {
  const absl::StatusOr<ModelSpec> model = FromProto(request->model());
  ASSAY_RPC_RETURN_IF_ERROR(model.status());
  ASSAY_RPC_RETURN_IF_ERROR(CheckUserName("model name", model->name));
  ASSAY_RPC_RETURN_IF_ERROR(CheckNoNul("model path", model->path));
  const absl::StatusOr<bool> existed = parts_.models->Add(*model);
  ASSAY_RPC_RETURN_IF_ERROR(existed.status());
  response->set_existed(*existed);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListModels(grpc::ServerContext*,
                                               const v1::ListModelsRequest* request,
                                               v1::ListModelsResponse* response) {
  const absl::StatusOr<std::vector<ModelSpec>> models =
      parts_.models->List(request->with_removed());
  ASSAY_RPC_RETURN_IF_ERROR(models.status());
  for (const ModelSpec& model : *models) *response->add_models() = ToProto(model);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::RemoveModel(grpc::ServerContext*,
                                                const v1::RemoveModelRequest* request,
                                                v1::RemoveModelResponse* response) {
  ASSAY_RPC_RETURN_IF_ERROR(CheckUserName("model name", request->name()));
  const absl::StatusOr<int64_t> runs = parts_.models->Remove(request->name());
  ASSAY_RPC_RETURN_IF_ERROR(runs.status());
  response->set_runs(*runs);
  return grpc::Status::OK;
}

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
  const absl::StatusOr<SweepTime> time = parts_.planner->Estimate(*runs, job->estimate);
  ASSAY_RPC_RETURN_IF_ERROR(time.status());
  *response->mutable_estimate() = MakeEstimate(*time);
  for (const PlannedRun& run : *runs) *response->add_runs() = MakeRunPlan(run);
  return grpc::Status::OK;
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
  const absl::StatusOr<SweepTime> time = parts_.planner->Estimate(plan->runs, *estimate);
  ASSAY_RPC_RETURN_IF_ERROR(time.status());
  *response->mutable_estimate() = MakeEstimate(*time);
  for (const PlannedRun& run : plan->runs) *response->add_runs() = MakeRunPlan(run);
  for (const FoundRun& run : plan->existing) *response->add_existing() = MakeExistingRun(run);
  return grpc::Status::OK;
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
  const absl::StatusOr<SweepTime> time = parts_.planner->Estimate(*runs, {});
  ASSAY_RPC_RETURN_IF_ERROR(time.status());
  *response->mutable_estimate() = MakeEstimate(*time);
  for (const PlannedRun& run : *runs) *response->add_runs() = MakeRunPlan(run);
  return grpc::Status::OK;
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

grpc::Status EvaluationServiceImpl::GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                                           v1::JobProgress* response) {
  return AnswerProgress(request->job_id(), response);
}

absl::StatusOr<JobProgress> EvaluationServiceImpl::ProgressOf(int64_t job_id) {
  ASSAY_ASSIGN_OR_RETURN(JobProgress job, parts_.jobs->Get(job_id));
  ASSAY_RETURN_IF_ERROR(parts_.control->Annotate(absl::MakeSpan(&job, 1)));
  return job;
}

grpc::Status EvaluationServiceImpl::AnswerProgress(int64_t job_id, v1::JobProgress* response) {
  const absl::StatusOr<JobProgress> job = ProgressOf(job_id);
  ASSAY_RPC_RETURN_IF_ERROR(job.status());
  *response = ToProto(*job);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListJobs(grpc::ServerContext*,
                                             const v1::ListJobsRequest* request,
                                             v1::ListJobsResponse* response) {
  const int limit = request->limit() == 0 ? kDefaultJobs : request->limit();
  if (limit < 0 || limit > kMaxJobs) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("limit: must be between 0 and ", kMaxJobs, ", not ", limit)};
  }
  absl::StatusOr<std::vector<JobProgress>> jobs = parts_.jobs->List(limit);
  ASSAY_RPC_RETURN_IF_ERROR(jobs.status());
  ASSAY_RPC_RETURN_IF_ERROR(parts_.control->Annotate(absl::MakeSpan(*jobs)));
  for (const JobProgress& job : *jobs) *response->add_jobs() = ToProto(job);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::WatchJob(grpc::ServerContext* context,
                                             const v1::GetJobRequest* request,
                                             grpc::ServerWriter<v1::JobProgress>* writer) {
  std::string sent;
  while (!context->IsCancelled()) {
    const absl::StatusOr<JobProgress> job = ProgressOf(request->job_id());
    // While the database is away the watch goes on.
    if (!job.ok() && !absl::IsUnavailable(job.status())) return ToGrpcStatus(job.status());
    if (job.ok()) {
      const v1::JobProgress progress = ToProto(*job);
      std::string serialized = progress.SerializeAsString();
      if (serialized != sent) {
        if (!writer->Write(progress)) break;
        sent = std::move(serialized);
      }
      if (HasEnded(job->state)) return grpc::Status::OK;
    }
    if (stopping_.WaitForNotificationWithTimeout(kWatchPeriod)) {
      return {grpc::StatusCode::UNAVAILABLE, "the coordinator is stopping"};
    }
  }
  return {grpc::StatusCode::CANCELLED, "the watch was broken off"};
}

grpc::Status EvaluationServiceImpl::CancelJob(grpc::ServerContext* context,
                                              const v1::CancelJobRequest* request,
                                              v1::JobProgress* response) {
  ASSAY_RPC_RETURN_IF_ERROR(CheckControl(*context, *parts_.jobs, request->job_id()));
  ASSAY_RPC_RETURN_IF_ERROR(parts_.jobs->Cancel(request->job_id()));
  return AnswerProgress(request->job_id(), response);
}

grpc::Status EvaluationServiceImpl::PauseJob(grpc::ServerContext* context,
                                             const v1::PauseJobRequest* request,
                                             v1::JobProgress* response) {
  ASSAY_RPC_RETURN_IF_ERROR(CheckControl(*context, *parts_.jobs, request->job_id()));
  ASSAY_RPC_RETURN_IF_ERROR(parts_.control->Pause(request->job_id()));
  return AnswerProgress(request->job_id(), response);
}

grpc::Status EvaluationServiceImpl::ResumeJob(grpc::ServerContext* context,
                                              const v1::ResumeJobRequest* request,
                                              v1::JobProgress* response) {
  ASSAY_RPC_RETURN_IF_ERROR(CheckControl(*context, *parts_.jobs, request->job_id()));
  ASSAY_RPC_RETURN_IF_ERROR(parts_.control->Resume(request->job_id()));
  parts_.pending->Notify();
  return AnswerProgress(request->job_id(), response);
}

grpc::Status EvaluationServiceImpl::GetResults(grpc::ServerContext*,
                                               const v1::GetResultsRequest* request,
                                               v1::GetResultsResponse* response) {
  absl::StatusOr<int64_t> job_id = request->job_id();
  if (request->run_id() != 0) job_id = parts_.exchange->JobOf(request->run_id());
  ASSAY_RPC_RETURN_IF_ERROR(job_id.status());
  const absl::StatusOr<JobProgress> job = parts_.jobs->Get(*job_id);
  ASSAY_RPC_RETURN_IF_ERROR(job.status());
  const absl::StatusOr<std::vector<StoredResult>> results = parts_.jobs->Results(*job_id);
  ASSAY_RPC_RETURN_IF_ERROR(results.status());
  for (const StoredResult& result : *results) {
    if (request->run_id() != 0 && result.run.spec.run_id != request->run_id()) continue;
    absl::StatusOr<v1::RunResult> made =
        MakeRunResult(*parts_.catalog, result, job->submitted, request->k());
    ASSAY_RPC_RETURN_IF_ERROR(made.status());
    *response->add_runs() = *std::move(made);
  }
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListPredictions(grpc::ServerContext*,
                                                    const v1::ListPredictionsRequest* request,
                                                    v1::ListPredictionsResponse* response) {
  const absl::StatusOr<PredictionFilter> filter = ReadFilter(*request);
  ASSAY_RPC_RETURN_IF_ERROR(filter.status());
  const absl::StatusOr<PredictionPosition> after = DecodePageToken(request->page_token());
  ASSAY_RPC_RETURN_IF_ERROR(after.status());
  const int limit =
      request->page_size() == 0 ? kDefaultPage : std::min(request->page_size(), kMaxPage);
  const absl::StatusOr<PredictionPage> page =
      parts_.predictions->List(*filter, *after, limit, kPageBytes);
  ASSAY_RPC_RETURN_IF_ERROR(page.status());
  for (const StoredPrediction& stored : page->predictions) {
    *response->add_predictions() = MakeGradedPrediction(stored);
  }
  if (page->more) {
    response->set_next_page_token(EncodePageToken(page->predictions.back().position));
  }
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::GetRunScores(grpc::ServerContext*,
                                                 const v1::GetRunScoresRequest* request,
                                                 v1::GetRunScoresResponse* response) {
  const absl::StatusOr<RunScores> scores = parts_.scores->Get(request->run_id());
  ASSAY_RPC_RETURN_IF_ERROR(scores.status());
  absl::StatusOr<v1::GetRunScoresResponse> made = MakeRunScores(*parts_.catalog, *scores);
  ASSAY_RPC_RETURN_IF_ERROR(made.status());
  *response = *std::move(made);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListItems(grpc::ServerContext*,
                                              const v1::ListItemsRequest* request,
                                              v1::ListItemsResponse* response) {
  absl::StatusOr<v1::ListItemsResponse> items = parts_.exchange->ListItems(*request);
  ASSAY_RPC_RETURN_IF_ERROR(items.status());
  *response = *std::move(items);
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ImportRuns(grpc::ServerContext* context,
                                               grpc::ServerReader<v1::ImportRunsRequest>* reader,
                                               v1::ImportRunsResponse* response) {
  // A stream that broke looks like one that ended: what arrived may be a part of it.
  const absl::StatusOr<v1::ImportRunsResponse> imported = parts_.exchange->Import(
      [reader](v1::ImportRunsRequest* request) { return reader->Read(request); },
      [context] { return !context->IsCancelled(); });
  ASSAY_RPC_RETURN_IF_ERROR(imported.status());
  *response = *imported;
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::Rescore(grpc::ServerContext*, const v1::RescoreRequest* request,
                                            v1::RescoreResponse* response) {
  const absl::StatusOr<v1::RescoreResponse> rescored = parts_.exchange->Rescore(*request);
  ASSAY_RPC_RETURN_IF_ERROR(rescored.status());
  *response = *rescored;
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest*,
                                                v1::ListWorkersResponse* response) {
  const absl::StatusOr<std::vector<StoredWorker>> workers = parts_.workers->List();
  ASSAY_RPC_RETURN_IF_ERROR(workers.status());
  for (const StoredWorker& stored : *workers) {
    v1::WorkerStatus* worker = response->add_workers();
    *worker->mutable_worker() = ToProto(stored.worker);
    worker->set_connected(stored.connected);
    worker->set_leases(stored.leases);
  }
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::PutModelFacts(grpc::ServerContext*,
                                                  const v1::PutModelFactsRequest* request,
                                                  v1::PutModelFactsResponse* response) {
  return Answer(parts_.leaderboard->Put(*request), response);
}

grpc::Status EvaluationServiceImpl::ListModelFacts(grpc::ServerContext*,
                                                   const v1::ListModelFactsRequest* request,
                                                   v1::ListModelFactsResponse* response) {
  return Answer(parts_.leaderboard->List(*request), response);
}

grpc::Status EvaluationServiceImpl::GetLeaderboard(grpc::ServerContext*,
                                                   const v1::GetLeaderboardRequest* request,
                                                   v1::GetLeaderboardResponse* response) {
  return Answer(parts_.leaderboard->Get(*request), response);
}

grpc::Status EvaluationServiceImpl::ImportBaseline(grpc::ServerContext*,
                                                   const v1::ImportBaselineRequest* request,
                                                   v1::ImportBaselineResponse* response) {
  return Answer(parts_.leaderboard->Import(*request), response);
}

grpc::Status EvaluationServiceImpl::ListBaselines(grpc::ServerContext*,
                                                  const v1::ListBaselinesRequest* request,
                                                  v1::ListBaselinesResponse* response) {
  return Answer(parts_.leaderboard->List(*request), response);
}

grpc::Status EvaluationServiceImpl::RemoveBaseline(grpc::ServerContext*,
                                                   const v1::RemoveBaselineRequest* request,
                                                   v1::RemoveBaselineResponse* response) {
  return Answer(parts_.leaderboard->Remove(*request), response);
}

}  // namespace assay
