// Puts prepared shards through a model's engine, several at a time, and puts the completions
// together again.
#ifndef ASSAY_WORKER_SESSION_SHARD_EXECUTOR_H_
#define ASSAY_WORKER_SESSION_SHARD_EXECUTOR_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "common/domain/worker.h"
#include "worker/session/item_preparation.h"
#include "worker/session/served_model.h"
#include "worker/session/shard_runner.h"

namespace assay {

// Not thread-safe: the engine's thread owns it.
class ShardExecutor {
 public:
  // `model` must outlive the executor and have no request.
  explicit ShardExecutor(ServedModel* model) : model_(model) {}

  // Hands the shard's requests to the engine. A shard that the engine refuses is reported at once,
  // and so is one without requests, whose predictions are there already.
  void Add(const LeaseKey& lease, std::vector<PreparedItem> items,
           std::vector<ShardReport>* reports);
  // Forgets the shard and its requests; no report comes of it.
  void Cancel(const LeaseKey& lease);
  bool idle() const { return shards_.empty(); }

  // One step of the engine; appends the reports of the shards that it ended. When the step fails,
  // all shards fail and the engine is made anew; an error: that failed too, the model is of no use
  // any more.
  absl::Status Step(std::vector<ShardReport>* reports);

 private:
  struct Shard {
    LeaseKey lease;
    std::vector<Prediction> predictions;
    std::vector<std::vector<std::vector<double>>> loglikelihoods;  // by item and variant
    std::vector<uint64_t> request_ids;  // of all items and variants, in their order
    size_t unfinished = 0;              // requests
  };
  using ShardIterator = std::list<Shard>::iterator;
  struct Origin {
    ShardIterator shard;
    size_t item;
    size_t variant;
  };

  // Takes a completion into its item's prediction.
  absl::Status Complete(Completion completion, const Origin& origin) const;
  // Puts the log-likelihoods of each item's variants behind one another.
  static void JoinVariants(Shard& shard);
  void Remove(ShardIterator shard);
  void Fail(ShardIterator shard, const absl::Status& status, std::vector<ShardReport>* reports);
  void FailAll(const absl::Status& status, std::vector<ShardReport>* reports);

  ServedModel* const model_;
  std::list<Shard> shards_;
  absl::flat_hash_map<uint64_t, Origin> origins_;  // of the requests that are not finished
  uint64_t last_request_id_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SHARD_EXECUTOR_H_
