// What workers did for runs, and what estimates learn from it.
#ifndef ASSAY_COORDINATOR_STORE_WORK_STORE_H_
#define ASSAY_COORDINATOR_STORE_WORK_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/worker.h"
#include "coordinator/store/database.h"

namespace assay {

// Work on the run of a shard, by a worker of a kind.
struct ShardWork {
  int64_t shard_id = 0;
  std::string worker_kind;
  int64_t loads = 0;
  WorkDone done;
};

// Of one model in one precision on one kind of worker, in one run.
struct MeasuredWork {
  std::string weights_sha256;
  std::string precision;  // its name
  std::string worker_kind;
  int64_t parameters = 0;  // of the model
  double busy_seconds = 0;
  int64_t prompt_tokens = 0;  // computed
  int64_t generated_tokens = 0;
  int64_t loads = 0;
  double load_seconds = 0;
};

// Of one completed run, whose predictions were computed: tokens of all its predictions.
struct MeasuredTokens {
  std::string benchmark;
  std::string dataset_sha256;
  std::string protocol;
  int shots = 0;
  std::string prompt_template;
  std::string model;
  std::string tokenizer_sha256;
  int64_t predictions = 0;
  int64_t prompt_tokens = 0;
  int64_t computed_tokens = 0;  // of the prompts
  int64_t generated_tokens = 0;
};

// What a finished run took, and what it was expected to.
struct EstimateOutcome {
  double estimated_seconds = 0;  // of workers
  double actual_seconds = 0;
};

struct Measurements {
  std::vector<MeasuredWork> work;      // the newest first
  std::vector<MeasuredTokens> tokens;  // likewise
  std::vector<EstimateOutcome> outcomes;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class WorkStore {
 public:
  explicit WorkStore(Database* database) : database_(database) {}

  // Adds to what is there. Work on shards that are not there is left out.
  absl::Status Add(absl::Span<const ShardWork> work);
  // Of the latest runs.
  absl::StatusOr<Measurements> Read();

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_WORK_STORE_H_
