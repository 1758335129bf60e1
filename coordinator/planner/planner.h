// From what a user asks for to what is stored: runs with resolved settings, their items in shards,
// and what they cost.
#ifndef ASSAY_COORDINATOR_PLANNER_PLANNER_H_
#define ASSAY_COORDINATOR_PLANNER_PLANNER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/run.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/planner/cost.h"
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
          BenchmarkCatalog* catalog, DatasetCache* cache)
      : datasets_(datasets),
        models_(models),
        jobs_(jobs),
        workers_(workers),
        catalog_(catalog),
        cache_(cache) {}

  absl::StatusOr<std::vector<PlannedRun>> Plan(const JobRequest& request);

 private:
  absl::StatusOr<DatasetInfo> FindDataset(const std::string& name);
  absl::StatusOr<PlannedRun> PlanRun(const ModelSpec& model, const DatasetInfo& dataset,
                                     const JobRequest& request,
                                     absl::Span<const StoredWorker> workers);

  DatasetStore* const datasets_;
  ModelStore* const models_;
  JobStore* const jobs_;
  WorkerStore* const workers_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_PLANNER_H_
