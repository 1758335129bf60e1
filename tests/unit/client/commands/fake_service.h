// A coordinator for tests of the commands: answers what the test says and keeps what it was asked.
#ifndef ASSAY_TESTS_UNIT_CLIENT_COMMANDS_FAKE_SERVICE_H_
#define ASSAY_TESTS_UNIT_CLIENT_COMMANDS_FAKE_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assay/v1/evaluation_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace assay {

// A call without an answer set is UNIMPLEMENTED. Set the members before the server starts, or while
// no call runs.
class FakeService : public v1::EvaluationService::Service {
 public:
  template <typename Request, typename Response>
  using Handler = std::function<grpc::Status(const Request&, Response*)>;

  Handler<v1::ListDatasetsRequest, v1::ListDatasetsResponse> list_datasets;
  Handler<v1::ListModelsRequest, v1::ListModelsResponse> list_models;
  Handler<v1::ListBenchmarksRequest, v1::ListBenchmarksResponse> list_benchmarks;
  Handler<v1::GetBenchmarkRequest, v1::GetBenchmarkResponse> get_benchmark;
  Handler<v1::ListWorkersRequest, v1::ListWorkersResponse> list_workers;
  Handler<v1::AddModelRequest, v1::AddModelResponse> add_model;
  Handler<v1::RemoveModelRequest, v1::RemoveModelResponse> remove_model;
  Handler<v1::SubmitJobRequest, v1::PlanJobResponse> plan_job;
  Handler<v1::SubmitJobRequest, v1::SubmitJobResponse> submit_job;
  Handler<v1::JudgeJobRequest, v1::SubmitJobResponse> submit_judge_job;
  Handler<v1::ListJobsRequest, v1::ListJobsResponse> list_jobs;
  Handler<v1::CancelJobRequest, v1::JobProgress> cancel_job;
  Handler<v1::PauseJobRequest, v1::JobProgress> pause_job;
  Handler<v1::ResumeJobRequest, v1::JobProgress> resume_job;
  Handler<v1::GetResultsRequest, v1::GetResultsResponse> get_results;
  Handler<v1::GetJobRequest, v1::JobProgress> get_job;
  Handler<v1::GetRunScoresRequest, v1::GetRunScoresResponse> get_run_scores;
  Handler<v1::ListPredictionsRequest, v1::ListPredictionsResponse> list_predictions;
  Handler<v1::PutModelFactsRequest, v1::PutModelFactsResponse> put_model_facts;
  Handler<v1::ListModelFactsRequest, v1::ListModelFactsResponse> list_model_facts;
  Handler<v1::GetLeaderboardRequest, v1::GetLeaderboardResponse> get_leaderboard;
  Handler<v1::ImportBaselineRequest, v1::ImportBaselineResponse> import_baseline;
  Handler<v1::ListBaselinesRequest, v1::ListBaselinesResponse> list_baselines;
  Handler<v1::RemoveBaselineRequest, v1::RemoveBaselineResponse> remove_baseline;
  std::function<grpc::Status(grpc::ServerContext*, grpc::ServerWriter<v1::JobProgress>*)> watch_job;
  // All messages of one call.
  Handler<std::vector<v1::ImportDatasetRequest>, v1::ImportDatasetResponse> import_dataset;

#define ASSAY_FAKE(Method, Request, Response, handler)                                          \
  grpc::Status Method(grpc::ServerContext*, const v1::Request* request, v1::Response* response) \
      override {                                                                                \
    if (!handler) return {grpc::StatusCode::UNIMPLEMENTED, #Method};                            \
    return handler(*request, response);                                                         \
  }
  ASSAY_FAKE(ListDatasets, ListDatasetsRequest, ListDatasetsResponse, list_datasets)
  ASSAY_FAKE(ListModels, ListModelsRequest, ListModelsResponse, list_models)
  ASSAY_FAKE(ListBenchmarks, ListBenchmarksRequest, ListBenchmarksResponse, list_benchmarks)
  ASSAY_FAKE(GetBenchmark, GetBenchmarkRequest, GetBenchmarkResponse, get_benchmark)
  ASSAY_FAKE(ListWorkers, ListWorkersRequest, ListWorkersResponse, list_workers)
  ASSAY_FAKE(AddModel, AddModelRequest, AddModelResponse, add_model)
  ASSAY_FAKE(RemoveModel, RemoveModelRequest, RemoveModelResponse, remove_model)
  ASSAY_FAKE(PlanJob, SubmitJobRequest, PlanJobResponse, plan_job)
  ASSAY_FAKE(SubmitJob, SubmitJobRequest, SubmitJobResponse, submit_job)
  ASSAY_FAKE(SubmitJudgeJob, JudgeJobRequest, SubmitJobResponse, submit_judge_job)
  ASSAY_FAKE(ListJobs, ListJobsRequest, ListJobsResponse, list_jobs)
  ASSAY_FAKE(CancelJob, CancelJobRequest, JobProgress, cancel_job)
  ASSAY_FAKE(PauseJob, PauseJobRequest, JobProgress, pause_job)
  ASSAY_FAKE(ResumeJob, ResumeJobRequest, JobProgress, resume_job)
  ASSAY_FAKE(GetResults, GetResultsRequest, GetResultsResponse, get_results)
  ASSAY_FAKE(GetJob, GetJobRequest, JobProgress, get_job)
  ASSAY_FAKE(GetRunScores, GetRunScoresRequest, GetRunScoresResponse, get_run_scores)
  ASSAY_FAKE(ListPredictions, ListPredictionsRequest, ListPredictionsResponse, list_predictions)
  ASSAY_FAKE(PutModelFacts, PutModelFactsRequest, PutModelFactsResponse, put_model_facts)
  ASSAY_FAKE(ListModelFacts, ListModelFactsRequest, ListModelFactsResponse, list_model_facts)
  ASSAY_FAKE(GetLeaderboard, GetLeaderboardRequest, GetLeaderboardResponse, get_leaderboard)
  ASSAY_FAKE(ImportBaseline, ImportBaselineRequest, ImportBaselineResponse, import_baseline)
  ASSAY_FAKE(ListBaselines, ListBaselinesRequest, ListBaselinesResponse, list_baselines)
  ASSAY_FAKE(RemoveBaseline, RemoveBaselineRequest, RemoveBaselineResponse, remove_baseline)
#undef ASSAY_FAKE

  grpc::Status WatchJob(grpc::ServerContext* context, const v1::GetJobRequest*,
                        grpc::ServerWriter<v1::JobProgress>* writer) override {
    if (!watch_job) return {grpc::StatusCode::UNIMPLEMENTED, "WatchJob"};
    return watch_job(context, writer);
  }

  grpc::Status ImportDataset(grpc::ServerContext*,
                             grpc::ServerReader<v1::ImportDatasetRequest>* reader,
                             v1::ImportDatasetResponse* response) override {
    std::vector<v1::ImportDatasetRequest> requests;
    v1::ImportDatasetRequest request;
    while (reader->Read(&request)) requests.push_back(request);
    if (!import_dataset) return {grpc::StatusCode::UNIMPLEMENTED, "ImportDataset"};
    return import_dataset(requests, response);
  }
};

// Serves it on a free port of this machine, or on `port`.
class FakeServer {
 public:
  explicit FakeServer(FakeService* service, int port = 0) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() { Stop(); }

  // Ends running calls too.
  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_ = nullptr;
  }
  bool running() const { return server_ != nullptr; }
  int port() const { return port_; }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_CLIENT_COMMANDS_FAKE_SERVICE_H_
