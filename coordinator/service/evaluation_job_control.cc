#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "coordinator/service/evaluation_service.h"
#include "coordinator/service/job_access.h"
#include "coordinator/service/rpc_status.h"

namespace assay {
namespace {

constexpr absl::Duration kWatchPeriod = absl::Milliseconds(250);
constexpr int kDefaultJobs = 100;
constexpr int kMaxJobs = 10000;

bool HasEnded(State state) { return state != State::kPending && state != State::kRunning; }

}  // namespace

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

}  // namespace assay
