// Hands each lease to the runner of its kind: the engine's, or the one that asks endpoints.
#ifndef ASSAY_WORKER_SESSION_SHARD_ROUTER_H_
#define ASSAY_WORKER_SESSION_SHARD_ROUTER_H_

#include <optional>
#include <utility>

#include "worker/session/shard_runner.h"
#include "worker/session/shard_tracker.h"

namespace assay {

// Thread-safe.
class ShardRouter : public ShardRunner {
 public:
  // All must outlive the router. `remote` may be null: then every lease is the local runner's.
  ShardRouter(ShardRunner* local, ShardRunner* remote, ShardTracker* tracker)
      : local_(local), remote_(remote), tracker_(tracker) {}

  void Accept(Lease lease) override {
    tracker_->Accepted(&lease);
    ShardRunner* const runner =
        remote_ != nullptr && lease.model.remote.has_value() ? remote_ : local_;
    runner->Accept(std::move(lease));
  }
  void Cancel(const LeaseKey& lease) override {
    tracker_->Cancelled(lease);
    local_->Cancel(lease);
    if (remote_ != nullptr) remote_->Cancel(lease);
  }
  std::optional<ModelKey> PreferredModel() const override { return local_->PreferredModel(); }

 private:
  ShardRunner* const local_;
  ShardRunner* const remote_;
  ShardTracker* const tracker_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SHARD_ROUTER_H_
