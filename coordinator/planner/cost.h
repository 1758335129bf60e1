// What a run costs, in tokens and seconds, before it has begun.
#ifndef ASSAY_COORDINATOR_PLANNER_COST_H_
#define ASSAY_COORDINATOR_PLANNER_COST_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "coordinator/store/worker_store.h"

namespace assay {

struct RunCost {
  int64_t prompt_tokens = 0;  // of all prompts
  int64_t computed_tokens =
      0;  // the same with a group's few-shot examples counted once: what workers compute
  int64_t generated_tokens = 0;  // at most

  int64_t work() const { return computed_tokens + generated_tokens; }
};

// Tokens in each second that the connected workers are expected to do together: two floating-point
// operations for each parameter and token, at half of the measured matrix-multiplication rate. 0
// when there is no connected worker with a rate for the precision, and for a remote model.
double ExpectedTokensPerSecond(const ModelSpec& model, Precision precision,
                               absl::Span<const StoredWorker> workers);

struct ShardSizing {
  int64_t items = 0;
  int64_t work = 0;              // tokens
  double tokens_per_second = 0;  // 0: not known
  int workers = 0;               // connected
  int samples = 1;               // of each item
  bool may_cut = false;          // leases take parts of them, sized by how fast each worker is
};

// Items of a shard: some seconds of work, and small enough that every worker gets several; where
// leases cut it, as many as a lease may ever be for. At least 1.
int64_t ChooseShardItems(const ShardSizing& sizing);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_COST_H_
