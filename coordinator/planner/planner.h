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
#include "coordinator/planner/cost_model.h"
#include "coordinator/planner/sweep_estimate.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/model_store.h"
#include "coordinator/store/work_store.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// What was counted with the model's tokenizer.
struct TokenRatio {
  std::string model;
  std::string dataset;  // its name
  std::string protocol;
  double characters_per_token = 0;
};

struct EstimateRequest {
  std::vector<WorkerGroupSize> workers = {};  // empty: the connected ones
  std::vector<TokenRatio> ratios = {};
  int sample_prompts = 0;  // of each run, into PlannedRun
};

struct JobRequest {
  std::vector<std::string> models;
  std::vector<std::string> datasets;  // names
  RunSettings settings;               // protocol empty: each benchmark's default
  int64_t shard_items = 0;            // 0: the planner decides
  bool reuse = true;                  // of what earlier runs have computed
  // Of plans: what they are estimated for.
  EstimateRequest estimate = {};
};

// The answers of a run, with what a judge is shown beside them.
struct JudgedAnswers {
  RunSpec run;
  std::map<int64_t, StoredAnswer> answers;  // by the item's ordinal
  std::string rubric;
};

struct PlannedRun {
  NewRun run;
  RunCost cost;      // generated_tokens: at most
  RunCost expected;  // as far as earlier runs tell
  int64_t items = 0;
  double seconds = 0;         // without the model's load; 0: not known, there is no worker
  double device_seconds = 0;  // of all workers together, likewise
  EstimateBasis basis = EstimateBasis::kUnknown;
  ModelSpec model = {};
  std::vector<std::string> sample_prompts = {};
  // Of a remote model with prices: at most, by the estimated tokens.
  std::optional<double> price = std::nullopt;
  std::string first_item_id;
  std::string first_prompt;  // with all its shots
};

// What costs are reckoned with.
struct Costing {
  CostModel costs;
  std::vector<WorkerGroupSize> groups;  // that are planned for
  std::vector<StoredWorker> workers;    // that are known
};

// Thread-safe. Every model of a request is run on every dataset of it. Errors say what there is, or
// what to do.
class Planner {
 public:
  Planner(DatasetStore* datasets, ModelStore* models, JobStore* jobs, WorkerStore* workers,
          BenchmarkCatalog* catalog, DatasetCache* cache, AnswerStore* answers,
          WorkStore* work = nullptr)
      : datasets_(datasets),
        models_(models),
        jobs_(jobs),
        workers_(workers),
        catalog_(catalog),
        cache_(cache),
        answers_(answers),
        work_(work) {}

  absl::StatusOr<std::vector<PlannedRun>> Plan(const JobRequest& request);
  // What planned runs take together.
  absl::StatusOr<SweepTime> Estimate(absl::Span<const PlannedRun> runs,
                                     const EstimateRequest& request);
  // For each judged run each judge, and for each judge each criterion.
  absl::StatusOr<std::vector<PlannedRun>> PlanJudges(const JudgeRequest& request);
  // Of judges that are to be asked when `answers` are there: whether they can be, as far as that is
  // known before.
  absl::Status CheckJudges(const JudgeRequest& request, absl::Span<const PlannedRun> answers);

  // The runs to be judged, each once: completed ones, whose answers are for judges. Errors name a
  // run that cannot be.
  absl::StatusOr<std::vector<RunSpec>> FindJudged(const JudgeRequest& request);

 private:
  // One that can be run.
  absl::StatusOr<ModelSpec> FindModel(const std::string& name);
  absl::StatusOr<DatasetInfo> FindDataset(const std::string& name);
  // Of a run that judges another, `judged` is that run.
  absl::StatusOr<PlannedRun> PlanRun(const ModelSpec& model, const DatasetInfo& dataset,
                                     const JobRequest& request, const Costing& costing,
                                     const JudgedAnswers* judged = nullptr);
  absl::StatusOr<Costing> CostingFor(const EstimateRequest& request);
  // Fills in what the run is expected to take; its speed in tokens/s of all workers, 0: not known.
  absl::StatusOr<double> AddTime(const ModelSpec& model, const Costing& costing,
                                 PlannedRun* planned);

  DatasetStore* const datasets_;
  ModelStore* const models_;
  JobStore* const jobs_;
  WorkerStore* const workers_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
  AnswerStore* const answers_;
  WorkStore* const work_;  // may be null: nothing is known of earlier work
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_PLANNER_H_
