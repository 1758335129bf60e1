#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "coordinator/service/evaluation_service.h"
#include "coordinator/service/job_access.h"
#include "coordinator/service/page_token.h"
#include "coordinator/service/responses.h"
#include "coordinator/service/rpc_status.h"
#include "coordinator/service/run_scores.h"

namespace assay {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 10000;
// Below gRPC's usual limit of a message, for clients that did not raise it.
constexpr size_t kPageBytes = 2 << 20;

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

}  // namespace

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

grpc::Status EvaluationServiceImpl::Rescore(grpc::ServerContext* context,
                                            const v1::RescoreRequest* request,
                                            v1::RescoreResponse* response) {
  int64_t job_id = request->job_id();
  if (request->run_id() != 0) {
    const absl::StatusOr<int64_t> job = parts_.exchange->JobOf(request->run_id());
    ASSAY_RPC_RETURN_IF_ERROR(job.status());
    job_id = *job;
  }
  if (job_id != 0) ASSAY_RPC_RETURN_IF_ERROR(CheckControl(*context, *parts_.jobs, job_id));
  const absl::StatusOr<v1::RescoreResponse> rescored = parts_.exchange->Rescore(*request);
  ASSAY_RPC_RETURN_IF_ERROR(rescored.status());
  *response = *rescored;
  return grpc::Status::OK;
}

}  // namespace assay
