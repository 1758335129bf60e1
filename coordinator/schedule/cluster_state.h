// What a decision about leases is made from: the queue and the workers at one moment.
#ifndef ASSAY_COORDINATOR_SCHEDULE_CLUSTER_STATE_H_
#define ASSAY_COORDINATOR_SCHEDULE_CLUSTER_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/run.h"
#include "common/domain/worker.h"

namespace assay {

// Weights in one precision: what a worker has to load.
struct QueuedModel {
  std::string weights_sha256;
  Precision precision = Precision::kBFloat16;
  int64_t parameters = 0;    // 0: not known
  int64_t memory_bytes = 0;  // that a worker needs for it (memory_need.h); 0: not known
};

// A run that has not ended, of a job that is not paused.
struct QueuedRun {
  int64_t run_id = 0;
  int64_t job_id = 0;
  int model = 0;  // its place in ClusterState::models
  std::string owner = "";
  int priority = 0;
  bool remote = false;
  std::string engine = "";   // that it is bound to; empty: none yet
  std::string sandbox = "";  // likewise
  bool runs_programs = false;
  bool may_cut = false;       // a lease may take a part of a shard, or take one back
  int64_t pending_items = 0;  // predictions that are neither stored nor leased
  int64_t done_items = 0;     // that are stored
  double tokens_per_item = 1;
};

// A lease that is held now.
struct CurrentLease {
  int64_t shard_id = 0;
  int64_t lease_id = 0;
  int64_t run_id = 0;
  int attempt = 0;
  int failures = 0;
  int64_t items = 0;  // predictions
  std::string worker_id = "";
};

// Measured of a model on a kind of worker (WorkerKindOf).
struct ModelSpeed {
  std::string weights_sha256;
  Precision precision = Precision::kBFloat16;
  std::string kind = "";
  double tokens_per_second = 0;  // 0: not known
  double load_seconds = 0;       // 0: not known
};

// How the work of a user's jobs is weighed, and how much of it runs at once.
struct OwnerShare {
  std::string owner;
  double weight = 1;
  std::optional<int64_t> most_shards = std::nullopt;
  std::optional<int64_t> most_workers = std::nullopt;
};

struct ClusterState {
  std::vector<QueuedModel> models;
  std::vector<QueuedRun> runs;       // by job and then by length, the longest first
  std::vector<WorkerInfo> workers;   // that are connected
  std::vector<CurrentLease> leases;  // by lease_id
  std::vector<ModelSpeed> speeds;
  std::vector<OwnerShare> shares;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_CLUSTER_STATE_H_
