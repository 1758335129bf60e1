// The RPCs of users' clients: each converts, calls the class that does it, and converts back.
#ifndef ASSAY_COORDINATOR_SERVICE_EVALUATION_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_EVALUATION_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "absl/synchronization/notification.h"
#include "assay/v1/evaluation_service.grpc.pb.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/lease/work_signal.h"
#include "coordinator/planner/planner.h"
#include "coordinator/planner/sweep.h"
#include "coordinator/service/exchange_rpcs.h"
#include "coordinator/service/leaderboard_rpcs.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/job_control.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/model_store.h"
#include "coordinator/store/prediction_store.h"
#include "coordinator/store/quota_store.h"
#include "coordinator/store/run_lookup.h"
#include "coordinator/store/run_score_store.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// What the service stands on; all of it outlives it.
struct EvaluationParts {
  Planner* planner;
  DatasetStore* datasets;
  ModelStore* models;
  JobStore* jobs;
  JobControl* control;
  RunLookup* lookup;
  PredictionStore* predictions;
  RunScoreStore* scores;
  WorkerStore* workers;
  BenchmarkCatalog* catalog;
  LeaderboardRpcs* leaderboard;
  ExchangeRpcs* exchange;
  WorkSignal* pending;  // told of submitted work
  QuotaStore* quotas;
};

// Thread-safe. Defined in evaluation_service.cc (what is registered: benchmarks, data sets, models,
// workers, the leaderboard), evaluation_submission.cc (plans and new jobs),
// evaluation_job_control.cc and evaluation_results.cc.
class EvaluationServiceImpl final : public v1::EvaluationService::Service {
 public:
  explicit EvaluationServiceImpl(const EvaluationParts& parts) : parts_(parts) {}

  // Ends the watches, with Unavailable. Safe to call twice.
  void Stop();

  grpc::Status GetServerInfo(grpc::ServerContext*, const v1::GetServerInfoRequest*,
                             v1::GetServerInfoResponse* response) override;
  grpc::Status ListBenchmarks(grpc::ServerContext*, const v1::ListBenchmarksRequest*,
                              v1::ListBenchmarksResponse* response) override;
  grpc::Status AddBenchmark(grpc::ServerContext*, const v1::AddBenchmarkRequest* request,
                            v1::AddBenchmarkResponse* response) override;
  grpc::Status GetBenchmark(grpc::ServerContext*, const v1::GetBenchmarkRequest* request,
                            v1::GetBenchmarkResponse* response) override;
  grpc::Status RemoveBenchmark(grpc::ServerContext*, const v1::RemoveBenchmarkRequest* request,
                               v1::RemoveBenchmarkResponse*) override;
  grpc::Status ImportDataset(grpc::ServerContext*,
                             grpc::ServerReader<v1::ImportDatasetRequest>* reader,
                             v1::ImportDatasetResponse* response) override;
  grpc::Status ListDatasets(grpc::ServerContext*, const v1::ListDatasetsRequest*,
                            v1::ListDatasetsResponse* response) override;
  grpc::Status AddModel(grpc::ServerContext*, const v1::AddModelRequest* request,
                        v1::AddModelResponse* response) override;
  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse* response) override;
  grpc::Status RemoveModel(grpc::ServerContext*, const v1::RemoveModelRequest* request,
                           v1::RemoveModelResponse* response) override;
  grpc::Status PutModelFacts(grpc::ServerContext*, const v1::PutModelFactsRequest* request,
                             v1::PutModelFactsResponse* response) override;
  grpc::Status ListModelFacts(grpc::ServerContext*, const v1::ListModelFactsRequest* request,
                              v1::ListModelFactsResponse* response) override;
  grpc::Status PlanJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                       v1::PlanJobResponse* response) override;
  grpc::Status SubmitJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                         v1::SubmitJobResponse* response) override;
  grpc::Status PlanSweep(grpc::ServerContext*, const v1::SweepRequest* request,
                         v1::PlanSweepResponse* response) override;
  grpc::Status SubmitSweep(grpc::ServerContext*, const v1::SweepRequest* request,
                           v1::SubmitSweepResponse* response) override;
  grpc::Status PlanJudgeJob(grpc::ServerContext*, const v1::JudgeJobRequest* request,
                            v1::PlanJobResponse* response) override;
  grpc::Status SubmitJudgeJob(grpc::ServerContext*, const v1::JudgeJobRequest* request,
                              v1::SubmitJobResponse* response) override;
  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                      v1::JobProgress* response) override;
  grpc::Status ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override;
  grpc::Status WatchJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                        grpc::ServerWriter<v1::JobProgress>* writer) override;
  grpc::Status CancelJob(grpc::ServerContext*, const v1::CancelJobRequest* request,
                         v1::JobProgress* response) override;
  grpc::Status PauseJob(grpc::ServerContext*, const v1::PauseJobRequest* request,
                        v1::JobProgress* response) override;
  grpc::Status ResumeJob(grpc::ServerContext*, const v1::ResumeJobRequest* request,
                         v1::JobProgress* response) override;
  grpc::Status GetResults(grpc::ServerContext*, const v1::GetResultsRequest* request,
                          v1::GetResultsResponse* response) override;
  grpc::Status ListPredictions(grpc::ServerContext*, const v1::ListPredictionsRequest* request,
                               v1::ListPredictionsResponse* response) override;
  grpc::Status GetRunScores(grpc::ServerContext*, const v1::GetRunScoresRequest* request,
                            v1::GetRunScoresResponse* response) override;
  grpc::Status ListItems(grpc::ServerContext*, const v1::ListItemsRequest* request,
                         v1::ListItemsResponse* response) override;
  grpc::Status ImportRuns(grpc::ServerContext* context,
                          grpc::ServerReader<v1::ImportRunsRequest>* reader,
                          v1::ImportRunsResponse* response) override;
  grpc::Status Rescore(grpc::ServerContext*, const v1::RescoreRequest* request,
                       v1::RescoreResponse* response) override;
  grpc::Status ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest*,
                           v1::ListWorkersResponse* response) override;

  grpc::Status GetLeaderboard(grpc::ServerContext*, const v1::GetLeaderboardRequest* request,
                              v1::GetLeaderboardResponse* response) override;
  grpc::Status ImportBaseline(grpc::ServerContext*, const v1::ImportBaselineRequest* request,
                              v1::ImportBaselineResponse* response) override;
  grpc::Status ListBaselines(grpc::ServerContext*, const v1::ListBaselinesRequest* request,
                             v1::ListBaselinesResponse* response) override;
  grpc::Status RemoveBaseline(grpc::ServerContext*, const v1::RemoveBaselineRequest* request,
                              v1::RemoveBaselineResponse* response) override;

 private:
  grpc::Status Submit(absl::StatusOr<std::vector<PlannedRun>> planned, const Submission& submission,
                      v1::SubmitJobResponse* response, const JudgeRequest* judges = nullptr);
  // With what the store of jobs alone does not know.
  absl::StatusOr<JobProgress> ProgressOf(int64_t job_id);
  grpc::Status AnswerProgress(int64_t job_id, v1::JobProgress* response);

  absl::StatusOr<SweepPlan> PlanOf(const v1::SweepRequest& request);

  const EvaluationParts parts_;
  absl::Notification stopping_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_EVALUATION_SERVICE_H_
