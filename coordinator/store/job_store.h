// Jobs and runs: submitted, looked at, cancelled.
#ifndef ASSAY_COORDINATOR_STORE_JOB_STORE_H_
#define ASSAY_COORDINATOR_STORE_JOB_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/group_count.h"
#include "common/domain/judge_request.h"
#include "common/domain/run.h"
#include "common/domain/sample_count.h"
#include "coordinator/store/database.h"
#include "coordinator/store/submission.h"

namespace assay {

// A run as it is to be stored; of spec, run_id and job_id are not known yet.
struct NewRun {
  RunSpec spec;
  int64_t estimated_tokens = 0;
  std::string manifest_json;
  // Of a run that judges another: what the judge is shown (common/benchmark/rubric.h). Else
  // nothing.
  std::optional<std::string> rubric = std::nullopt;
  // Ordinals of the items of each shard, in the order in which they are to be run.
  std::vector<std::vector<int64_t>> shards;
  bool runs_programs = false;  // made of the outputs, in the workers' sandbox
  bool may_cut = false;        // leases may take parts of shards
  // Predictions of earlier runs with the same reuse_key may be taken. The key is a digest of what
  // they must have in common (coordinator/reuse); empty: nothing is taken from this run either.
  bool reuse = false;
  std::string reuse_key = "";
  // What the planner expects, to be compared with what it took; 0: nothing.
  double estimated_device_seconds = 0;
  std::string estimate_basis = "";
};

struct StoredResult {
  RunProgress run;
  std::string manifest_json;
  std::vector<GroupCount> groups;  // in order of name
  // Of runs with several samples of an item whose items share nothing else.
  std::vector<SampleCount> samples;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class JobStore {
 public:
  explicit JobStore(Database* database) : database_(database) {}

  // The new job's id. Its runs get ids in their order. AlreadyExists when the submission's key was
  // used before. Where judges are ordered, they are asked when the job has ended
  // (judge_order_store.h).
  absl::StatusOr<int64_t> Submit(absl::Span<const NewRun> runs, const Submission& submission = {},
                                 const JudgeRequest* judges = nullptr);
  // NotFound.
  absl::StatusOr<JobProgress> Get(int64_t job_id);
  // The newest first.
  absl::StatusOr<std::vector<JobProgress>> List(int limit);
  // Cancels the shards, runs and job that have not ended. NotFound; nothing to do for an ended job.
  absl::Status Cancel(int64_t job_id);
  // In order of run. NotFound.
  absl::StatusOr<std::vector<StoredResult>> Results(int64_t job_id);
  // Tokens that completed runs of this model in this precision took in each second, all workers
  // together; 0 when there is no such run. The latest few count. Tokens found in the prefix cache
  // are not counted.
  absl::StatusOr<double> MeasuredTokensPerSecond(const std::string& model_name,
                                                 Precision precision);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_JOB_STORE_H_
