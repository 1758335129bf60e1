#include "coordinator/lease/shot_cache.h"

#include "common/base/status_macros.h"

namespace assay {
namespace {

// Groups of runs; when there are more, all are forgotten.
constexpr size_t kMostKnown = 4096;

}  // namespace

absl::StatusOr<ShotCache::Shots> ShotCache::Get(const RunSpec& run, const Benchmark& benchmark,
                                                const ProtocolSpec& protocol,
                                                const Dataset& dataset, const std::string& group) {
  const std::pair<int64_t, std::string> key(run.run_id, group);
  if (run.judged_run == 0) {
    absl::MutexLock lock(&mutex_);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
  }
  ASSAY_ASSIGN_OR_RETURN(Selection selection,
                         benchmark.Select(protocol, run.settings.shots, dataset.Group(group)));
  Shots shots = std::make_shared<const std::vector<Item>>(std::move(selection.shots));
  if (run.judged_run == 0) {
    absl::MutexLock lock(&mutex_);
    if (known_.size() >= kMostKnown) known_.clear();
    known_[key] = shots;
  }
  return shots;
}

}  // namespace assay
