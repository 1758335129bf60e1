// The few-shot examples of runs' groups, which every lease brings along and which never change.
#ifndef ASSAY_COORDINATOR_LEASE_SHOT_CACHE_H_
#define ASSAY_COORDINATOR_LEASE_SHOT_CACHE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/run.h"
#include "coordinator/store/dataset.h"

namespace assay {

// Thread-safe.
class ShotCache {
 public:
  using Shots = std::shared_ptr<const std::vector<Item>>;

  // As Benchmark::Select chooses them among the group's items. Runs that judge answers are not
  // kept: their items are those of a lease.
  absl::StatusOr<Shots> Get(const RunSpec& run, const Benchmark& benchmark,
                            const ProtocolSpec& protocol, const Dataset& dataset,
                            const std::string& group);

 private:
  absl::Mutex mutex_;
  std::map<std::pair<int64_t, std::string>, Shots> known_ ABSL_GUARDED_BY(mutex_);  // run, group
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_SHOT_CACHE_H_
