// The work queue. A lease is current as long as its shard is leased under the very same key;
// everything a worker sends is checked against that in the transaction that stores it.
#ifndef ASSAY_COORDINATOR_STORE_SHARD_STORE_H_
#define ASSAY_COORDINATOR_STORE_SHARD_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"
#include "common/domain/worker.h"
#include "coordinator/schedule/cluster_state.h"
#include "coordinator/schedule/run_choice.h"
#include "coordinator/store/database.h"

namespace assay {

// What a worker has loaded; shards of it are preferred. Empty: nothing.
struct LoadedModel {
  std::string weights_sha256;
  Precision precision = Precision::kBFloat16;
};

// Where a model runs: on the worker, or behind an endpoint that the worker asks.
enum class ModelPlace { kLocal, kRemote };

struct LeasedShard {
  LeaseKey key;
  RunSpec run;
  ModelSpec model;
  std::vector<int64_t> ordinals;
  std::string traceparent = {};  // of its job's submission; empty: not known
};

struct LeaseResult {
  std::vector<LeasedShard> shards;
  size_t choice = 0;  // that they are of
  // Runs that were chosen and of which nothing was there for the worker.
  std::vector<int64_t> exhausted;
};

// One of many: what is to be leased to a worker.
struct LeaseCall {
  const WorkerInfo* worker = nullptr;
  const RunChoice* choice = nullptr;  // without a lease to be taken back
  ModelPlace place = ModelPlace::kLocal;
};

enum class LeaseStanding { kCurrent, kCommitted, kStale };

struct ShardView {
  LeaseStanding standing = LeaseStanding::kStale;  // of the key that was asked for
  RunSpec run;
  std::vector<int64_t> ordinals;
};

struct GradedItem {
  int64_t ordinal = 0;
  std::string group;
  Prediction prediction;
  Score score;
};

// A worker's result.
struct ShardCommit {
  LeaseKey key;
  absl::Span<const GradedItem> items;  // all of the shard's, with all their samples
  // False where no item shares a passage with another: spares a look at the table of items.
  bool clustered = true;
};

enum class FailureKind {
  kReported,  // the worker says that it could not run the shard, or what it sent does not fit
  kExpired,   // the lease was not renewed
  kReturned,  // the worker gives it back unharmed
};
// What becomes of the shard.
enum class FailureAction { kRetry, kSplit, kStoreError };

// A shard that ran out so often, among others on its worker, is a suspect: it may be what ends its
// workers. From then on it is leased to a worker that holds nothing else, and so it harms no other
// shard, and no other harms it. The halves of one that is split are suspects as well.
inline constexpr int kFailuresInCompany = 2;

// What a failure is decided by. `failures` includes this one.
struct FailedShard {
  FailureKind kind = FailureKind::kReported;
  int items = 0;
  int failures = 0;
};
using FailurePolicy = std::function<FailureAction(const FailedShard&)>;
// The prediction that is stored for an item that cannot be run, once for each of its samples.
using ErrorItem = std::function<absl::StatusOr<GradedItem>(const RunSpec& run, int64_t ordinal,
                                                           absl::string_view message)>;

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class ShardStore {
 public:
  explicit ShardStore(Database* database) : database_(database) {}

  // The queue and the workers at one moment. Its cost grows with the runs that have not ended, the
  // leases and the connected workers, and not with what is pending or done.
  absl::StatusOr<ClusterState> ReadState();

  // Pending shards of the first of `choices` of which there are any that this worker may run, all
  // of one run and contiguous where possible; empty when there are none. Whatever was chosen is
  // checked against the run as it is now: not paused, not ended, its model in `place`, within its
  // owner's limits. A run is bound to the engine of the worker that starts it (its remote_engine
  // where the model is remote): workers of other engines get nothing of it. One that runs programs
  // is bound to that worker's sandbox as well. A suspect (kFailuresInCompany) is leased alone: a
  // worker that holds leases is granted nothing until they are over, and then the suspect only.
  //
  // A shard of more than RunChoice::most_items is shortened to that, where its run may be cut, and
  // the rest becomes a pending shard of its own. A lease that is to be taken back, if it is still
  // current and no suspect, becomes pending again, as by a pause.
  absl::StatusOr<LeaseResult> Lease(const WorkerInfo& worker, absl::Span<const RunChoice> choices,
                                    absl::Duration lease_time,
                                    ModelPlace place = ModelPlace::kLocal);

  // As Lease of a single choice, for many workers in one transaction; what each call gets. Nothing
  // for those that have to be looked at one by one, which are Lease's: a worker that holds a
  // suspect, a run that has one pending, an owner with limits.
  absl::StatusOr<std::vector<std::vector<LeasedShard>>> LeaseTogether(
      absl::Span<const LeaseCall> calls, absl::Duration lease_time);

  // Moves the deadlines of the current ones of `keys`; returns the others. A lease that is past its
  // deadline, and not yet taken away, is renewed too.
  absl::StatusOr<std::vector<LeaseKey>> Renew(absl::Span<const LeaseKey> keys,
                                              absl::Duration lease_time);

  // NotFound for an unknown shard.
  absl::StatusOr<ShardView> View(const LeaseKey& key);

  // Stores the graded samples of all the shard's items and ends the shard, its run and its job as
  // far as they are done.
  absl::StatusOr<CommitOutcome> Commit(const LeaseKey& key, absl::Span<const GradedItem> items);

  // As Commit, of several shards in one transaction: of all or, with an error, of none. An outcome
  // for each. What a shard is sent twice is a duplicate the second time.
  absl::StatusOr<std::vector<CommitOutcome>> CommitAll(absl::Span<const ShardCommit> commits);

  // Ends the lease without a result; false when it was not the current one.
  absl::StatusOr<bool> Fail(const LeaseKey& key, FailureKind kind, absl::string_view message,
                            const FailurePolicy& policy, const ErrorItem& error_item);
  // Fails the shard's whole run; false when the lease was not the current one.
  absl::StatusOr<bool> FailWholeRun(const LeaseKey& key, absl::string_view message);

  // Fails one lease that is past its deadline; nullopt when there is none, or when another
  // coordinator is at it.
  absl::StatusOr<std::optional<LeaseKey>> ReapOne(const FailurePolicy& policy,
                                                  const ErrorItem& error_item);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SHARD_STORE_H_
