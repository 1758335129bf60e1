// What a lease brings along of earlier runs, so that identical work is done once.
#ifndef ASSAY_COORDINATOR_REUSE_REUSE_FINDER_H_
#define ASSAY_COORDINATOR_REUSE_REUSE_FINDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/domain/item.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"
#include "coordinator/store/reuse_store.h"

namespace assay {

// Thread-safe. Which runs a run may take from is asked for every few seconds at most, and their
// predictions only where there are such runs, once for a lease.
class ReuseFinder {
 public:
  ReuseFinder(ReuseStore* store, Clock* clock) : store_(store), clock_(clock) {}

  // Predictions of earlier runs for the items of a lease, which the worker takes where it would ask
  // the very same. Empty where there are none, or where the database does not say: then all is
  // computed.
  std::vector<Prediction> Find(const RunSpec& run, absl::Span<const Item* const> items);

 private:
  struct Known {
    std::vector<ReuseSource> sources;
    absl::Time asked = absl::InfinitePast();
  };

  std::vector<ReuseSource> SourcesOf(int64_t run_id);

  ReuseStore* const store_;
  Clock* const clock_;
  absl::Mutex mutex_;
  std::map<int64_t, Known> known_ ABSL_GUARDED_BY(mutex_);  // by run
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_REUSE_REUSE_FINDER_H_
