// Whoever wants to know what a worker does with its shards.
#ifndef ASSAY_WORKER_SESSION_WORK_OBSERVER_H_
#define ASSAY_WORKER_SESSION_WORK_OBSERVER_H_

#include "absl/time/time.h"
#include "worker/session/shard_runner.h"

namespace assay {

// Thread-safe; must be quick.
class WorkObserver {
 public:
  virtual ~WorkObserver() = default;
  // A shard's prompts were rendered and tokenized.
  virtual void Prepared(absl::Duration took) = 0;
  // A shard is reported, so long after it came.
  virtual void Reported(const ShardReport& report, absl::Duration took) = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_WORK_OBSERVER_H_
