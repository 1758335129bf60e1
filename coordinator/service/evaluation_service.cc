#include "coordinator/service/evaluation_service.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "coordinator/service/benchmark_rpcs.h"
#include "coordinator/service/dataset_upload.h"
#include "coordinator/service/responses.h"
#include "coordinator/service/rpc_status.h"

namespace assay {
namespace {

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
