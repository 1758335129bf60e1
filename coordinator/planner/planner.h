// From what a user asks for to what is stored: runs with resolved settings, their items in shards,
// and what they cost.
#ifndef ASSAY_COORDINATOR_PLANNER_PLANNER_H_
#define ASSAY_COORDINATOR_PLANNER_PLANNER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/judge_request.h"
#include "common/domain/run.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/planner/cost.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/model_store.h"
#include "coordinator/store/worker_store.h"

namespace assay {

struct JobRequest {
  std::vector<std::string> models;
  std::vector<std::string> datasets;  // names
  RunSettings settings;               // protocol empty: each benchmark's default
  int64_t shard_items = 0;            // 0: the planner decides
};

// The answers of a run, with what a judge is shown beside them.
struct JudgedAnswers {
  RunSpec run;
  std::map<int64_t, StoredAnswer> answers;  // by the item's ordinal
  std::string rubric;
};

struct PlannedRun {
  NewRun run;
  RunCost cost;
  int64_t items = 0;
  double seconds = 0;  // 0: not known, there is no worker
  // Of a remote model with prices: at most, by the estimated tokens.
  std::optional<double> price = std::nullopt;
  std::string first_item_id;
  std::string first_prompt;  // with all its shots
};

// Thread-safe. Every model of a request is run on every dataset of it. Errors say what there is, or
// what to do.
class Planner {
 public:
  Planner(DatasetStore* datasets, ModelStore* models, JobStore* jobs, WorkerStore* workers,
          BenchmarkCatalog* catalog, DatasetCache* cache, AnswerStore* answers)
      : datasets_(datasets),
        models_(models),
        jobs_(jobs),
        workers_(workers),
        catalog_(catalog),
        cache_(cache),
        answers_(answers) {}

  absl::StatusOr<std::vector<PlannedRun>> Plan(const JobRequest& request);
  // For each judged run each judge, and for each judge each criterion.
  absl::StatusOr<std::vector<PlannedRun>> PlanJudges(const JudgeRequest& request);
  // Of judges that are to be asked when `answers` are there: whether they can be, as far as that is
  // known before.
  absl::Status CheckJudges(const JudgeRequest& request, absl::Span<const PlannedRun> answers);

 private:
  // One that can be run.
  absl::StatusOr<ModelSpec> FindModel(const std::string& name);
  absl::StatusOr<DatasetInfo> FindDataset(const std::string& name);
  // Of a run that judges another, `judged` is that run.
  absl::StatusOr<PlannedRun> PlanRun(const ModelSpec& model, const DatasetInfo& dataset,
                                     const JobRequest& request,
                                     absl::Span<const StoredWorker> workers,
                                     const JudgedAnswers* judged = nullptr);
  // The runs to be judged, each once. Errors name a run that cannot be.
  absl::StatusOr<std::vector<RunSpec>> FindJudged(const JudgeRequest& request);

  DatasetStore* const datasets_;
  ModelStore* const models_;
  JobStore* const jobs_;
  WorkerStore* const workers_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
  AnswerStore* const answers_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_PLANNER_H_
